/** Messages to begin with: the torture messages of RFC 4475 and RFC 5118, real ones, and generated ones. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mutate } from "../support/mutate.ts";
import { damaged, gap, nameAddress, octets, once, several, uri, via } from "./grammar.ts";
import type { Chance } from "./target.ts";

const TEST = join(import.meta.dirname, "..");

export const corpus: readonly string[] = [
	...folder("torture/rfc4475", ".dat"),
	...folder("torture/rfc5118", ".dat"),
	...folder("fixtures/secure-sip-signaling", ".sip"),
];

function folder(name: string, ending: string): string[] {
	return readdirSync(join(TEST, name))
		.filter((file) => file.endsWith(ending))
		.map((file) => readFileSync(join(TEST, name, file), "latin1"));
}

/** One of the corpus or a generated one, as it is or changed in a few places. */
export function anyMessage(chance: Chance): string {
	const text = once(chance, 3) ? chance.pick(corpus) : generated(chance);
	return once(chance, 3) ? text : mutate(text, chance);
}

/** A message as the grammar has it, in unusual spellings. */
export function generated(chance: Chance): string {
	const method = chance.pick(METHODS);
	const body = chance.pick(BODIES);
	const lines = [
		...several(chance, 2, () => `${name(chance, "Via", "v")}${via(chance)}`),
		`${name(chance, "Via", "v")}${via(chance)}${once(chance, 6) ? `,${gap(chance)}${via(chance)}` : ""}`,
		`${name(chance, "From", "f")}${address(chance, "a")}`,
		`${name(chance, "To", "t")}${address(chance, "b")}`,
		`${name(chance, "Call-ID", "i")}${chance.pick(CALL_IDS)}`,
		`${name(chance, "CSeq")}${chance.pick(NUMBERS)}${chance.pick([" ", "\t", "  ", "\r\n "])}${method}`,
		...(once(chance, 5)
			? []
			: [`${name(chance, "Max-Forwards")}${chance.pick(["70", "1", "0", "255", "007"])}`]),
		...(once(chance, 4) ? [] : [`${name(chance, "Content-Length", "l")}${body.length}`]),
		...several(chance, 6, otherLine),
	];
	const startLine = once(chance, 3)
		? `SIP/2.0 ${chance.pick(STATUSES)} ${chance.pick(["OK", "", "Not \xc3\x9cberall", "a b"])}`
		: `${method} ${chance.pick([requestUri, requestUri, uri])(chance)} SIP/2.0`;
	return [startLine, ...shuffled(lines, chance), "", body].join("\r\n");
}

/** Mostly one that is accepted: without a headers part. */
function requestUri(chance: Chance): string {
	return chance.pick(REQUEST_URIS);
}

function otherLine(chance: Chance): string {
	const known = chance.pick(OTHERS);
	const value = known.value(chance);
	return `${name(chance, known.long, known.short)}${once(chance, 12) ? damaged(value, chance).replaceAll(/[\r\n]/g, "") : value}`;
}

/** `Name: ` in one of the spellings that mean the same. */
function name(chance: Chance, long: string, short?: string): string {
	const written = short !== undefined && once(chance, 5) ? short : long;
	const cased = once(chance, 8)
		? chance.pick([written.toUpperCase(), written.toLowerCase()])
		: written;
	return `${cased}${once(chance, 12) ? chance.pick([" ", "\t"]) : ""}:${chance.pick([" ", " ", " ", "", "\t", "\r\n ", "  "])}`;
}

function address(chance: Chance, tag: string): string {
	if (once(chance, 4)) return nameAddress(chance);
	return `<${requestUri(chance)}>${once(chance, 3) ? "" : `;tag=${tag}`}`;
}

function list(make: (chance: Chance) => string): (chance: Chance) => string {
	return (chance) =>
		[make(chance), ...several(chance, 2, make)].join(`${gap(chance)},${gap(chance)}`);
}

function word(chance: Chance): string {
	return chance.pick(WORDS);
}

