/**
 * The dialog cookie: what in-dialog requests need to know, signed, in our Record-Route URI
 * (RFC 3261 §16.6 step 4, RFC 5626 §5.2). Nothing is kept per dialog on this side.
 */
import type { Flow } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";
import type { AnchorName } from "./anchor-name.ts";
import { ByteReader, byte, counted, uint16, varint } from "./bytes.ts";
import { decodeFlow, encodeFlow, type RememberedFlow } from "./flow-token.ts";
import type { Dialog, Side } from "./leg.ts";
import { byteToken, type SchemeToken, tokenByte } from "./scheme-token.ts";
import { type Signing, seal, unseal } from "./seal.ts";

/** What the Record-Route that a side sees does not say. */
export type HiddenRoutes = {
	/** The sides that see no Record-Route of ours: they find us by our address in the Contact. */
	readonly fromCaller: boolean;
	readonly fromCallee: boolean;
	/**
	 * Proxies between us and a side that the other is not shown: Route values in the order in which
	 * a request to that side visits them.
	 */
	readonly toCaller: readonly string[];
	readonly toCallee: readonly string[];
};

export type Cookie = {
	/** Schemes of the two legs. */
	readonly caller: Scheme;
	readonly callee: Scheme;
	/** The scheme tokens of From and To exactly as the caller sent them. */
	readonly from0: SchemeToken;
	readonly to0: SchemeToken;
	/** 16 bits that name this pass through the proxy, and tie Contact entries to it. */
	readonly nonce: number;
	/** Where each side was when the dialog was formed; undefined: resolve its Contact. */
	readonly callerFlow: Flow | RememberedFlow | undefined;
	readonly calleeFlow: Flow | RememberedFlow | undefined;
	/** Left out where both sides see every Record-Route. */
	readonly hidden?: HiddenRoutes;
};

/** Who was given a copy; "both" where the entry is the same for both. */
export type Holder = Side | "both";

/** A cookie as it came back. */
export type OpenedCookie = Cookie & {
	readonly holder: Holder;
	readonly callerFlow: RememberedFlow | undefined;
	readonly calleeFlow: RememberedFlow | undefined;
};

/** What the messages of one dialog carry, and what it takes to write it into them. */
export type DialogState = {
	readonly cookie: Cookie;
	readonly dialog: Dialog;
	readonly signing: Signing;
	/** Left out where responses show what they bring. */
	readonly origin?: Origin;
};

/** What responses need of the request they answer, which is not kept whole once it is answered. */
export type Origin = AnchorName & {
	/** Record-Route values that the request came with. */
	readonly recordRoutes: readonly string[];
};

const PURPOSE = "x5";

// The byte of schemes and flags. Bit 7 is free; a value that has it is not understood.
const CALLER_SIPS = 0x01;
const CALLEE_SIPS = 0x02;
const HELD_BY_CALLER = 0x04;
const HELD_BY_CALLEE = 0x08;
const CALLER_FLOW = 0x10;
const CALLEE_FLOW = 0x20;
const HIDDEN = 0x40;
const FREE = 0x80;

export function signCookie({ cookie, dialog, signing }: DialogState, holder: Holder): string {
	return seal(PURPOSE, encodeCookie(cookie, holder, signing.boot), dialog, signing);
}

export function encodeCookie(cookie: Cookie, holder: Holder, boot: number): string {
	const { callerFlow, calleeFlow, hidden } = cookie;
	return (
		byte(flags(cookie, holder)) +
		byte(tokenByte(cookie.from0)) +
		byte(tokenByte(cookie.to0)) +
		uint16(cookie.nonce) +
		(callerFlow === undefined ? "" : encodeFlow(callerFlow, boot)) +
		(calleeFlow === undefined ? "" : encodeFlow(calleeFlow, boot)) +
		(hidden === undefined ? "" : encodeHidden(hidden))
	);
}

