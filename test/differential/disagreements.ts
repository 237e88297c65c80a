/**
 * Every way in which our parser and npm `sip` read one message differently. The test allows no other;
 * docs/reference/differences-from-npm-sip.md is made of this list.
 */
import { WireLines } from "../torture/wire-lines.ts";
import { grammatical, REQUEST_LINE, STATUS_LINE, wellFormedLines } from "./grammar.ts";

export type Difference = {
	/** `accept` when one refuses the message; otherwise the field that differs. */
	readonly field: string;
	/** What each made of it; of a refusal, why. */
	readonly ours: string;
	readonly theirs: string;
	readonly text: string;
};

export type Disagreement = {
	readonly what: string;
	/** Whom the RFC agrees with; `either` where it leaves the choice. */
	readonly right: "ours" | "npm sip" | "either";
	readonly rule: string;
	/** Evidence in the message itself, not in what we made of it. */
	readonly explains: (difference: Difference) => boolean;
	/** A message that shows it: lines that take the place of the usual ones, or a whole text. */
	readonly example: string;
};

const named = (text: string, name: string) => new WireLines(text).values(name);
const any = (text: string, name: string, pattern: RegExp) =>
	named(text, name).some((value) => pattern.test(value));
const refused = ({ field, ours }: Difference, what: RegExp) =>
	field === "accept" && what.test(ours);
const twice = (text: string) => SINGLE.find((name) => named(text, name).length > 1);
const startLine = (text: string) => new WireLines(text).startLine;
const SINGLE = ["from", "to", "call-id", "cseq", "max-forwards", "content-length"];
/** A parameter name that stands twice in one value. */
const repeats = (value: string) =>
	value
		.replaceAll(/"(?:[^"\\]|\\.)*"|<[^>]*>/g, "")
		.split(",")
		.some((one) => {
			const names = [...one.matchAll(/;\s*([^;=\s]+)/g)].map(([, name]) => name?.toLowerCase());
			return new Set(names).size < names.length;
		});

