/**
 * One side's Contact as the other side sees it, and the way back (RFC 3261 §12.1.1, §12.2.1.1:
 * a peer uses the remote target as it was given, as Request-URI).
 *
 * Usually only the scheme changes, and the way back needs nothing. What else a Contact loses rides
 * in the shown URI itself, signed: `;x5c=ENTRY`. So a target refresh that fails needs no undoing.
 */
import type { Flow } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import { MAX_URI } from "../message/limits.ts";
import { type Uri, uriParam } from "../message/uri.ts";
import { ByteReader, byte, counted, uint16, varint } from "./bytes.ts";
import { decodeFlow, encodeFlow, type RememberedFlow } from "./flow-token.ts";
import {
	forceUri,
	type Lost,
	type LostParam,
	paramsEnd,
	readUri,
	restoreUri,
} from "./force-scheme.ts";
import type { Dialog } from "./leg.ts";
import { schemeOf } from "./scheme-token.ts";
import { type Signing, seal, unseal } from "./seal.ts";
import type { SecureSignaling } from "./secure-signaling.ts";

/** What an entry is tied to: the dialog, and the pass through this proxy (a spiral has several). */
export type EntryContext = {
	readonly dialog: Dialog;
	/** The cookie's. */
	readonly nonce: number;
	readonly signing: Signing;
};

export type Showing = {
	/** Scheme of the leg whose Contact it is. */
	readonly own: Scheme;
	/** Scheme and settings of the leg it is shown on. */
	readonly scheme: Scheme;
	readonly policy: SecureSignaling;
	/** The owner's flow, where it is newer than the one in the cookie. */
	readonly newFlow: Flow | undefined;
	/** Undefined outside a dialog: then nothing will come back. */
	readonly context: EntryContext | undefined;
};

export type OpenedUri = {
	readonly uri: string;
	/** Wins over the flow in the cookie. */
	readonly flow: RememberedFlow | undefined;
};

const NAME = "x5c";
const USER_PARAM = ";x5c=";

// First byte of an entry: bits 0-2 kind, bit 3 flow, bits 4-7 upper-case letters of the scheme.
// Kinds 1 and 2 are for Contacts that are replaced by our own address.
const KIND = 0x07;
const FLOW = 0x08;
const REMOVED = 0;

export function showContact(contact: string, showing: Showing): string {
	const { own, scheme, policy, newFlow, context } = showing;
	const current = schemeOf(contact);
	if (current === undefined) return contact;
	// One that contradicts its own leg is addressed in the leg's scheme from here on.
	const addressed = current === own ? contact : forceUri(contact, own, "contact").uri;
	const { uri, lost } = forceUri(addressed, scheme, "contact", policy.uriTransport);
	if (context === undefined) return uri;
	if (newFlow === undefined && lost.params.length === 0 && lost.upperCase === 0) return uri;

	const body = encodeEntry(lost, newFlow, context.signing.boot);
	const entry = seal(purpose(context), body, context.dialog, context.signing);
	const shown = policy.contactState === "user" ? inUser(uri, entry) : inParams(uri, entry);
	return shown.length > MAX_URI ? uri : shown;
}

/** The Request-URI of an in-dialog request, as its target knows it: `own` is the scheme of the target's leg. */
export function openRequestUri(uri: string, own: Scheme, context: EntryContext): OpenedUri {
	const found = uri.includes(`${NAME}=`) ? findEntry(uri, context) : undefined;
	if (found === undefined) return { uri: forceUri(uri, own, "contact").uri, flow: undefined };
	return { uri: restoreUri(found.rest, own, found.lost), flow: found.flow };
}

type Entry = { readonly lost: Lost; readonly flow: RememberedFlow | undefined };

function encodeEntry(lost: Lost, flow: Flow | undefined, boot: number): string {
	const first = REMOVED | (flow === undefined ? 0 : FLOW) | (lost.upperCase << 4);
	let body = byte(first) + varint(lost.params.length);
	for (const { index, text } of lost.params) body += varint(index) + counted(text);
	return flow === undefined ? body : body + encodeFlow(flow, boot);
}