function text(chance: Chance): string {
	return once(chance, 4)
		? octets(chance, 8).replaceAll(/[\r\n]/g, "")
		: several(chance, 3, word).join(" ");
}

function shuffled(lines: readonly string[], { below }: Chance): string[] {
	const left = [...lines];
	const order: string[] = [];
	while (left.length > 0) order.push(...left.splice(below(left.length), 1));
	return order;
}

const METHODS = [
	"INVITE",
	"INVITE",
	"OPTIONS",
	"REGISTER",
	"ACK",
	"BYE",
	"CANCEL",
	"SUBSCRIBE",
	"NOTIFY",
	"x-!%*_+`'~",
];
const STATUSES = [
	"100",
	"180",
	"183",
	"200",
	"202",
	"302",
	"401",
	"407",
	"486",
	"503",
	"603",
	"699",
	"99",
	"700",
	"404",
	"500",
	"181",
	"487",
	"480",
	"301",
];
const NUMBERS = [
	"1",
	"0",
	"4294967295",
	"0009",
	"2",
	"3",
	"102",
	"65536",
	"314159",
	"7",
	"4294967296",
];
const CALL_IDS = ["1", "a@b", "w0rd.~!*'\"<>()[]{}?/\\:", "\xc3\xa9", "x".repeat(200)];
const REQUEST_URIS = [
	"sip:a@example.com",
	"sips:5000@172.21.83.50:5314;transport=TCP",
	"sip:example.com",
	"sip:[2001:db8::1]:5070",
	"sip:a%20b@h;lr",
	"tel:+1",
	"urn:service:sos",
	"SIP:A@H",
];
const WORDS = [
	"a",
	"replaces",
	"100rel",
	"timer",
	"path",
	"outbound",
	'"q,\\""',
	"x/y",
	"1",
	"70",
	"<sip:h>",
	'text="a,b"',
	"\xc3\xa9",
	"z;q=0.1",
	",",
	"",
];
const BODIES = [
	"",
	"",
	"v=0\r\n",
	"\r\n\r\n",
	"\xe2\x82\xac\0\xff",
	"a\nb",
	"INVITE sip:a SIP/2.0\r\n\r\n",
	"x".repeat(300),
];
const OTHERS: readonly { readonly long: string; readonly short?: string; value(chance: Chance): string }[] = [
	{ long: "Contact", short: "m", value: list(nameAddress) },
	{ long: "Contact", short: "m", value: () => "*" },
	{ long: "Route", value: list(nameAddress) },
	{ long: "Record-Route", value: list(nameAddress) },
	{ long: "Path", value: list(nameAddress) },
	{ long: "Supported", short: "k", value: list(word) },
	{ long: "Allow", value: list(word) },
	{ long: "Require", value: list(word) },
	{ long: "Proxy-Require", value: list(word) },
	{ long: "Subject", short: "s", value: text },
	{ long: "User-Agent", value: text },
	{ long: "X-Unknown", value: text },
	{ long: "Expires", value: ({ pick }) => pick(["0", "3600", "x", "99999999999", ""]) },
	{ long: "Authorization", value: ({ pick }) => `Digest ${pick(["", "username=\"a\"", "username=\"a\\\"\", realm=\"b,c\", nonce=, uri=x"])}` },
	{ long: "WWW-Authenticate", value: () => 'Digest realm="a, b", nonce="c", qop="auth,auth-int"' },
	{ long: "P-Asserted-Identity", value: list(nameAddress) },
	{ long: "Refer-To", short: "r", value: nameAddress },
	{ long: "Identity", short: "y", value: text },
	{ long: "Warning", value: list(({ pick }) => pick(['399 a "b, c"', "399 a b"])) },
	{ long: "Reason", value: list(({ pick }) => pick(['SIP;cause=200;text="x, y"', "Q.850;cause=16"])) },
	{ long: "Timestamp", value: text },
	{ long: "Session-Expires", short: "x", value: () => "1800;refresher=uac" },
]; // biome-ignore format: a table
