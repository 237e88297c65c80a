/** Messages made wrong, repeatably: what a careless or hostile peer sends. */
import type { seeded } from "./seeded.ts";

type Chance = ReturnType<typeof seeded>;

/** What stands where parsers and writers have to decide. */
const PIECES = [
	...[
		"\r\n",
		"\r\n ",
		"\r\n\r\n",
		"\r",
		"\n",
		"\0",
		"\t",
		" ",
		'"',
		"\\",
		"<",
		">",
		";",
		",",
		"=",
		"?",
	],
	...[
		"@",
		":",
		"%",
		"%00",
		"*",
		"[",
		"]",
		"::",
		"\xff",
		"sip:",
		"sips:",
		"tel:+1",
		"urn:x:y",
		";lr",
	],
	...[
		";x5=",
		";x5c=",
		";ftag=",
		";tag=",
		';tag="a b"',
		';tag="a\r\n b"',
		";r2=on",
		";maddr=1.2.3.4",
	],
	...[
		";transport=udp",
		";transport=tls",
		";received=",
		";rport",
		";branch=",
		"z9hG4bK",
		"99999999999",
	],
	...["-1", "0", "<sip:@>", "<sip:h;;>", "<tel:1>", "<sip:a@h;lr>, <sip:b@h>", "SIP/2.0"],
];

/** Whole lines with values that are refused, ignored or passed on, each by somebody else. */
const LINES = [
	"Contact: <sip:a@", "Contact: *", "m: <sips:x@y;transport=udp>;q=9", "Contact: mailto:a@b",
	"Route: <sip:h>", "Route: <sip:@;lr>", 'Route: "', "Route: <tel:1;lr>", "Route: <sip:172.21.83.50;lr>",
	"Record-Route: <sips:h;lr>", "Record-Route: ,,,", "Via: SIP/2.0/UDP 172.21.83.50:5060;branch=",
	"Via: FOO/9 ,", "v: SIP / 2.0 / TCP h", "Max-Forwards: 0", "Max-Forwards: x", "Max-Breadth: 0",
	"Proxy-Require: a\0b", "Proxy-Require: a\r\n b", "Require: a\0b", "Require: gruu", "Path: <sip:", "Path: \0",
	"Path: <sip:p@h>", "Expires: -1", "Authorization: Digest", "Authorization: Digest username=\"",
	"Proxy-Authorization: Digest realm=\"example.com\", nonce=\"\", uri=\"\", response=\"\", username=\"a\"",
	"WWW-Authenticate: Digest a=\0", "WWW-Authenticate: Digest\r\n realm=b", "Identity: x", "To: <sip:a@b>",
	"From: x", "CSeq: 1 FOO", "Content-Length: 5", "l: 99999999", "Timestamp: \r\n 1", "Supported: path, outbound",
]; // biome-ignore format: a table

/** One change to a message, sometimes several. */
export function mutate(text: string, chance: Chance): string {
	let mutant = text;
	for (let left = 1 + chance.below(2) * chance.below(4); left > 0; left -= 1)
		mutant = chance.pick(CHANGES)(mutant, chance);
	return mutant;
}

type Change = (text: string, chance: Chance) => string;

const CHANGES: readonly Change[] = [
	(text, { below }) => text.slice(0, below(text.length)),
	(text, { below }) => {
		const at = below(text.length);
		return text.slice(0, at) + text.slice(at + 1 + below(20));
	},
	(text, { below }) => {
		const at = below(text.length);
		return text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1);
	},
	insertPiece,
	insertPiece,
	insertPiece,
	insertLine,
	insertLine,
	(text, chance) => onLines(text, chance, (lines, at) => void lines.splice(at, 1)),
	(text, chance) => onLines(text, chance, (lines, at) => void lines.splice(at, 0, lines[at] ?? "")),
	(text, chance) =>
		onLines(text, chance, (lines, at) => {
			const [line = ""] = lines.splice(at, 1);
			lines.splice(1 + chance.below(Math.max(1, lines.length - 1)), 0, line);
		}),
	(text, chance) =>
		onLines(text, chance, (lines, at) => {
			lines[at] = (lines[at] ?? "").replace(/:.*/, `: ${chance.pick(PIECES)}`);
		}),
];

function insertPiece(text: string, { below, pick }: Chance): string {
	const at = below(text.length);
	return text.slice(0, at) + pick(PIECES) + text.slice(at);
}

function insertLine(text: string, chance: Chance): string {
	return onLines(text, chance, (lines, at) => void lines.splice(at, 0, chance.pick(LINES)));
}

/** Changes the lines of the head, the first one left out. */
function onLines(text: string, { below }: Chance, change: (lines: string[], at: number) => void) {
	const end = text.indexOf("\r\n\r\n");
	if (end === -1) return text;
	const lines = text.slice(0, end).split("\r\n");
	if (lines.length < 2) return text;
	change(lines, 1 + below(lines.length - 1));
	return lines.join("\r\n") + text.slice(end);
}
