/**
 * Header field names: RFC 3261 §7.3.1, §7.3.3 and §20, with the extensions that we know.
 * Each known name has a small number, its id; compact forms share the id of the long form.
 */

/** Headers whose value is a comma-separated list, in one line or several (§7.3.1). */
const LISTS = [
	"via", "route", "record-route", "contact", "path", "service-route",
	"supported", "require", "proxy-require", "unsupported", "allow", "allow-events",
	"accept", "accept-encoding", "accept-language", "accept-contact", "reject-contact",
	"request-disposition", "content-encoding", "content-language", "in-reply-to",
	"alert-info", "call-info", "error-info", "warning", "reason",
	"p-asserted-identity", "p-preferred-identity", "p-associated-uri",
	"security-client", "security-server", "security-verify", "privacy",
	"history-info", "diversion", "geolocation", "permission-missing", "trigger-consent",
] as const; // biome-ignore format: a table

/** Headers with one value per line; the four of digest look like lists but are none (§7.3.1). */
const SINGLES = [
	"call-id", "cseq", "from", "to", "max-forwards", "content-length", "content-type",
	"content-disposition", "expires", "min-expires", "date", "event", "subscription-state",
	"authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate",
	"authentication-info", "proxy-authentication-info", "refer-to", "referred-by", "refer-sub",
	"replaces", "join", "target-dialog", "reply-to", "organization", "priority", "retry-after",
	"server", "user-agent", "subject", "timestamp", "mime-version", "session-expires", "min-se",
	"rseq", "rack", "sip-etag", "sip-if-match", "max-breadth", "flow-timer", "identity",
	"suppress-if-match", "answer-mode", "priv-answer-mode", "p-access-network-info",
	"p-charging-vector", "session-id", "user-to-user", "resource-priority", "info-package",
	"recv-info", "p-called-party-id", "p-visited-network-id", "security-info",
] as const; // biome-ignore format: a table

/** §20, RFC 6665 §7.3, RFC 3515 §2.1, RFC 3892 §3, RFC 4028 §4, RFC 3841 §10, RFC 8224 §13.1. */
const COMPACT: Readonly<Record<string, KnownHeader>> = {
	a: "accept-contact",
	b: "referred-by",
	c: "content-type",
	d: "request-disposition",
	e: "content-encoding",
	f: "from",
	i: "call-id",
	j: "reject-contact",
	k: "supported",
	l: "content-length",
	m: "contact",
	o: "event",
	r: "refer-to",
	s: "subject",
	t: "to",
	u: "allow-events",
	v: "via",
	x: "session-expires",
	y: "identity",
};

export type KnownHeader = (typeof LISTS)[number] | (typeof SINGLES)[number];
/** The long name in lower case. A name that we do not know is found by comparing text. */
export type HeaderName = KnownHeader | (string & {});

const NAMES: readonly KnownHeader[] = [...LISTS, ...SINGLES];

type Entry = {
	/** Where the name begins in `CODES`. */
	readonly start: number;
	readonly length: number;
	readonly id: number;
	/** Of the same slot. */
	readonly next: Entry | undefined;
};

/** The id of every header that is not in the tables. */
export const UNKNOWN = 0;
const IDS = new Map<string, number>();
/** The letters of all names, one name behind the other. */
const CODES = new Uint8Array(NAMES.join("").length + Object.keys(COMPACT).length);
const SLOTS: (Entry | undefined)[] = Array.from({ length: 1024 }, () => undefined);
const OWN_BITS: readonly KnownHeader[] = [
	...(["via", "from", "to", "call-id", "cseq", "max-forwards", "content-length"] as const),
	...(["route", "record-route", "contact", "max-breadth"] as const),
];
/** That of UNKNOWN comes first. */
const BITS: readonly number[] = [1 << 29, ...NAMES.map((name, index) => bitOf(name, index + 1))];
const LONGEST = register();

export const VIA = headerId("via");
export const ROUTE = headerId("route");
export const RECORD_ROUTE = headerId("record-route");
export const CONTACT = headerId("contact");
export const FROM = headerId("from");
export const TO = headerId("to");
export const CALL_ID = headerId("call-id");
export const CSEQ = headerId("cseq");
export const MAX_FORWARDS = headerId("max-forwards");
export const MAX_BREADTH = headerId("max-breadth");
export const CONTENT_LENGTH = headerId("content-length");

/** The id of a long name in lower case; UNKNOWN for one that is not in the tables. */
export function headerId(name: HeaderName): number {
	return IDS.get(name) ?? UNKNOWN;
}

/** The long name of an id; undefined for UNKNOWN. */
export function headerName(id: number): HeaderName | undefined {
	return NAMES[id - 1];
}

/** Whether commas separate values of this header: ids of lists come first. */
export function isList(id: number): boolean {
	return id !== UNKNOWN && id <= LISTS.length;
}

/** The id of the name written in `text` from `start` to `end`: any case, long or compact. */
export function headerIdAt(text: string, start: number, end: number): number {
	const length = end - start;
	if (length > LONGEST || length === 0) return UNKNOWN;
	let entry = SLOTS[slot(length, text.charCodeAt(start), text.charCodeAt(end - 1))];
	while (entry !== undefined) {
		if (entry.length === length && isAt(text, start, entry)) return entry.id;
		entry = entry.next;
	}
	return UNKNOWN;
}

/** One bit of 30 for an id: headers with different bits are different. */
export function idBit(id: number): number {
	return BITS[id] as number;
}

/** Those that every message has, and those that are looked for in every message, have one of their own. */
function bitOf(name: KnownHeader, id: number): number {
	const own = OWN_BITS.indexOf(name);
	return 1 << (own === -1 ? OWN_BITS.length + (id % (30 - OWN_BITS.length)) : own);
}

/** Compares text with a name of lower-case letters and hyphens, ignoring case. */
export function equalsFolded(text: string, start: number, name: string): boolean {
	for (let index = 0; index < name.length; index += 1) {
		const code = text.charCodeAt(start + index);
		const wanted = name.charCodeAt(index);
		if (code !== wanted && (code + 32 !== wanted || code < 65 || code > 90)) return false;
	}
	return true;
}

/** As `equalsFolded`. Names are read letter by letter many times a message: that is faster from numbers. */
function isAt(text: string, start: number, entry: Entry): boolean {
	const from = entry.start;
	for (let index = 0; index < entry.length; index += 1) {
		const code = text.charCodeAt(start + index);
		const wanted = CODES[from + index] as number;
		if (code !== wanted && (code + 32 !== wanted || code < 65 || code > 90)) return false;
	}
	return true;
}

function slot(length: number, first: number, last: number): number {
	return (length * 41 + (first | 32) * 7 + (last | 32)) & 1023;
}

function register(): number {
	let longest = 0;
	for (const name of NAMES) {
		IDS.set(name, IDS.size + 1);
		longest = Math.max(longest, name.length);
	}
	let end = 0;
	for (const [name, id] of IDS) end = enter(name, id, end);
	for (const [letter, name] of Object.entries(COMPACT)) end = enter(letter, headerId(name), end);
	return longest;
}

function enter(name: string, id: number, start: number): number {
	const index = slot(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
	for (let at = 0; at < name.length; at += 1) CODES[start + at] = name.charCodeAt(at);
	SLOTS[index] = { start, length: name.length, id, next: SLOTS[index] };
	return start + name.length;
}