/** Undefined for a kind that we do not know: to us such an entry does not fit. */
function decodeEntry(body: string, boot: number): Entry | undefined {
	const reader = new ByteReader(body);
	const first = reader.byte();
	if ((first & KIND) !== REMOVED) return undefined;
	const params: LostParam[] = [];
	for (let left = reader.varint(); left > 0 && reader.ok; left -= 1)
		params.push({ index: reader.varint(), text: reader.counted() });
	const flow = (first & FLOW) === 0 ? undefined : decodeFlow(reader, boot);
	return reader.complete ? { lost: { params, upperCase: first >>> 4 }, flow } : undefined;
}

function purpose({ nonce }: EntryContext): string {
	return NAME + uint16(nonce);
}

/** The entry of this pass, and the URI without it. One that does not fit is somebody else's, and stays. */
function findEntry(uri: string, context: EntryContext): (Entry & { rest: string }) | undefined {
	const parsed = readUri(uri);
	if (parsed === undefined) return undefined;
	for (const place of places(parsed)) {
		const body = unseal(purpose(context), place.entry, context.dialog, context.signing);
		const entry = body === undefined ? undefined : decodeEntry(body, context.signing.boot);
		if (entry !== undefined) return { ...entry, rest: place.rest };
	}
	return undefined;
}

type Place = { readonly entry: string; readonly rest: string };

function places(uri: Uri): readonly Place[] {
	return [placeInParams(uri), placeInUser(uri)].filter((place) => place !== undefined);
}

/** Ours goes first where the URI has entries already: `x5c=ours.theirs`. */
function inParams(text: string, entry: string): string {
	const uri = readUri(text);
	if (uri === undefined) return text;
	const theirs = uriParam(uri, NAME);
	if (theirs === undefined) {
		const end = paramsEnd(uri);
		return `${text.slice(0, end)};${NAME}=${entry}${text.slice(end)}`;
	}
	const value = theirs.start + 1 + NAME.length;
	const rest = text.slice(theirs.value === undefined ? value : value + 1);
	return `${text.slice(0, value)}=${entry}.${rest}`;
}

function placeInParams(uri: Uri): Place | undefined {
	const param = uriParam(uri, NAME);
	if (param?.value === undefined) return undefined;
	const { entry, behind, more } = firstEntry(param.value);
	const nameEnd = param.start + 1 + NAME.length;
	const before = uri.text.slice(0, more ? nameEnd : param.start);
	const after = uri.text.slice(param.start + 1 + param.text.length);
	return { entry, rest: `${before}${behind === "" ? "" : "="}${behind}${after}` };
}

/** For a peer that drops URI parameters it does not know: every peer has to copy the user part. */
function inUser(text: string, entry: string): string {
	const uri = readUri(text);
	if (uri === undefined) return text;
	const start = uri.scheme.length + 1;
	if (uri.user === undefined)
		return `${text.slice(0, start)}${USER_PARAM}${entry}@${text.slice(start)}`;
	const theirs = uri.user.indexOf(USER_PARAM);
	if (theirs === -1) {
		const end = start + uri.user.length;
		return `${text.slice(0, end)}${USER_PARAM}${entry}${text.slice(end)}`;
	}
	const value = start + theirs + USER_PARAM.length;
	return `${text.slice(0, value)}${entry}.${text.slice(value)}`;
}

function placeInUser(uri: Uri): Place | undefined {
	const at = uri.user?.indexOf(USER_PARAM) ?? -1;
	if (uri.user === undefined || at === -1) return undefined;
	const start = uri.scheme.length + 1;
	const next = uri.user.indexOf(";", at + 1);
	const end = next === -1 ? uri.user.length : next;
	const { entry, behind, more } = firstEntry(uri.user.slice(at + USER_PARAM.length, end));
	const kept = more ? USER_PARAM + behind : "";
	const user = uri.user.slice(0, at) + kept + uri.user.slice(end);
	const alone = user === "" && uri.password === undefined;
	const after = uri.text.slice(start + uri.user.length + (alone ? 1 : 0));
	return { entry, rest: uri.text.slice(0, start) + user + after };
}

/** `more`: a dot follows, so the parameter was there before us; it had no value when nothing follows the dot. */
function firstEntry(value: string): { entry: string; behind: string; more: boolean } {
	const dot = value.indexOf(".");
	if (dot === -1) return { entry: value, behind: "", more: false };
	return { entry: value.slice(0, dot), behind: value.slice(dot + 1), more: true };
}
