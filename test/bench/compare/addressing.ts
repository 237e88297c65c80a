/** IPv6 references: RFC 5118, RFC 3261 §25.1. */
import { parseUri } from "../../../core/message/uri.ts";
import { sip } from "../../support/npm-sip.ts";
import { ours, theirs } from "./essentials.ts";
import { count, type Row } from "./row.ts";

const URIS: readonly (readonly [uri: string, host: string, port: number | undefined])[] = [
	["sip:[2001:db8::10]", "[2001:db8::10]", undefined],
	["sip:[2001:db8::10:5070]", "[2001:db8::10:5070]", undefined],
	["sip:user@[2001:db8::10]:5070", "[2001:db8::10]", 5070],
	["sips:user@[::ffff:192.0.2.10];transport=tcp", "[::ffff:192.0.2.10]", undefined],
	["sip:user@[::1]:5060;lr?Subject=x", "[::1]", 5060],
];
const SENT_BY = [
	"[2001:db8::9:1]",
	"[2001:db8::9:1]:6050",
	"[2001:db8::9:255];received=[2001:db8::9:255]",
	"[::ffff:192.0.2.10]:5060;rport",
];

export function addressing(): Row[] {
	const vias = SENT_BY.map((sentBy) => ({
		text: withVia(sentBy),
		host: /^\[.*?\]/.exec(sentBy)?.[0],
	}));
	return [
		count(
			"IPv6 URIs: host and port read",
			URIS.map(([text, host, port]) => {
				const uri = parseUri(text);
				return uri.host === host && uri.port === port;
			}),
			URIS.map(([text, host, port]) => {
				const uri = sip.parseUri(text);
				return uri?.host === host && (uri.port || undefined) === port;
			}),
		),
		count(
			"IPv6 Vias: host and branch read",
			vias.map(({ text, host }) => right(ours(text), host)),
			vias.map(({ text, host }) => right(theirs(text), host)),
		),
	];
}

function right(read: ReturnType<typeof ours>, host: string | undefined): boolean {
	return read?.via.host === host && read?.via.branch === "z9hG4bKx";
}

function withVia(sentBy: string): string {
	return [
		"OPTIONS sip:user@example.com SIP/2.0",
		`Via: SIP/2.0/UDP ${sentBy};branch=z9hG4bKx`,
		"Max-Forwards: 70",
		"From: <sip:a@example.com>;tag=1",
		"To: <sip:user@example.com>",
		"Call-ID: 1",
		"CSeq: 1 OPTIONS",
		"Content-Length: 0",
		"",
		"",
	].join("\r\n");
}
