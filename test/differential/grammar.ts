/** The third opinion: RFC 3261 §25.1 as regular expressions, written from its ABNF and not from our parser. Values are unfolded. */
import { WireLines } from "../torture/wire-lines.ts";

const TOKEN = "[A-Za-z0-9\\-.!%*_+`'~]+";
const LWS = "[ \\t]*";
const QUOTED = '"(?:[^"\\\\]|\\\\[^\\r\\n])*"';
const IPV6 = "\\[[0-9A-Fa-f:.]+\\]";
const HOST = `(?:[A-Za-z0-9_\\-.]+|${IPV6})`;
/** `gen-value`, as wide as RFC 3261 has it: token, host, quoted string; IPv6 without brackets for `received`. */
const VALUE = `(?:${TOKEN}|${IPV6}|[0-9A-Fa-f:.]+|${QUOTED})`;
const PARAM = `${LWS};${LWS}${TOKEN}(?:${LWS}=${LWS}${VALUE})?`;
const PARAMS = `(?:${PARAM})*`;
const ESCAPE = "%[0-9A-Fa-f]{2}";
const USER = `(?:[A-Za-z0-9\\-_.!~*'()&=+$,;?/]|${ESCAPE})+`;
const PASSWORD = `(?:[A-Za-z0-9\\-_.!~*'()&=+$,]|${ESCAPE})*`;
const URI_PARAM_CHARS = `(?:[A-Za-z0-9\\-_.!~*'()\\[\\]/:&+$]|${ESCAPE})+`;
const HEADER_CHAR = `(?:[A-Za-z0-9\\-_.!~*'()\\[\\]/?:+$]|${ESCAPE})`;
const HEADER = `${HEADER_CHAR}+=${HEADER_CHAR}*`;
const SIP_URI = `sips?:(?:${USER}(?::${PASSWORD})?@)?${HOST}(?::[0-9]+)?(?:;${URI_PARAM_CHARS}(?:=${URI_PARAM_CHARS})?)*(?:\\?${HEADER}(?:&${HEADER})*)?`;
const OTHER_URI = '(?!sips?:)[A-Za-z][A-Za-z0-9+.\\-]*:[^\\s\\x00-\\x1f\\x7f<>"]+';
const URI = `(?:${SIP_URI}|${OTHER_URI})`;
const BARE = '[A-Za-z][A-Za-z0-9+.\\-]*:[^\\s\\x00-\\x1f\\x7f<>";,?]+';
const DISPLAY = `(?:${QUOTED}${LWS}|(?:${TOKEN}[ \\t]+)*(?:${TOKEN}${LWS})?)`;
const VIA = `SIP${LWS}/${LWS}2\\.0${LWS}/${LWS}${TOKEN}[ \\t]+${HOST}(?:${LWS}:${LWS}[0-9]+)?${PARAMS}`;
const NAME_ADDR = `${DISPLAY}<${URI}>${PARAMS}`;
const ADDRESS = `(?:${NAME_ADDR}|${BARE}${PARAMS})`;

const is = (pattern: string) => new RegExp(`^${pattern}$`, "i");
const listOf = (pattern: string) => is(`${pattern}(?:${LWS},${LWS}${pattern})*`);

/** Grammars of whole values, by header. */
export const GRAMMAR: Readonly<Record<string, RegExp>> = {
	via: listOf(VIA),
	from: is(ADDRESS),
	to: is(ADDRESS),
	contact: listOf(`(?:\\*|${ADDRESS})`),
	route: listOf(NAME_ADDR),
	"call-id": /^\S+$/,
	cseq: new RegExp(`^[0-9]+[ \\t]+${TOKEN}$`),
	"max-forwards": /^[0-9]+$/,
	"content-length": /^[0-9]+$/,
};
export const REQUEST_LINE = new RegExp(`^${TOKEN} ${URI} sip/2\\.0$`, "i");
export const STATUS_LINE = /^sip\/2\.0 [1-6][0-9]{2} [^\r\n]*$/i;

/** Every header line has a name and a colon, and lines end with CR LF. */
export function wellFormedLines(text: string): boolean {
	const end = text.indexOf("\r\n\r\n");
	if (end === -1) return false;
	const head = text.slice(0, end);
	if (/\r(?!\n)|(?<!\r)\n/.test(head)) return false;
	return new WireLines(text).lines.every((line) => new RegExp(`^${TOKEN}[ \\t]*:`).test(line));
}

/** Whether every line of that name has a value that the grammar allows. */
export function grammatical(text: string, name: string): boolean {
	const grammar = GRAMMAR[name];
	return (
		grammar === undefined || new WireLines(text).values(name).every((value) => grammar.test(value))
	);
}
