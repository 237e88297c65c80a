/** Messages that the grammar of RFC 3261 §25.1 allows, as unusual as it allows, from a seed. */
import type { seeded } from "../support/seeded.ts";

type Chance = ReturnType<typeof seeded>;

const TOKENS = ["a", "Z9", "x-y.z", "!%*_+`'~", "0", "INVITE", "q1"];
const METHODS = ["INVITE", "OPTIONS", "REGISTER", "MESSAGE", "foo", "!odd_Method.%41'~", "NOTIFY"];
const USERS = ["alice", "1001", "a;b=c", "a?b", "a/b", "%61%40%00", "a&=+$,;?/-_.!~*'()", "+1-201"];
const PASSWORDS = ["", "secret", "%3a", "&=+$,"];
const HOSTS = [
	"example.com", "a.b.c.example.org", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.1]", "EXAMPLE.com", "host-1.example.net",
]; // biome-ignore format: a table
const URI_PARAMS = [
	"lr", "transport=tcp", "transport=UDP", "user=phone", "maddr=192.0.2.9", "ttl=7", "method=BYE", "x", "X=%41", "a=[/:&+$]", "lr=on",
]; // biome-ignore format: a table
const DISPLAYS = [
	"", "Bob", "Bob Smith", '"Bob"', '"A \\"quoted\\" <,;> name"', '""', '"\\\\"', '"\xc3\xa9"', "token1~` token2'+_",
]; // biome-ignore format: a table
const HEADER_PARAMS = [
	"x",
	"x=y",
	'x="y z"',
	'x="\\";,<>"',
	"expires=60",
	"q=0.5",
	"x=[2001:db8::1]",
	"x=192.0.2.1",
];
const CALL_IDS = [
	"1",
	"abc@example.com",
	"a!b.c%d*e_f+g`h'i~j(k)l<m>n:o\\p\"q/r[s]t?u{v}w@x",
	"A@[B]",
];
const REASONS = ["OK", "", "Not Found", "= 2**3 \xd0\xbd", "a  b", "%41;/?:@&=+$,"];
const SUBJECTS = ["hello", "a, b, c", '"quoted', "\xff\xfe", "folded\r\n  here", ""];
const BODIES = ["", "v=0\r\n", "\0\xff\r\n\r\nINVITE sip:x SIP/2.0\r\n", "x"];

export function validMessage(chance: Chance): string {
	const { below, pick } = chance;
	const method = pick(METHODS);
	const response = below(4) === 0;
	const start = response
		? `SIP/2.0 ${100 + below(600)} ${pick(REASONS)}`
		: `${method} ${below(12) === 0 ? "tel:+1-201;x=y" : uri(chance, [";lr", ";x=y"])} SIP/2.0`;
	const body = pick(BODIES);
	const lines = [
		...repeat(1 + below(3), () => header(chance, "Via", "v", list(chance, via))),
		header(chance, "From", "f", address(chance, `;tag=${pick(TOKENS)}`)),
		header(chance, "To", "t", address(chance, below(2) === 0 ? "" : `;tag=${pick(TOKENS)}`)),
		header(chance, "Call-ID", "i", pick(CALL_IDS)),
		header(chance, "CSeq", "CSEQ", `${pick(["1", "0", "0009", "4294967295"])} ${method}`),
		...maybe(chance, () =>
			header(
				chance,
				"Contact",
				"m",
				list(chance, (one) => address(one, "")),
			),
		),
		...maybe(chance, () => header(chance, "Route", "ROUTE", list(chance, route))),
		...maybe(chance, () => header(chance, "Subject", "s", pick(SUBJECTS))),
		...maybe(chance, () => `X-Any: ${pick(SUBJECTS)}`),
		...(response
			? []
			: [header(chance, "Max-Forwards", "max-FORWARDS", pick(["70", "0", "0068"]))]),
	];
	const length =
		below(4) === 0 && body !== ""
			? []
			: [header(chance, "Content-Length", "l", String(body.length))];
	return [start, ...shuffled(chance, lines), ...length, "", body].join("\r\n");
}

function header({ below }: Chance, long: string, other: string, value: string): string {
	const name = below(4) === 0 ? other : long;
	const folded = below(8) === 0 && !value.includes("\r\n") ? value.replace(/ /, "\r\n ") : value;
	const colon = ["", "", "", " ", "\t "][below(5)];
	return `${name}${colon}:${["", " ", "  ", "\r\n "][below(10)] ?? " "}${folded}`;
}

function via(chance: Chance): string {
	const { below, pick } = chance;
	const slash = below(8) === 0 ? " / " : "/";
	const port = below(2) === 0 ? "" : `${below(10) === 0 ? " : " : ":"}${1 + below(65_535)}`;
	const params = repeat(below(3), (at) => `;x${at}${pick(["", "=y", "=192.0.2.1", '="a;b"'])}`);
	const branch = below(6) === 0 ? "" : `;branch=z9hG4bK${chance.hex(6)}`;
	return `SIP${slash}2.0${slash}${pick(["UDP", "TCP", "TLS", "udp", "SCTP"])} ${pick(HOSTS)}${port}${branch}${params.join("")}`;
}

function address(chance: Chance, params: string): string {
	const { below, pick } = chance;
	const more = params + (below(3) === 0 ? separator(chance) + pick(HEADER_PARAMS) : "");
	if (below(5) === 0) return `${bareUri(chance)}${more}`;
	const display = pick(DISPLAYS);
	const space = display === "" || (display.endsWith('"') && below(2) === 0) ? "" : " ";
	return `${display}${space}<${uri(
		chance,
		URI_PARAMS.map((param) => `;${param}`),
	)}>${more}`;
}

function separator({ below }: Chance): string {
	return ["; ", " ;", ";", ";"][below(4)] ?? ";";
}

/** Without brackets: no comma, semicolon or question mark (§20.10). */
function bareUri(chance: Chance): string {
	return `sip:${chance.pick(["alice", "1001", "%61"])}@${chance.pick(HOSTS)}`;
}

function route(chance: Chance): string {
	return `<${uri(chance, [";lr", ";lr;x=y", ";transport=tcp;lr"])}>${chance.below(4) === 0 ? ";x=y" : ""}`;
}

function uri(chance: Chance, params: readonly string[]): string {
	const { below, pick } = chance;
	const password = below(6) === 0 ? `:${pick(PASSWORDS)}` : "";
	const user = below(4) === 0 ? "" : `${pick(USERS)}${password}@`;
	const port = below(3) === 0 ? `:${1 + below(65_535)}` : "";
	return `${pick(["sip", "sip", "sips", "SIP"])}:${user}${pick(HOSTS)}${port}${below(2) === 0 ? pick(params) : ""}`;
}

function list(chance: Chance, one: (chance: Chance) => string): string {
	const comma = chance.pick([",", ", ", " , ", ",\r\n\t"]);
	return repeat(1 + chance.below(3), () => one(chance)).join(comma);
}

function maybe({ below }: Chance, make: () => string): string[] {
	return below(2) === 0 ? [make()] : [];
}

function repeat<V>(count: number, make: (at: number) => V): V[] {
	return Array.from({ length: count }, (_, at) => make(at));
}

/** Values of one name may not change places; lines of different names may. */
function shuffled({ below }: Chance, lines: string[]): string[] {
	if (below(3) !== 0) return lines;
	const at = below(lines.length);
	return [
		...lines.slice(at).filter(notVia),
		...lines.filter(isVia),
		...lines.slice(0, at).filter(notVia),
	];
}

function isVia(line: string): boolean {
	return /^v/i.test(line);
}

function notVia(line: string): boolean {
	return !isVia(line);
}
