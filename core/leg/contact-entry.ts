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
import { openAnchor } from "./anchored-contact.ts";
import { ByteReader, byte, counted, uint16, varint } from "./bytes.ts";
import { entryPlaces, mayHoldEntry, putEntry } from "./entry-place.ts";
import { decodeFlow, encodeFlow, type RememberedFlow } from "./flow-token.ts";
import { forceUri, type Lost, type LostParam, restoreUri } from "./force-scheme.ts";
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

const PURPOSE = "x5c";

// First byte of an entry: bit 3 flow, bits 4-7 upper-case letters of the scheme. The others are free.
const FLOW = 0x08;
const FREE = 0x07;

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
	const shown = putEntry(uri, entry, policy.contactState);
	return shown.length > MAX_URI ? uri : shown;
}

/** The Request-URI of an in-dialog request, as its target knows it: `own` is the scheme of the target's leg. */
export function openRequestUri(uri: string, own: Scheme, context: EntryContext): OpenedUri {
	return (
		readEntry(uri, own, context) ?? { uri: forceUri(uri, own, "contact").uri, flow: undefined }
	);
}

/** As above; undefined where the URI holds no entry of this pass. */
export function readEntry(uri: string, own: Scheme, context: EntryContext): OpenedUri | undefined {
	if (!mayHoldEntry(uri)) return undefined;
	const found = findEntry(uri, context);
	if (found !== undefined)
		return { uri: restoreUri(found.rest, own, found.lost), flow: found.flow };
	const anchored = openAnchor(uri, context.dialog, context.signing);
	if (anchored?.nonce !== context.nonce) return undefined;
	return { uri: forceUri(anchored.contact, own, "contact").uri, flow: anchored.flow };
}

type Entry = { readonly lost: Lost; readonly flow: RememberedFlow | undefined };

function encodeEntry(lost: Lost, flow: Flow | undefined, boot: number): string {
	const first = (flow === undefined ? 0 : FLOW) | (lost.upperCase << 4);
	let body = byte(first) + varint(lost.params.length);
	for (const { index, text } of lost.params) body += varint(index) + counted(text);
	return flow === undefined ? body : body + encodeFlow(flow, boot);
}

/** Undefined for a form that we do not know: to us such an entry does not fit. */
function decodeEntry(body: string, boot: number): Entry | undefined {
	const reader = new ByteReader(body);
	const first = reader.byte();
	if ((first & FREE) !== 0) return undefined;
	const params: LostParam[] = [];
	for (let left = reader.varint(); left > 0 && reader.ok; left -= 1)
		params.push({ index: reader.varint(), text: reader.counted() });
	const flow = (first & FLOW) === 0 ? undefined : decodeFlow(reader, boot);
	return reader.complete ? { lost: { params, upperCase: first >>> 4 }, flow } : undefined;
}

function purpose({ nonce }: EntryContext): string {
	return PURPOSE + uint16(nonce);
}

/** The entry of this pass, and the URI without it. One that does not fit is somebody else's, and stays. */
function findEntry(uri: string, context: EntryContext): (Entry & { rest: string }) | undefined {
	for (const place of entryPlaces(uri)) {
		const body = unseal(purpose(context), place.entry, context.dialog, context.signing);
		const entry = body === undefined ? undefined : decodeEntry(body, context.signing.boot);
		if (entry !== undefined) return { ...entry, rest: place.rest };
	}
	return undefined;
}
