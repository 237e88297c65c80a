/** The answer of a hook before it crosses: what `relay`, `reply` and the others make. */
import { parseUri } from "../../message/uri.ts";
import type { Decision, Forking, HeaderEdit, TargetChoice } from "../../proxy/decision.ts";
import { TARGETS_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import { isDevice, isRenumbered, takesTurns } from "./devices.ts";
import { headerEdit } from "./headers.ts";
import { loginOf } from "./login.ts";
import { escapeUser, toWire } from "./text.ts";
import { ScriptUri } from "./uri.ts";

/** A decision without what legs and headers of the call add to it. */
export type Draft =
	| {
			readonly kind: "relay";
			readonly targets: readonly TargetChoice[];
			readonly fork?: Forking;
	  }
	| Exclude<Decision, { kind: "relay" | "save" }>
	| { readonly kind: "save" };

/** Nothing but this class makes one: a hook cannot answer with an object of its own. */
export class Choice {
	readonly #draft: Draft;
	#usual: string | undefined;

	constructor(draft: Draft) {
		this.#draft = draft;
		Object.freeze(this);
	}

	static is(value: unknown): value is Choice {
		return typeof value === "object" && value !== null && #draft in value;
	}

	static draft(choice: Choice): Draft {
		return choice.#draft;
	}

	/** JSON of the answer that it makes where legs and headers of the call add nothing. */
	static usual(choice: Choice): string {
		choice.#usual ??= stringify({ decision: withoutAdditions(choice.#draft) });
		return choice.#usual;
	}
}

/** Kept from before the script runs. */
const { stringify } = JSON;

function withoutAdditions(draft: Draft): Decision {
	if (draft.kind === "relay") return { ...draft, callee: undefined, edits: NONE };
	return draft.kind === "save" ? { ...draft, contacts: undefined } : draft;
}

const NONE: readonly HeaderEdit[] = [];

export const REQUEST_URI = relayTo([{ kind: "request-uri" }], undefined);
export const SAVE = new Choice({ kind: "save" });
export const CHALLENGE = new Choice({ kind: "challenge" });
export function challengeWith(options: Public.ChallengeOptions): Choice {
	return new Choice({ kind: "challenge", login: loginOf(options) });
}

export const DROP = new Choice({ kind: "drop" });

/** Devices by name, and statuses: what most calls end in is made once. */
const relayed = new Map<string, Choice>();
const replies = new Map<number, Choice>();

export function relayTo(targets: readonly TargetChoice[], fork: Forking | undefined): Choice {
	return new Choice(
		fork === undefined ? { kind: "relay", targets } : { kind: "relay", targets, fork },
	);
}

/** To one target, by q. */
export function relayToOne(target: Target): Choice {
	const chosen = targetOf(target, "relay");
	if (chosen.kind !== "device" || chosen.number !== undefined || chosen.turns)
		return relayTo([chosen], undefined);
	return once(relayed, chosen.name, () => relayTo([chosen], undefined));
}

/** Without reason and headers. */
export function replyPlainly(status: number): Choice {
	return once(replies, status, () => replyWith(status, undefined, {}));
}

function once<K>(made: Map<K, Choice>, key: K, make: () => Choice): Choice {
	const known = made.get(key);
	if (known !== undefined) return known;
	const choice = make();
	made.set(key, choice);
	return choice;
}

export type Target = Public.Device | Public.Uri | string;

/** Throws a TypeError for what is no target. */
export function targetOf(target: Target, verb: string): TargetChoice {
	if (typeof target === "string" || target instanceof ScriptUri)
		return { kind: "uri", uri: sipUri(target, verb) };
	if (!isDevice(target))
		throw new TypeError(`${verb}() takes a device or a SIP URI, not ${describe(target)}`);
	const number = target.number === undefined ? undefined : escapeUser(target.number);
	const choice: TargetChoice = { kind: "device", name: target.name, number };
	const exact = isRenumbered(target);
	const turns = takesTurns(target);
	return exact || turns ? { ...choice, ...(exact && { exact }), ...(turns && { turns }) } : choice;
}

export function targetsOf(targets: readonly Target[]): TargetChoice[] {
	if (!Array.isArray(targets) || targets.length === 0)
		throw new TypeError("fork() takes a list with at least one target");
	if (targets.length > TARGETS_MAX)
		throw new RangeError(`fork() takes at most ${TARGETS_MAX} targets, not ${targets.length}`);
	return targets.map((target) => targetOf(target, "fork"));
}

export function replyWith(
	status: number,
	reason: string | undefined,
	headers: Readonly<Record<string, string>>,
): Choice {
	inRange("reply", status, 200, 699);
	const edits: HeaderEdit[] = Object.entries(headers).map(([name, value]) =>
		headerEdit("add", name, value),
	);
	const phrase = reason === undefined ? undefined : toWire("reason", reason);
	return new Choice({ kind: "reply", status, reason: phrase, edits });
}

export function redirectTo(contacts: readonly (Public.Uri | string)[], status: number): Choice {
	inRange("redirect", status, 300, 399);
	if (contacts.length === 0) throw new TypeError("redirect() takes at least one URI");
	const uris = contacts.map((uri) => sipUri(uri, "redirect"));
	return new Choice({ kind: "redirect", status, contacts: uris });
}

function sipUri(given: Public.Uri | string, verb: string): string {
	const text = given instanceof ScriptUri ? given.text : given;
	const octets = typeof text === "string" ? toWire("URI", text) : "";
	try {
		const { scheme } = parseUri(octets);
		if (scheme === "sip" || scheme === "sips") return octets;
	} catch {
		throw new TypeError(`${verb}(): ${describe(text)} is not a SIP URI`);
	}
	throw new TypeError(`${verb}(): ${describe(text)} is neither a sip nor a sips URI`);
}

function inRange(verb: string, status: number, from: number, to: number): void {
	if (Number.isInteger(status) && status >= from && status <= to) return;
	throw new RangeError(`${verb}() takes a status from ${from} to ${to}, not ${describe(status)}`);
}

function describe(value: unknown): string {
	return typeof value === "string" ? JSON.stringify(value) : String(value);
}
