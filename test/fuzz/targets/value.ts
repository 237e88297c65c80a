/** Header values: RFC 3261 §20 and §25.1. Read alone or in the middle of a text, they say the same. */
import { isDeepStrictEqual } from "node:util";
import { parseCredentials } from "../../../core/auth/credentials.ts";
import { type Element, splitList } from "../../../core/message/list.ts";
import { type NameAddress, parseNameAddress } from "../../../core/message/name-addr.ts";
import { paramSpans, unquote } from "../../../core/message/params.ts";
import { ParseError } from "../../../core/message/parse-error.ts";
import {
	parseCSeq,
	parseDeltaSeconds,
	parseMaxForwards,
	parseQ,
} from "../../../core/message/scalars.ts";
import { unfold } from "../../../core/message/scanner.ts";
import { parseVia, type Via } from "../../../core/message/via.ts";
import { damaged, gap, nameAddress, octets, once, params, several, via } from "../grammar.ts";
import { elementsOf } from "../plain-message.ts";
import { type Chance, demand, same, target } from "../target.ts";

type Input = { readonly kind: keyof typeof KINDS; readonly value: string };

/** How a value of this kind is made and what has to hold for it. */
type Kind = { make(chance: Chance): string; check(value: string): void };

export const value = target<Input>({
	name: "value",
	share: 320,
	words: ["kind"],
	make(chance) {
		const kind = chance.pick(Object.keys(KINDS)) as Input["kind"];
		return { kind, value: damaged(KINDS[kind].make(chance), chance) };
	},
	check: ({ kind, value }) => KINDS[kind].check(value),
});

const KINDS = {
	address: { make: nameAddress, check: checkAddress },
	via: { make: via, check: checkVia },
	params: { make: (chance) => params(chance, 5), check: checkParams },
	list: {
		make: (chance) =>
			[nameAddress(chance), ...several(chance, 4, nameAddress)].join(
				`${gap(chance)},${gap(chance)}`,
			),
		check: checkList,
	},
	credentials: { make: credentials, check: checkCredentials },
	scalar: { make: ({ pick }) => pick(SCALARS), check: checkScalar },
	folded: {
		make: (chance) =>
			several(chance, 6, (one) => (once(one, 3) ? "\r\n " : octets(one, 3))).join(""),
		check: checkFolded,
	},
} satisfies Record<string, Kind>;

const BEFORE = 'x: <a>"';
const BEHIND = '", y;z';

/** The same result where the value stands alone and where it stands between others. */
function readTwice<Result>(
	value: string,
	read: (text: string, start: number, end: number) => Result,
): { alone: Result; inside: Result } | undefined {
	const alone = readOrRefuse(() => read(value, 0, value.length));
	const inside = readOrRefuse(() =>
		read(BEFORE + value + BEHIND, BEFORE.length, BEFORE.length + value.length),
	);
	same(
		inside instanceof ParseError,
		alone instanceof ParseError,
		"value: accepted alone and in a text",
	);
	if (alone instanceof ParseError || inside instanceof ParseError) return undefined;
	return { alone, inside };
}

function readOrRefuse<Result>(read: () => Result): Result | ParseError {
	try {
		return read();
	} catch (error) {
		if (error instanceof ParseError) return error;
		throw error;
	}
}

function checkAddress(value: string): void {
	const read = readTwice(value, (text, start, end) => parseNameAddress("X", text, start, end));
	if (read === undefined) return;
	const { alone, inside } = read;
	demand(
		isDeepStrictEqual(placed(inside, BEFORE.length), placed(alone, 0)),
		"address: the same in a text",
	);
	same(value.slice(alone.uriStart, alone.uriEnd), alone.uri, "address: where the URI is");
	same(alone.start === alone.end, false, "address: not empty");
	if (alone.star) return;
	const { display, bracketed } = alone;
	demand(value.slice(alone.start).startsWith(display), "address: the display name comes first");
	same(
		value.charAt(alone.uriStart - 1) === "<" && value.charAt(alone.uriEnd) === ">",
		bracketed,
		"address: brackets",
	);
	const again = parseNameAddress("X", rewritten(alone));
	demand(
		isDeepStrictEqual([again.uri, [...again.params]], [alone.uri, [...alone.params]]),
		"address: written anew",
		() => rewritten(alone),
	);
}

function placed(
	{ start, end, star, bracketed, uriStart, uriEnd, uri, display, paramsStart, params }: NameAddress,
	by: number,
): unknown {
	const places = [start, end, uriStart, uriEnd, paramsStart].map((at) => at - by);
	return [star, bracketed, uri, display, [...params], places];
}

function rewritten({ display, uri, params }: NameAddress): string {
	const tail = [...params].map(([name, value]) =>
		value === undefined ? `;${name}` : `;${name}=${value}`,
	);
	return `${display}<${uri}>${tail.join("")}`;
}