export const DISAGREEMENTS: readonly Disagreement[] = [
	{
		what: "A lone CR or LF in the head, a line without a colon or without an empty line behind the head",
		right: "ours",
		rule: "RFC 3261 §7, §7.3.1",
		explains: (one) => refused(one, /^header: /) && !wellFormedLines(one.text),
		example: "X-Any: a\nVia: SIP/2.0/UDP other",
	},
	{
		what: "A start line that the grammar does not allow: another version, other spaces, something behind it",
		right: "ours",
		rule: "RFC 3261 §7.1, §7.2",
		explains: (one) =>
			refused(one, /^(start line|URI|header): /) &&
			!REQUEST_LINE.test(startLine(one.text)) &&
			!STATUS_LINE.test(startLine(one.text)),
		example: "OPTIONS sip:b@example.com SIP/3.0",
	},
	{
		what: "Two From, To, Call-ID, CSeq, Max-Forwards or Content-Length",
		right: "ours",
		rule: "RFC 3261 §7.3.1, RFC 4475 §3.3.8, §3.3.9",
		explains: (one) => refused(one, /: more than one$/) && twice(one.text) !== undefined,
		example: "To: <sip:x@example.com>",
	},
	{
		what: "A CSeq that is not a number below 2^32 and a method, or names another method than the request",
		right: "ours",
		rule: "RFC 3261 §8.1.1.5, §20.16",
		explains: (one) =>
			refused(one, /^CSeq: /) &&
			(!grammatical(one.text, "cseq") ||
				any(one.text, "cseq", /^0*[0-9]{10}/) ||
				named(one.text, "cseq")[0]?.split(/\s+/)[1] !== new WireLines(one.text).method),
		example: "CSeq: 1 INVITE",
	},
	{
		what: "A Call-ID that is empty or more than one word",
		right: "ours",
		rule: "RFC 3261 §20.8, §25.1",
		explains: (one) => refused(one, /^Call-ID: /) && any(one.text, "call-id", /^$|[\s\0-\x20]/),
		example: "Call-ID: a b",
	},
	{
		what: "A Max-Forwards that is no number from 0 to 255",
		right: "ours",
		rule: "RFC 3261 §20.22",
		explains: (one) =>
			refused(one, /^Max-Forwards: /) &&
			any(one.text, "max-forwards", /[^0-9]|^0*([3-9]..|2[6-9].|25[6-9]|[0-9]{4,})$|^$/),
		example: "Max-Forwards: 256",
	},
	{
		what: "A Content-Length that is no number, or more than the datagram holds",
		right: "ours",
		rule: "RFC 3261 §18.3, §20.14",
		explains: (one) =>
			refused(one, /^Content-Length: /) &&
			(!grammatical(one.text, "content-length") ||
				Number(named(one.text, "content-length")[0]) > new WireLines(one.text).body.length),
		example: "Content-Length: 9",
	},
	{
		what: "A Via that the grammar does not allow, or with one parameter twice",
		right: "ours",
		rule: "RFC 3261 §7.3.1, §20.42, §25.1",
		explains: (one) =>
			refused(one, /^(Via|list): /) &&
			(!grammatical(one.text, "via") ||
				named(one.text, "via").some(repeats) ||
				any(one.text, "via", /:\s*(0*|[0-9]{5,})\b/)),
		example: "Via: SIP/2.0/UDP 192.0.2.1;=x",
	},
	{
		what: "A From or To that the grammar does not allow, or with one parameter twice",
		right: "ours",
		rule: "RFC 3261 §7.3.1, §20.20, §20.39, §25.1, RFC 8217 §3",
		explains: (one) =>
			(refused(one, /^From: /) &&
				(!grammatical(one.text, "from") || named(one.text, "from").some(repeats))) ||
			(refused(one, /^To: /) &&
				(!grammatical(one.text, "to") || named(one.text, "to").some(repeats))),
		example: "To: Bob, Carol <sip:b@example.com>",
	},
	{
		what: "A Route that the grammar does not allow",
		right: "ours",
		rule: "RFC 3261 §20.34, §25.1, §16.3 step 1",
		explains: (one) =>
			refused(one, /^(Route|list): /) &&
			(!grammatical(one.text, "route") || named(one.text, "route").some(repeats)),
		example: "Route: <sip:h",
	},
	{
		what: "An escape in a method: it stays as it is there",
		right: "ours",
		rule: "RFC 4475 §3.1.1.5, RFC 3261 §25.1",
		explains: ({ field, text }) =>
			(field === "start" && /^\S*%[0-9a-f]{2}/i.test(startLine(text))) ||
			(field === "cseq" && any(text, "cseq", /%[0-9a-f]{2}/i)),
		example: "%4FPTIONS sip:b@example.com SIP/2.0",
	},
	{
		what: "A Request-URI with headers, or with a port above 65535",
		right: "ours",
		rule: "RFC 3261 §19.1.1 table 1, §25.1, RFC 4475 §3.1.2.11",
		explains: (one) =>
			refused(one, /^URI: /) &&
			(/\?/.test(startLine(one.text)) || /:0*[0-9]{5,}(?![0-9])/.test(startLine(one.text))),
		example: "OPTIONS sip:b@example.com?Subject=x SIP/2.0",
	},
	{
		what: "An IPv6 address in a Via, and every value behind it",
		right: "ours",
		rule: "RFC 3261 §20.42, §25.1, RFC 5118 §4.5",
		explains: ({ field, text }) => field === "via" && any(text, "via", /\[/),
		example: "Via: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKx",
	},
	{
		what: "A Route with an IPv6 address, with its scheme in upper case or with another scheme than sip and sips",
		right: "ours",
		rule: "RFC 3261 §19.1.1, §19.1.4, §25.1, RFC 5118 §4.1",
		explains: ({ field, text }) => field === "route" && any(text, "route", /\[|<(?!sips?:)/),
		example: "Route: <sip:[2001:db8::1];lr>",
	},
	{
		what: "A bare Contact URI before a comma: the comma is no part of it",
		right: "ours",
		rule: "RFC 3261 §7.3.1, §20.10",
		explains: ({ field, text }) =>
			field === "contact" && any(text, "contact", /(^|,\s*)[a-z][^<>"\s;]*,/i),
		example: "Contact: sip:a@example.com, sip:b@example.com",
	},
	{
		what: "An IPv6 address as the value of a header parameter, with brackets or without",
		right: "ours",
		rule: "RFC 3261 §25.1 (gen-value)",
		explains: ({ field, text }) =>
			["via", "from", "to", "contact"].includes(field) && any(text, field, /=\s*(\[|[0-9a-f.]*:)/i),
		example: "To: <sip:b@example.com>;x=[2001:db8::1]",
	},
	{
		what: "A value of Via, From, To or Route beyond the grammar that we read all the same: such a one does no harm",
		right: "either",
		rule: "RFC 3261 §16.3 step 1, RFC 4475 §3.1.1.1",
		explains: ({ field, ours, text }) =>
			["via", "from", "to", "route"].includes(field) &&
			!ours.startsWith("malformed") &&
			!grammatical(text, field),
		example: "To: <sip:b@example.com>;x=a/b",
	},
	{
		what: "A Via below the first, or a Contact or Route of a response, that the grammar does not allow: only who needs it has to read it",
		right: "ours",
		rule: "RFC 3261 §16.3 step 1, §16.7, RFC 4475 §3.1.1.10",
		explains: ({ field, ours, theirs, text }) =>
			(["via", "contact", "route"].includes(field) && !grammatical(text, field)) ||
			(field === "accept" && ours === "read" && theirs === "no via" && !grammatical(text, "via")),
		example: "Contact: Bob, Carol <sip:b@example.com>",
	},
	{
		what: "Two lines of a header that is no list: npm sip makes them one value, and loses an empty one",
		right: "either",
		rule: "RFC 3261 §7.3.1",
		explains: ({ field, text }) => field === "subject" && named(text, "subject").length > 1,
		example: "Subject:\r\nSubject: a",
	},
	{
		what: "Content-Length 0 in a datagram that goes on: there is no body",
		right: "ours",
		rule: "RFC 3261 §18.3",
		explains: ({ field, text }) =>
			field === "body" && /^0+$/.test(named(text, "content-length")[0] ?? ""),
		example: "Content-Length: 0\r\n\r\nnot a body",
	},
	{
		what: "An empty password in a Route",
		right: "ours",
		rule: "RFC 3261 §25.1 (password)",
		explains: ({ field, text }) => field === "route" && any(text, "route", /:@/),
		example: "Route: <sip:a:@example.com;lr>",
	},
	{
		what: "A Via of a host alone before a comma: the comma is no part of the host",
		right: "ours",
		rule: "RFC 3261 §7.3.1, §25.1",
		explains: ({ field, text }) => field === "via" && any(text, "via", /[ \t][^\s;:,="]+\s*,/),
		example: "Via: SIP/2.0/UDP one.example.com, SIP/2.0/UDP two.example.com",
	},
	{
		what: "A tag without a value",
		right: "ours",
		rule: "RFC 3261 §19.3, §25.1 (tag-param)",
		explains: (one) =>
			refused(one, /no address with a tag$/) &&
			(any(one.text, "from", /;\s*tag\s*(;|$)/i) || any(one.text, "to", /;\s*tag\s*(;|$)/i)),
		example: "To: <sip:b@example.com>;tag",
	},
	{
		what: "A Route whose URI has one parameter twice",
		right: "ours",
		rule: "RFC 3261 §19.1.1",
		explains: ({ field, ours, text }) =>
			field === "route" &&
			/duplicate parameter/.test(ours) &&
			any(text, "route", /;([a-z]+)\b[^>]*;\1\b/i),
		example: "Route: <sip:h;lr;lr>",
	},
	{
		what: "A parameter that stands twice in a Contact, a Route or a Via below the first: npm sip takes the last",
		right: "ours",
		rule: "RFC 3261 §7.3.1",
		explains: ({ field, text }) =>
			["contact", "route", "via"].includes(field) && named(text, field).some(repeats),
		example: "Contact: <sip:b@example.com>;expires=1;expires=2",
	},
	{
		what: "Port 0, or one above 65535, in a Via below the first",
		right: "ours",
		rule: "RFC 3261 §25.1 (port), RFC 3986 §3.2.3",
		explains: ({ field, ours, text }) =>
			field === "via" &&
			ours.startsWith("malformed") &&
			any(text, "via", /:\s*(0+|[0-9]{5,})(?![0-9])/),
		example: "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1, SIP/2.0/UDP 192.0.2.2:0;x",
	},
	{
		what: "A reason phrase that begins or ends with a space or a tab: it is kept as it is",
		right: "ours",
		rule: "RFC 3261 §7.2, §25.1 (Reason-Phrase)",
		explains: ({ field, text }) =>
			field === "reason" && /^\S+ \d+ (\s|.*\s$)/.test(startLine(text)),
		example: "SIP/2.0 200  OK",
	},
	{
		what: "Octet A0 in a first line: npm sip takes it for white space",
		right: "either",
		rule: "RFC 3261 §25.1 (LWS, SIP-URI)",
		explains: ({ field, ours, theirs, text }) =>
			(field === "accept" || field === "start" || field === "reason") &&
			(ours === "read" || theirs !== "read") &&
			startLine(text).includes("\xa0"),
		example: "OPTIONS sip:b\xa0c@example.com SIP/2.0",
	},
];