/** Undefined for anything that we did not sign for this dialog. */
export function openCookie(
	value: string,
	dialog: Dialog,
	signing: Signing,
): OpenedCookie | undefined {
	const body = unseal(PURPOSE, value, dialog, signing);
	return body === undefined ? undefined : decodeCookie(new ByteReader(body), signing.boot);
}

/** Of all that is left to read; undefined for bytes that `encodeCookie` does not write. */
export function decodeCookie(reader: ByteReader, boot: number): OpenedCookie | undefined {
	const bits = reader.byte();
	const from0 = byteToken(reader.byte());
	const to0 = byteToken(reader.byte());
	const nonce = reader.uint16();
	const callerFlow = (bits & CALLER_FLOW) === 0 ? undefined : decodeFlow(reader, boot);
	const calleeFlow = (bits & CALLEE_FLOW) === 0 ? undefined : decodeFlow(reader, boot);
	const hidden = (bits & HIDDEN) === 0 ? undefined : decodeHidden(reader);
	const holder = holderOf(bits);
	if (!reader.complete || from0 === undefined || to0 === undefined || holder === undefined)
		return undefined;
	const caller: Scheme = (bits & CALLER_SIPS) === 0 ? "sip" : "sips";
	const callee: Scheme = (bits & CALLEE_SIPS) === 0 ? "sip" : "sips";
	const cookie = { caller, callee, holder, from0, to0, nonce, callerFlow, calleeFlow };
	return hidden === undefined ? cookie : { ...cookie, hidden };
}

export function schemeOfSide(cookie: Cookie, side: Side): Scheme {
	return side === "caller" ? cookie.caller : cookie.callee;
}

export function flowOfSide(cookie: OpenedCookie, side: Side): RememberedFlow | undefined;
export function flowOfSide(cookie: Cookie, side: Side): Flow | undefined;
export function flowOfSide(cookie: Cookie, side: Side): Flow | undefined {
	return side === "caller" ? cookie.callerFlow : cookie.calleeFlow;
}

function flags(cookie: Cookie, holder: Holder): number {
	const { caller, callee, callerFlow, calleeFlow, hidden } = cookie;
	return (
		(caller === "sips" ? CALLER_SIPS : 0) |
		(callee === "sips" ? CALLEE_SIPS : 0) |
		(holder === "callee" ? 0 : HELD_BY_CALLER) |
		(holder === "caller" ? 0 : HELD_BY_CALLEE) |
		(callerFlow === undefined ? 0 : CALLER_FLOW) |
		(calleeFlow === undefined ? 0 : CALLEE_FLOW) |
		(hidden === undefined ? 0 : HIDDEN)
	);
}

function holderOf(bits: number): Holder | undefined {
	if ((bits & FREE) !== 0) return undefined;
	switch (bits & (HELD_BY_CALLER | HELD_BY_CALLEE)) {
		case HELD_BY_CALLER:
			return "caller";
		case HELD_BY_CALLEE:
			return "callee";
		case HELD_BY_CALLER | HELD_BY_CALLEE:
			return "both";
		default:
			return undefined;
	}
}

const FROM_CALLER = 0x01;
const FROM_CALLEE = 0x02;

function encodeHidden({ fromCaller, fromCallee, toCaller, toCallee }: HiddenRoutes): string {
	const first = (fromCaller ? FROM_CALLER : 0) | (fromCallee ? FROM_CALLEE : 0);
	return byte(first) + encodeRoutes(toCaller) + encodeRoutes(toCallee);
}

function decodeHidden(reader: ByteReader): HiddenRoutes {
	const first = reader.byte();
	return {
		fromCaller: (first & FROM_CALLER) !== 0,
		fromCallee: (first & FROM_CALLEE) !== 0,
		toCaller: decodeRoutes(reader),
		toCallee: decodeRoutes(reader),
	};
}

function encodeRoutes(routes: readonly string[]): string {
	return varint(routes.length) + routes.map(counted).join("");
}

function decodeRoutes(reader: ByteReader): readonly string[] {
	const routes: string[] = [];
	for (let left = reader.varint(); left > 0 && reader.ok; left -= 1) routes.push(reader.counted());
	return routes;
}
