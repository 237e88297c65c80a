/**
 * Hooks that wait. A host call becomes a wish in a list, which the host takes when the hook has come
 * to a halt; its result comes in by another call of the host, and resolves the promise here. No
 * function of the host is within reach.
 *
 * Whose call it is: of the hook that was asked, or resumed, last. A promise that hooks share counts
 * for the one that goes on with it first.
 */
import type { HookName } from "../hooks.ts";
import { ANSWER_LENGTH_MAX, HOST_CALL_LENGTH_MAX } from "../limits.ts";
import type { Counted } from "./counted.ts";
import { HostError } from "./host-error.ts";

/** A host call that was made before, in another isolate: what it was, and its result once there is one. */
export type Recorded = {
	readonly kind: string;
	/** JSON. */
	readonly args: string;
	readonly result?: HostResult;
};

export type HostResult =
	| { readonly ok: true; readonly value?: unknown }
	| { readonly ok: false; readonly code: string; readonly message: string };

export type Wish = {
	readonly ticket: number;
	/** Which call of its hook it is, from 0. */
	readonly index: number;
	readonly kind: string;
	readonly args: string;
};

type Pending = {
	resolve(value: unknown): void;
	reject(error: unknown): void;
	/** What the script gets of the value. */
	readonly read: (value: unknown) => unknown;
	/** Where it was called, as far as that is worth its cost. */
	readonly place: Error | undefined;
};

/** A hook that has made a host call, until it has decided and every call has its result. */
type Ticket = {
	readonly id: number;
	readonly record: readonly Recorded[];
	readonly pending: Map<number, Pending>;
	/** How many of its calls have no result. */
	open: number;
	calls: number;
	decided: boolean;
	/** `onStart`: whoever reads why a load was refused looks for the line. */
	readonly starts: boolean;
	counted: Counted | undefined;
};

/** Where the metrics of a hook stand. */
type Counts = { counted: Counted | undefined };

/** Kept from before the script runs. */
const { parse, stringify } = JSON;
const { get, set, delete: remove } = Map.prototype;
const sizeOf = Object.getOwnPropertyDescriptor(Map.prototype, "size")?.get as () => number;
const { apply } = Reflect;
const PromiseOfScript = Promise;
const ErrorOfScript = Error;
const MapOfTickets = Map;

const NOTHING: readonly Recorded[] = [];
const tickets = new Map<number, Ticket>();
let lastTicket = 0;
/** What runs, where that may not call the host: before any hook does, the top level. */
let unable: HookName | "top level" | "decided" | undefined = "top level";
/** Of the hook that runs: what was recorded of it, its ticket once it has one. */
let record: readonly Recorded[] = NOTHING;
let current: Ticket | undefined;
let starts = false;
/** What a hook without a ticket has counted, and what hooks count once they have decided. */
const atOnce: Counts = { counted: undefined };
const after: Counts = { counted: undefined };
let wishes: Wish[] = [];
/** How many of them the host has. */
let taken = 0;
/** Characters that they take when they cross, about. */
let written = 0;
const WISH_COST = 80;
/** That each hook which waits may add to them. */
const WAITING_COST = 1_024;

/** A hook is about to be asked. `recorded` is JSON, "" for nothing. */
export function beginHook(hook: HookName, mayWait: boolean, recorded: string): void {
	unable = mayWait ? undefined : hook;
	starts = hook === "onStart";
	record = recorded === "" ? NOTHING : parse(recorded);
	current = undefined;
	atOnce.counted = undefined;
}

/** Where the hook that runs counts. Throws where none does. */
export function countsOfHook(call: string): Counts {
	if (current !== undefined) return current.decided ? after : current;
	if (unable === "top level")
		throw new TypeError(
			`${call} is not for the top level, which runs more than once: call it in a hook`,
		);
	if (unable === "decided") throw new HostError("HOST_UNABLE", refusal(call, unable));
	return atOnce;
}

/** Of the hook that was asked, if it has decided. */
export function countedAtOnce(): Counted | undefined {
	if (current === undefined) return atOnce.counted;
	return current.decided ? current.counted : undefined;
}

/** What was counted since the last time by hooks that had decided. */
export function takeCountedAfter(): Counted | undefined {
	const { counted } = after;
	after.counted = undefined;
	return counted;
}

/** The ticket of the hook that was asked; undefined where it needs none. */
export function ticketOfHook(): number | undefined {
	return current?.id;
}

type Decided = (ticket: number, value: unknown, counted: Counted | undefined) => void;

/** The hook has returned a promise. */
export function awaitHook(value: unknown, decided: Decided, failed: Decided): void {
	void follow(openTicket(), value, decided, failed);
}

