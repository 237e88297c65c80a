/**
 * What makes routes short: numbers, networks, URIs and header values. Exported by the module
 * "sipwright"; none of it waits.
 */

import type { Address, Device, Request, Uri, UriParts } from "./sipwright-types.d.ts";

/**
 * How numbers are dialled in one place.
 *
 * @example
 * const BERLIN: NumberPlan = { country: "49", area: "30" };
 */
export interface NumberPlan {
	/** The country code, with or without `+`. */
	readonly country: string;
	/** What is dialled before a country code: `"00"`, unless given; `"011"` in North America. */
	readonly international?: string;
	/** What is dialled before an area code: `"0"`, unless given; `""` where there is none, as in Italy. */
	readonly national?: string;
	/** The area code, for numbers without any prefix. Without it they are local, and have no E.164 number. */
	readonly area?: string;
}

/**
 * The number as E.164 with its `+`, whatever way it was dialled or written: visual separators
 * (RFC 3966 §5.1.1), spaces, `tel:`, a `(0)` behind the country code. Undefined for what is no telephone
 * number: a name, more than 15 digits, one that says with `phone-context` that it is local somewhere.
 *
 * @example
 * const number = e164(request.uri.user, { country: "49", area: "30" }); // 0171 123-45 is +4917112345
 * const callee = device(number ?? request.uri.user);
 */
export function e164(number: string | undefined, plan: NumberPlan): string | undefined;

/**
 * The number without this prefix; one that does not begin with it as it is.
 *
 * @example
 * const outside = stripPrefix("9123", "9"); // 123
 */
export function stripPrefix(number: string, prefix: string): string;

/**
 * The number with a prefix before it, even where it already begins so.
 *
 * @example
 * const dialled = addPrefix("123", "9"); // 9123
 */
export function addPrefix(number: string, prefix: string): string;

/**
 * The number with one prefix in the place of another; one that does not begin with it as it is.
 *
 * @example
 * const national = replacePrefix("+49301234", "+49", "0"); // 0301234
 */
export function replacePrefix(number: string, prefix: string, replacement: string): string;

/**
 * The device, called by another number: it stands in the Request-URI, in the place of the one that was
 * dialled, of the number in its contact, and of the one it registered with.
 *
 * @example
 * const trunk = device("carrier");
 * const number = e164(request.uri.user, { country: "49" });
 * if (trunk && number) return relay(withNumber(trunk, number));
 */
export function withNumber(device: Device, number: string): Device;

/**
 * Whether an address lies in a network, or in one of several: CIDR blocks and single addresses, IPv4
 * and IPv6. A name lies in none. A list is read once: make it at the top of the script.
 *
 * @example
 * const OFFICES = ["10.20.0.0/16", "2001:db8:20::/48"];
 * const inside = (request: Request) => inNetwork(request.source.address, OFFICES);
 */
export function inNetwork(address: string, networks: string | readonly string[]): boolean;

/**
 * A SIP URI made of its parts; `sip`, unless `scheme` says otherwise. `request.uri.with(…)` changes one that there is.
 *
 * @example
 * return relay(sipUri({ user: "5000", host: "192.0.2.7", params: { transport: "tcp" } }));
 */
export function sipUri(parts: UriParts & { readonly host: string }): Uri;

/**
 * The URI that a text is, or undefined.
 *
 * @example
 * const target = parseUri(request.headers.get("X-Target") ?? "");
 * return target ? relay(target) : reply(400);
 */
export function parseUri(text: string): Uri | undefined;

/**
 * The address that a header value is, with display name and parameters, or undefined.
 *
 * @example
 * const [last] = request.headers.list("Diversion");
 * const diverter = parseAddress(last ?? "")?.uri.user;
 */
export function parseAddress(text: string): Address | undefined;

/**
 * A header value and its parameters.
 *
 * @example
 * const released = (reason: HeaderValue) => reason.param("cause") === "16";
 */
export interface HeaderValue {
	/** What stands before the first `;`. */
	readonly value: string;
	/** The value of a parameter, without quotes: undefined without it, "" when it has no value. */
	param(name: string): string | undefined;
}

/**
 * A header value with parameters, such as that of Reason, Event or Session-Expires; undefined for what
 * is none.
 *
 * @example
 * const busy = request.headers.list("Reason").some((one) => parseValue(one)?.param("cause") === "17");
 */
export function parseValue(text: string): HeaderValue | undefined;

/**
 * Puts another body in the place of the one that came, on what `relay` or `fork` sends on: UTF-8, at
 * most 32,768 octets, "" for none. Content-Type is what is given, or stays; Content-Length follows and
 * Content-Encoding goes. The answer is about the body that was sent, and the caller gets it as it is.
 *
 * RFC 3261 §16.6 forbids a proxy to change a body: whoever signed or encrypted it, or compares what it
 * sent with what is answered, will notice. Nothing in Sipwright does it unless a script says so.
 *
 * @example
 * const narrow = request.body.replace(/^(m=audio \d+ RTP\/AVP).*$/m, "$1 8 101");
 * setBody(request, narrow);
 */
export function setBody(request: Request, body: string, contentType?: string): void;

// biome-ignore lint/complexity/noUselessEmptyExport: without it, what does not say export is exported too
export {};
