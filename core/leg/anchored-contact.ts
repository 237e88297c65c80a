/**
 * Our own address in the place of the other side's Contact, as a back-to-back user agent shows it
 * (RFC 3261 §8.1.1.8), and the way back. The Contact itself rides in ours, whole and signed:
 *
 *     scheme:user@ownHost:ownPort[;transport=…];x5c=ENTRY
 *
 * A side that sees no Record-Route of ours gets the cookie's fields in the entry as well: then
 * the Contact alone brings its requests here, and says where they go.
 */
import type { Flow } from "../base/flow.ts";
import { MAX_URI } from "../message/limits.ts";
import { ByteReader, byte, counted, uint16 } from "./bytes.ts";
import { type DialogState, decodeCookie, encodeCookie, type OpenedCookie } from "./cookie.ts";
import { entryPlaces, mayHoldEntry, putEntry } from "./entry-place.ts";
import { decodeFlow, encodeFlow, type RememberedFlow } from "./flow-token.ts";
import { forceUri, readUri } from "./force-scheme.ts";
import type { Dialog, Leg, Side } from "./leg.ts";
import { ownUri } from "./record-route.ts";
import { schemeOf } from "./scheme-token.ts";
import { type Signing, seal, unseal } from "./seal.ts";

/** What to show in the place of a Contact. */
export type Anchoring = {
	/** The side that it is shown to, and its leg. */
	readonly side: Side;
	readonly leg: Leg;
	readonly user: string | undefined;
	/** The transport parameter by which that side has addressed us, without its `;`. */
	readonly transport: string | undefined;
	readonly state: DialogState;
	/** Where the Contact's owner is now, where that is newer than the flow in the cookie. */
	readonly newFlow: Flow | undefined;
	/** That side sees no Record-Route of ours. */
	readonly alone: boolean;
};

export type AnchoredContact = {
	/** As its owner sent it, in the scheme of its leg. */
	readonly contact: string;
	/** Of the pass through this proxy that showed it. */
	readonly nonce: number;
	/** Wins over the flow in the cookie. */
	readonly flow: RememberedFlow | undefined;
	/** In the entry of a side without Record-Route. */
	readonly cookie: OpenedCookie | undefined;
	/** The URI without the entry. */
	readonly rest: string;
};

const PURPOSE = "x5a";

// First byte of an entry. The other bits are free: a value that has one is not understood.
const FLOW = 0x01;
const COOKIE = 0x02;
const FREE = 0xfc;

/** Longer ones are shown as they are: base64 makes a third more of what rides in our address. */
const CONTACT_MAX = MAX_URI / 4;
const USER_MAX = 256;

/** Whether a Contact can ride in an address of ours, with a route set of the length that may. */
export function anchorable(contact: string): boolean {
	return schemeOf(contact) !== undefined && contact.length <= CONTACT_MAX;
}

/** Undefined where it would be longer than a URI may be. */
export function anchorContact(contact: string, anchoring: Anchoring): string | undefined {
	if (!anchorable(contact)) return undefined;
	const { leg, state } = anchoring;
	const { uriTransport, contactState } = leg.policy;
	const address = forceUri(ownAddress(anchoring), leg.scheme, "contact", uriTransport).uri;
	const { dialog, signing } = state;
	const entry = seal(PURPOSE, encodeEntry(contact, anchoring), dialog, signing);
	const shown = putEntry(address, entry, contactState);
	return shown.length > MAX_URI ? undefined : shown;
}

/** The entry of an anchored Contact that we made for this dialog; undefined where there is none that fits. */
export function openAnchor(
	uri: string,
	dialog: Dialog,
	signing: Signing,
): AnchoredContact | undefined {
	if (!mayHoldEntry(uri)) return undefined;
	for (const { entry, rest } of entryPlaces(uri)) {
		const body = unseal(PURPOSE, entry, dialog, signing);
		const opened = body === undefined ? undefined : decodeEntry(body, signing.boot);
		if (opened !== undefined) return { ...opened, rest };
	}
	return undefined;
}

/** Our own URI on the leg, with the user of the one that it stands for. */
function ownAddress({ leg, user, transport }: Anchoring): string {
	const own = ownUri(leg);
	const start = leg.scheme.length + 1;
	const named = user !== undefined && user !== "" && user.length <= USER_MAX;
	const withUser = !named ? own : `${own.slice(0, start)}${user}@${own.slice(start)}`;
	if (transport === undefined) return withUser;
	const parsed = readUri(withUser);
	return parsed === undefined ? withUser : `${withUser.slice(0, parsed.hostEnd)};${transport}`;
}

function encodeEntry(contact: string, { side, state, newFlow, alone }: Anchoring): string {
	const { cookie, signing } = state;
	const first = (newFlow === undefined ? 0 : FLOW) | (alone ? COOKIE : 0);
	const body = byte(first) + uint16(cookie.nonce) + counted(contact);
	const flow = newFlow === undefined ? "" : encodeFlow(newFlow, signing.boot);
	return body + flow + (alone ? encodeCookie(cookie, side, signing.boot) : "");
}

function decodeEntry(body: string, boot: number): Omit<AnchoredContact, "rest"> | undefined {
	const reader = new ByteReader(body);
	const first = reader.byte();
	const nonce = reader.uint16();
	const contact = reader.counted();
	if ((first & FREE) !== 0) return undefined;
	const flow = (first & FLOW) === 0 ? undefined : decodeFlow(reader, boot);
	const cookie = (first & COOKIE) === 0 ? undefined : decodeCookie(reader, boot);
	const whole = (first & COOKIE) === 0 ? reader.complete : cookie?.nonce === nonce;
	return whole ? { contact, nonce, flow, cookie } : undefined;
}