/** `await` takes no notice of what the script did to `then` or to the species of a promise. */
async function follow(
	ticket: Ticket,
	value: unknown,
	decided: Decided,
	failed: Decided,
): Promise<void> {
	let tell = decided;
	let result: unknown;
	try {
		result = await value;
	} catch (error) {
		tell = failed;
		result = error;
	}
	ticket.decided = true;
	closeTicket(ticket);
	tell(ticket.id, result, ticket.counted);
}

/**
 * The hook has decided at once. Where it has called nobody the host does not look for calls again, so
 * that none can be made from here on.
 */
export function hookDecided(): void {
	if (current === undefined) {
		unable ??= "decided";
		return;
	}
	current.decided = true;
	closeTicket(current);
}

/** What the script awaits. Throws where it may not wait. */
export function callHost(kind: string, given: unknown, read = asItIs): Promise<unknown> {
	if (unable !== undefined) throw new HostError("HOST_UNABLE", refusal(kind, unable));
	const args = stringify(given);
	if (args.length > HOST_CALL_LENGTH_MAX)
		throw new HostError(
			"HOST_LIMIT",
			`${kind}: ${args.length} characters are more than ${HOST_CALL_LENGTH_MAX}`,
		);
	written += args.length + WISH_COST;
	// The host ends a hook that calls too often, long before. Many that waited for one promise may all call now.
	const most = ANSWER_LENGTH_MAX / 2 + apply(sizeOf, tickets, []) * WAITING_COST;
	if (written > most) throw new HostError("HOST_LIMIT", `${kind}: too many calls`);
	const ticket = openTicket();
	const index = ticket.calls;
	ticket.calls += 1;
	return new PromiseOfScript((resolved, rejected) => {
		const pending: Pending = {
			resolve: resolved,
			reject: rejected,
			read,
			place: ticket.starts ? new ErrorOfScript() : undefined,
		};
		const before = ticket.record[index];
		const same = before?.kind === kind && before.args === args;
		if (same && before.result !== undefined) settle(pending, before.result);
		else {
			ticket.open += 1;
			apply(set, ticket.pending, [index, pending]);
			// Again, if the hook had decided and its calls had ended.
			apply(set, tickets, [ticket.id, ticket]);
			wishes[wishes.length] = { ticket: ticket.id, index, kind, args };
		}
	});
}

function refusal(kind: string, where: NonNullable<typeof unable>): string {
	if (where === "top level")
		return `${kind} waits, and the top level of a script cannot: call it in a hook`;
	if (where === "decided")
		return `${kind} was called after the hook had decided: call it before, or await it`;
	return `${where} answers at once: ${kind} waits`;
}

/** The JSON of calls that were made and not yet taken, up to that many characters: any more are for the next time. */
export function takeWishes(room: number): string {
	let text = "";
	for (let wish = wishes[taken]; wish !== undefined; wish = wishes[taken]) {
		const one = stringify(wish);
		if (text !== "" && text.length + one.length > room) return text;
		text += text === "" ? one : `,${one}`;
		taken += 1;
	}
	wishes = [];
	taken = 0;
	written = 0;
	return text;
}

export function hasWishes(): boolean {
	return wishes.length > 0;
}

/** A result has come. `result` is the JSON of a HostResult. */
export function resumeHook(id: number, index: number, result: string): void {
	const ticket: Ticket | undefined = apply(get, tickets, [id]);
	const pending: Pending | undefined = ticket && apply(get, ticket.pending, [index]);
	if (ticket === undefined || pending === undefined) return;
	unable = undefined;
	current = ticket;
	apply(remove, ticket.pending, [index]);
	ticket.open -= 1;
	settle(pending, parse(result));
	closeTicket(ticket);
}

/** Nobody waits for the hook any more. */
export function forgetHook(id: number): void {
	apply(remove, tickets, [id]);
}

function openTicket(): Ticket {
	if (current !== undefined) return current;
	lastTicket += 1;
	current = {
		id: lastTicket,
		record,
		pending: new MapOfTickets(),
		open: 0,
		calls: 0,
		decided: false,
		starts,
		counted: atOnce.counted,
	};
	atOnce.counted = undefined;
	apply(set, tickets, [lastTicket, current]);
	return current;
}

function closeTicket({ id, decided, open }: Ticket): void {
	if (decided && open === 0) apply(remove, tickets, [id]);
}

function settle(pending: Pending, result: HostResult): void {
	if (result.ok) pending.resolve(pending.read(result.value));
	else pending.reject(new HostError(result.code, result.message, pending.place));
}

function asItIs(value: unknown): unknown {
	return value;
}
