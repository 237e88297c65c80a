/** Values written by the grammar of RFC 3261 §25.1, mostly: each choice is one where parsers have to decide. */
import type { Chance } from "./target.ts";

/** True once in `odds`. */
export function once({ below }: Chance, odds: number): boolean {
	return below(odds) === 0;
}

export function several(chance: Chance, most: number, make: (chance: Chance) => string): string[] {
	return Array.from({ length: chance.below(most + 1) }, () => make(chance));
}

/** Text of any octets, or of those that stand where something else begins. */
export function octets(chance: Chance, most: number): string {
	const any = once(chance, 3);
	return several(chance, most, () =>
		any ? String.fromCharCode(chance.below(256)) : chance.pick(SIGNS),
	).join("");
}

export function uri(chance: Chance): string {
	if (once(chance, 8)) return chance.pick(OTHER_URIS);
	const user = once(chance, 4) ? "" : `${userInfo(chance)}@`;
	const port = once(chance, 2) ? "" : `:${chance.pick(PORTS)}`;
	const headers = once(chance, 8) ? `?${chance.pick(URI_HEADERS)}` : "";
	return `${chance.pick(SCHEMES)}:${user}${host(chance)}${port}${uriParams(chance)}${headers}`;
}

export function host(chance: Chance): string {
	return chance.pick(HOSTS);
}

function userInfo(chance: Chance): string {
	const user = once(chance, 6)
		? several(chance, 6, () => chance.pick(USER_PIECES)).join("") || "a"
		: chance.pick(USERS);
	return once(chance, 8) ? `${user}:${chance.pick(["", "pw", "p:w", "%70w"])}` : user;
}

export function uriParams(chance: Chance): string {
	return several(chance, 3, () => `;${chance.pick(URI_PARAMS)}`).join("");
}

/** Header parameters, white space where the grammar allows it. */
export function params(chance: Chance, most = 3): string {
	return several(chance, most, () => `${gap(chance)};${gap(chance)}${chance.pick(PARAMS)}`).join(
		"",
	);
}

export function nameAddress(chance: Chance): string {
	if (once(chance, 10)) return `${uri(chance).replace(/[?;,].*/, "")}${params(chance)}`;
	const display = chance.pick(DISPLAYS);
	return `${display}<${uri(chance)}>${params(chance)}`;
}

export function via(chance: Chance): string {
	const protocol = once(chance, 12)
		? chance.pick(["SIP / 2.0 / UDP", "sip/2.0/tcp", "SIP/2.0/\tTLS"])
		: `SIP/2.0/${chance.pick(TRANSPORTS)}`;
	const port = once(chance, 2) ? "" : `${gap(chance)}:${gap(chance)}${chance.pick(PORTS)}`;
	const branch = once(chance, 10) ? "" : `;branch=${chance.pick(BRANCHES)}${chance.below(100)}`;
	const rest = several(chance, 2, () => `${gap(chance)};${chance.pick(VIA_PARAMS)}`).join("");
	return `${protocol}${chance.pick([" ", " ", "  ", "\t"])}${host(chance)}${port}${branch}${rest}`;
}

/** Optional white space; sometimes a fold. */
export function gap(chance: Chance): string {
	return once(chance, 6) ? chance.pick(SPACES) : "";
}

/** Whatever was made, broken in one place once in a while. */
export function damaged(text: string, chance: Chance): string {
	if (text === "" || !once(chance, 3)) return text;
	const at = chance.below(text.length + 1);
	switch (chance.below(4)) {
		case 0:
			return text.slice(0, at) + text.slice(at + 1 + chance.below(3));
		case 1:
			return text.slice(0, at) + chance.pick(SIGNS) + text.slice(at);
		case 2:
			return text.slice(0, at) + octets(chance, 3) + text.slice(at + chance.below(2));
		default:
			return text.slice(0, at) + text.slice(chance.below(text.length + 1));
	}
}

export const SIGNS = [
	...['"', "\\", "<", ">", ";", ",", "=", "?", "&", "@", ":", "%", "%0", "%41", "%%", "*", "[", "]", "(", ")"],
	...[" ", "\t", "\r\n ", "\r\n\t", "\r", "\n", "\0", "\x7f", "\x80", "\xff", "\xc3\xa9", "\xe2\x82\xac", "'", "`", "~", "/", ".", "-", "_", "+", "!"],
	...["sip:", "sips:", "z9hG4bK", ";lr", ";x5=", ";x5c=", ";tag=", "::", "0", "00", "4294967296", "99999999999999999999", "1e3", "0x1", "-1"],
]; // biome-ignore format: a table