function checkVia(value: string): void {
	const read = readTwice(value, parseVia);
	if (read === undefined) return;
	const { alone, inside } = read;
	const shape = ({ text, transport, host, port, params }: Via) => [
		[text, transport, host, port],
		[...params],
	];
	demand(isDeepStrictEqual(shape(inside), shape(alone)), "via: the same in a text");
	same(value.slice(alone.start, alone.end), alone.text, "via: where the value is");
	const spans = paramSpans("Via", value, alone.paramsStart, alone.end);
	demand(
		isDeepStrictEqual(
			spans.map(({ name, value: v }) => [name, v]),
			[...alone.params],
		),
		"via: where the parameters begin",
	);
	const port = alone.port === undefined ? "" : `:${alone.port}`;
	const again = parseVia(
		`SIP/2.0/${alone.transport} ${alone.host}${port}${value.slice(alone.paramsStart, alone.end)}`,
	);
	demand(
		isDeepStrictEqual(
			[again.host, again.port, [...again.params]],
			[alone.host, alone.port, [...alone.params]],
		),
		"via: written anew",
	);
}

function checkParams(value: string): void {
	const spans = readOrRefuse(() => paramSpans("X", value));
	if (spans instanceof ParseError) return;
	let end = 0;
	for (const span of spans) {
		same(value.charAt(span.start), ";", "params: each begins at its semicolon");
		demand(span.start >= end && span.end > span.start, "params: in order");
		same(value.slice(end, span.start).trim(), "", "params: nothing between them");
		end = span.end;
		if (span.value?.startsWith('"')) checkQuoted(span.value);
	}
	same(value.slice(end).trim(), "", "params: nothing behind them");
}

function checkQuoted(quoted: string): void {
	const inside = unquote(quoted);
	same(
		unquote(`"${inside.replaceAll(/["\\]/g, "\\$&")}"`),
		inside,
		"quoted: read, written and read again",
	);
}

function checkList(value: string): void {
	const elements: Element[] = [];
	const refused = readOrRefuse(() => splitList(value, 0, 0, value.length, elements));
	if (refused instanceof ParseError) return;
	const texts = elements.map(({ start, end }) => value.slice(start, end));
	same(texts.join(" | "), elementsOf(value).join(" | "), "list: what an independent reader finds");
	const again: Element[] = [];
	const joined = texts.join(",");
	splitList(joined, 0, 0, joined.length, again);
	same(again.length, elements.length, "list: written anew");
}

function credentials(chance: Chance): string {
	const items = several(chance, 9, ({ pick }) => pick(AUTH));
	return `${chance.pick(["Digest", "digest", "Basic", "Digest "])} ${items.join(`${gap(chance)},${gap(chance)}`)}`;
}

function checkCredentials(value: string): void {
	const read = parseCredentials(value);
	if (read.kind !== "digest") return;
	const { username, realm, nonce, uri, response } = read;
	const texts = Object.entries({ username, realm, nonce, uri, response });
	const again = parseCredentials(
		`Digest ${texts.map(([name, text]) => `${name}="${text.replaceAll(/["\\]/g, "\\$&")}"`).join(", ")}`,
	);
	demand(
		again.kind === "digest" &&
			isDeepStrictEqual(
				[again.username, again.realm, again.nonce, again.uri, again.response],
				texts.map(([, text]) => text),
			),
		"credentials: written anew",
	);
}

function checkScalar(value: string): void {
	const cseq = readOrRefuse(() => parseCSeq(value));
	if (!(cseq instanceof ParseError)) {
		demand(
			Number.isInteger(cseq.number) && cseq.number >= 0 && cseq.number < 2 ** 32,
			"scalar: CSeq in 32 bits",
		);
		demand(value.endsWith(cseq.method), "scalar: the method of CSeq");
	}
	const hops = readOrRefuse(() => parseMaxForwards(value));
	demand(
		hops instanceof ParseError || (Number.isInteger(hops) && hops >= 0 && hops <= 255),
		"scalar: Max-Forwards",
	);
	const seconds = parseDeltaSeconds(value) ?? 0;
	demand(Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** 32, "scalar: seconds");
	const q = parseQ(value) ?? 0;
	demand(Number.isInteger(q) && q >= 0 && q <= 1000, "scalar: q in thousandths");
}

function checkFolded(value: string): void {
	const unfolded = unfold(value);
	demand(
		!unfolded.includes("\r\n") || !value.includes("\r\n"),
		"folded: no line end is left",
		() => unfolded,
	);
	same(unfold(unfolded), unfolded, "folded: a second time changes nothing");
}

const AUTH = ['username="a"', "username=a", 'username="a\\"b"', 'realm="b, c"', 'nonce="n="', 'uri="sip:a;b,c"', 'response="0"', "response=", "qop=auth", 'qop="auth"', "nc=00000001", "nc=x", 'cnonce="\\\\"', "algorithm=MD5", "algorithm=SHA-256-sess", "opaque=\"\"", "", "stale=true"]; // biome-ignore format: a table
const SCALARS = ["1 INVITE", "4294967295 ACK", "4294967296 ACK", "00001\tx", "70", "255", "256", "0", "0.5", "1.000", "1.001", "0.", ".5", "0.1234", "1e3", "99999999999999999999999999", "-1", "\xb2", "١"]; // biome-ignore format: a table
