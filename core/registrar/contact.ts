/** One Contact of a REGISTER as a binding: RFC 3261 §10.3 step 7, RFC 3840 §9, RFC 5626 §6. */
import type { Binding } from "../base/binding.ts";
import type { Head } from "../message/head.ts";
import { type NameAddress, parseNameAddress } from "../message/name-addr.ts";
import { paramSpans, unquote } from "../message/params.ts";
import { parseDeltaSeconds, parseQ, parseUnsigned } from "../message/scalars.ts";
import { unfold } from "../message/scanner.ts";
import { parseUri, type Uri } from "../message/uri.ts";
import type { RegisterInput } from "./register-input.ts";

export type Candidate = {
	/** What is stored when `expires` is not 0. */
	readonly binding: Binding;
	/** The URI to store, and the one as received, parsed. */
	readonly uri: Uri;
	readonly received: Uri;
	/** Seconds asked for; 0 ends the binding. */
	readonly requested: number;
};

/** The Contacts in order: `input.contacts` has what a route script made of them. Throws ParseError. */
export function readContacts(input: RegisterInput): readonly Candidate[] {
	const { head } = input.request;
	const shared = readShared(input);
	return head.contacts.map((received, index) => {
		const text = input.contacts?.[index];
		const edited = text === undefined ? received : parseNameAddress("Contact", text);
		return readContact(input, shared, received, edited);
	});
}

/** Seconds of the Expires header; undefined when there is none. */
export function expiresHeader(head: Head): number | undefined {
	const value = head.text1("expires");
	return value === undefined ? undefined : (parseDeltaSeconds(value) ?? MALFORMED);
}

type Shared = Pick<Binding, "callId" | "cseq" | "path" | "userAgent"> & {
	readonly requested: number;
	/** No proxy stands between the device and us: only then is reg-id about our flow (RFC 5626 §6). */
	readonly direct: boolean;
};

function readShared({ request, options }: RegisterInput): Shared {
	const { head } = request;
	return {
		callId: head.callId,
		cseq: head.cseq.number,
		// Kept with the binding; the response does not promise that calls follow it (RFC 3327 §5.3).
		path: head.elements("path").map(({ start, end }) => unfold(head.text.slice(start, end))),
		userAgent: head.text1("user-agent")?.slice(0, USER_AGENT_MAX),
		requested: expiresHeader(head) ?? options.defaultExpiresSeconds,
		direct: head.elements("via").length === 1,
	};
}

function readContact(
	input: RegisterInput,
	shared: Shared,
	received: NameAddress,
	edited: NameAddress,
): Candidate {
	const { requested: fromHeader, direct, ...rest } = shared;
	const { params } = edited;
	const uri = parseUri(edited.uri);
	const echoed = echoedUri(received, edited);
	const requested = params.has("expires") ? contactExpires(params.get("expires")) : fromHeader;
	const granted = Math.min(requested, input.options.maxExpiresSeconds);
	const instance = instanceId(params.get("+sip.instance"));
	const binding: Binding = {
		device: input.device,
		contact: edited.uri,
		echoed,
		display: unfold(edited.display),
		params: otherParams(edited),
		scheme: uri.scheme === "sips" ? "sips" : "sip",
		flow: input.flow,
		expiresAt: input.now + granted * 1000,
		q: parseQ(params.get("q") ?? "") ?? 1000,
		instance,
		regId: direct && instance !== undefined ? regId(params.get("reg-id")) : undefined,
		...rest,
	};
	return { binding, uri, received: parseUri(echoed), requested };
}

/**
 * A phone that writes `Contact: sips:a@h;transport=tcp` without `<>` means a parameter of the URI.
 * Where that was stripped as one, it is shown as one: the phone compares URIs (RFC 3261 §19.1.4).
 */
function echoedUri(received: NameAddress, edited: NameAddress): string {
	const transport = received.params.get("transport");
	const stripped = transport !== undefined && !edited.params.has("transport");
	return stripped && !received.bracketed ? `${received.uri};transport=${transport}` : received.uri;
}

/** What cannot be read counts as an hour (§10.2, §20.19). */
function contactExpires(value: string | undefined): number {
	return parseDeltaSeconds(unquote(value ?? "")) ?? MALFORMED;
}

/** The parameters as sent, `expires` left out: a refresh without one clears it (RFC 3840 §9). */
function otherParams({ text, paramsStart, end }: NameAddress): string {
	return paramSpans("Contact", text, paramsStart, end)
		.filter(({ name }) => name !== "expires")
		.map((span) => unfold(text.slice(span.start, span.end)))
		.join("");
}

/** Canonical, so that equal ids are equal texts: a UUID has no case, nor has the start of any URN (RFC 5626 §4.1). */
function instanceId(value: string | undefined): string | undefined {
	const id = unquote(value ?? "").replace(/^<(.*)>$/, "$1");
	const start = /^urn:[a-z0-9-]+:/i.exec(id)?.[0].toLowerCase() ?? "";
	const rest = id.slice(start.length);
	return id === "" ? undefined : start + (start === "urn:uuid:" ? rest.toLowerCase() : rest);
}

/** 1 to 2^31-1 (RFC 5626 §4.2). */
function regId(value: string | undefined): number | undefined {
	const id = parseUnsigned(value ?? "");
	return id !== undefined && id >= 1 && id < 2 ** 31 ? id : undefined;
}

const MALFORMED = 3600;
const USER_AGENT_MAX = 200;