const SPACES = [" ", " ", "\t", "  ", "\r\n ", "\r\n\t ", " \r\n  "];
const SCHEMES = ["sip", "sip", "sips", "SIP", "Sips", "sIp"];
const OTHER_URIS = [
	...["tel:+15551234", "tel:911;phone-context=+1", "urn:service:sos", "mailto:a@b", "http://a/b?c", "im:a@b", "x:", "*", "sip:", "sip:@h", "sips:a@", "sip:a@b@c"],
	...["sip:[::1", "sip:[::1]x", "sip:h:0", "sip:h:65536", "sip:h:05060", "sip:h;;", "sip:h;=", "sip:h;a=b=c", "sip:h?", "sip:h;?a=b", "sip:a;b?c@h", "sip:%@h", "sip:a:b:c@h"],
]; // biome-ignore format: a table
const HOSTS = [
	...["example.com", "EXAMPLE.com", "a", "h.", "a_b", "-", "127.0.0.1", "192.0.2.1", "192.0.2.01", "256.1.1.1", "1.2.3", "172.21.83.50"],
	...["[::1]", "[::]", "[2001:db8::1]", "[2001:DB8:0:0::1]", "[::ffff:192.0.2.1]", "[2001:db8::192.0.2.1]", "[1:2:3:4:5:6:7:8]", "[1::2::3]", "[:::1]", "x.invalid", "xn--a"],
]; // biome-ignore format: a table
const PORTS = [
	...["5060", "5061", "1", "65535", "05060", "5314", "5070", "80", "443", "40001", "9", "5062"],
	...["65536", "0", ""],
]; // biome-ignore format: a table
const USERS = [
	"a",
	"alice",
	"6000",
	"+15551234",
	"a;b=c",
	"%61",
	"a%20b",
	"%00",
	"%e2%82%ac",
	"\xc3\xa9",
	"a=b",
	"1?2",
	";x5c=t",
	"&=+$,;?/",
	"user%40x",
];
const USER_PIECES = ["a", "B", "0", "%41", "%2F", "%2f", "%00", "%", "%zz", ";", "?", "/", "&", "=", "+", "$", ",", "-", "_", ".", "!", "~", "*", "'", "(", ")", "\xe9"]; // biome-ignore format: a table
const URI_PARAMS = [
	...["lr", "LR", "ob", "transport=udp", "transport=UDP", "Transport=tcp", "transport=tls", "transport=ws", "transport", "maddr=192.0.2.9", "ttl=1", "user=phone", "user=ip", "method=INVITE"],
	...["x=1", "X=1", "x=%31", "y", "gr=urn:uuid:1", "x5=abc", "x5c=dGg", "x5c=a.b", "x5c", "r2=on", "ftag=a%20b", "a=\"b\"", "line=%3B", "=", "", "x=", "tag=1", "cause=302"],
]; // biome-ignore format: a table
const URI_HEADERS = [
	"a=b",
	"subject=x&priority=urgent",
	"A=b&c=d",
	"c=d&A=b",
	"a",
	"&",
	"",
	"Replaces=1%40h%3Bto-tag%3D2",
	"x=;y",
	"a=b?c=d",
];
const PARAMS = [
	...["tag=1", "tag=a-b.c", "Tag=x", "tag", "tag=\"q\"", "q=0.5", "q=1.000", "q=2", "expires=3600", "expires=0", "expires=\"1\"", "lr", "x", "x=1", "x=\"a;b,c\"", "x=\"a\\\"b\"", "x=\"\\\\\""],
	...["+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"", "reg-id=1", "reg-id=0", "isfocus", "h=[::1]", "h=a@b", "h=a=b", "x = 1", "x=\xc3\xa9", "received=1.2.3.4", "rport"],
]; // biome-ignore format: a table
const DISPLAYS = [
	"",
	"",
	"",
	"Alice ",
	"A B  ",
	'"A"',
	'"A, \\"B\\" <sip:x@y>" ',
	'""',
	'"\xc3\xa9" ',
	"\xe9 ",
	"A\r\n B ",
	'"a\\\\" ',
	"(x) ",
];
const TRANSPORTS = ["UDP", "UDP", "TCP", "TLS", "WS", "WSS", "SCTP", "x"];
const BRANCHES = ["z9hG4bK", "z9hG4bK-", "Z9HG4BKx", "", "1", "z9hg4bk.~"];
const VIA_PARAMS = ["rport", "rport=1", "received=192.0.2.7", "received=::1", "received=[::1]", "maddr=224.0.0.1", "maddr=10.0.0.1", "maddr=h", "ttl=16", "alias", "x=\"a,b\"", "keep", "i=1"]; // biome-ignore format: a table
