/** One Contact of a REGISTER as a binding: RFC 3261 §10.3 step 7, RFC 3840 §9, RFC 5626 §6. */
import type { Binding } from "../base/binding.ts";
import { own } from "../base/own-text.ts";
import type { Head } from "../message/head.ts";
import { canonicalInstance } from "../message/instance-id.ts";
import { type NameAddress, parseNameAddress } from "../message/name-addr.ts";
import { paramSpans, unquote } from "../message/params.ts";
import { parseDeltaSeconds, parseQ, parseUnsigned } from "../message/scalars.ts";
import { unfold } from "../message/scanner.ts";
import { parseUri, type Uri } from "../message/uri.ts";
import { firstHopTakesPart } from "./outbound.ts";
import type { PathValue } from "./path.ts";
import type { RegisterInput } from "./register-input.ts";

export type Candidate = {
	/** What is stored when `expires` is not 0. */
	readonly binding: Binding;
	/** The URI to store, and the one as received, parsed. */
	readonly uri: Uri;
	readonly received: Uri;
	/** Seconds asked for; 0 ends the binding. */
	readonly requested: number;
	/** Instance-id and reg-id are both there, whether or not they apply (RFC 5626 §6). */
	readonly flowAsked: boolean;
};

/** The Contacts in order: `input.contacts` has what a route script made of them. Throws ParseError. */
export function readContacts(
	input: RegisterInput,
	path: readonly PathValue[],
): readonly Candidate[] {
	const { head } = input.request;
	const shared = readShared(input, path);
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

type Shared = Pick<Binding, "callId" | "cseq" | "flow" | "path" | "userAgent"> & {
	readonly requested: number;
	/** Reg-id is about a flow that is kept (RFC 5626 §6). */
	readonly outbound: boolean;
};

function readShared({ request, flow, options }: RegisterInput, path: readonly PathValue[]): Shared {
	const { head } = request;
	const userAgent = head.text1("user-agent")?.slice(0, USER_AGENT_MAX);
	return {
		callId: own(head.callId),
		cseq: head.cseq.number,
		path: path.map(({ text }) => own(text)),
		// Calls take the Path, and not the connection that the proxy in front of us happened to use.
		flow: path.length === 0 || flow.connection === 0 ? flow : { ...flow, connection: 0 },
		userAgent: userAgent === undefined ? undefined : own(userAgent),
		requested: expiresHeader(head) ?? options.defaultExpiresSeconds,
		outbound: firstHopTakesPart(head, path),
	};
}

function readContact(
	input: RegisterInput,
	shared: Shared,
	received: NameAddress,
	edited: NameAddress,
): Candidate {
	const { requested: fromHeader, outbound, ...rest } = shared;
	const { params } = edited;
	const uri = parseUri(edited.uri);
	const echoed = echoedUri(received, edited);
	const requested = params.has("expires") ? contactExpires(params.get("expires")) : fromHeader;
	const granted = Math.min(requested, input.options.maxExpiresSeconds);
	const instance = instanceId(params.get("+sip.instance"));
	const asked = instance === undefined ? undefined : regId(params.get("reg-id"));
	const contact = own(edited.uri);
	const binding: Binding = {
		device: input.device,
		contact,
		echoed: echoed === edited.uri ? contact : own(echoed),
		display: own(unfold(edited.display)),
		params: own(otherParams(edited)),
		scheme: uri.scheme === "sips" ? "sips" : "sip",
		expiresAt: input.now + granted * 1000,
		q: parseQ(params.get("q") ?? "") ?? 1000,
		instance: instance === undefined ? undefined : own(instance),
		regId: outbound ? asked : undefined,
		...rest,
	};
	const flowAsked = asked !== undefined;
	return { binding, uri, received: parseUri(echoed), requested, flowAsked };
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

/**
 * The parameters as sent: a refresh without one clears it (RFC 3840 §9). `expires` changes, and nobody
 * gives itself a GRUU (RFC 5627 §5.1).
 */
function otherParams({ text, paramsStart, end }: NameAddress): string {
	return paramSpans("Contact", text, paramsStart, end)
		.filter(({ name }) => !OURS.includes(name))
		.map((span) => unfold(text.slice(span.start, span.end)))
		.join("");
}

function instanceId(value: string | undefined): string | undefined {
	const id = unquote(value ?? "").replace(/^<(.*)>$/, "$1");
	return id === "" ? undefined : canonicalInstance(id);
}

/** 1 to 2^31-1 (RFC 5626 §4.2). */
function regId(value: string | undefined): number | undefined {
	const id = parseUnsigned(value ?? "");
	return id !== undefined && id >= 1 && id < 2 ** 31 ? id : undefined;
}

/** Parameters whose value is the registrar's to give. */
const OURS = ["expires", "pub-gruu", "temp-gruu"];
const MALFORMED = 3600;
const USER_AGENT_MAX = 200;
