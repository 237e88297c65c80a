/**
 * Messages in a text, one after another, as they are pasted from a trace: of sngrep, tshark, a log, or
 * by hand. A line before each may say when it came, how, and from where:
 *
 *     # 2026-03-02T09:00:00Z udp 192.0.2.7:5060
 *     INVITE sip:5000@example.com SIP/2.0
 *     …
 *
 * and `-> 192.0.2.1:5060` behind it where it went. A message begins with its request line or status line,
 * and ends with its head, and as much of a body as its Content-Length says; without one, the body goes on
 * to the next line of ours or to the next message. Lines end as they are pasted: with or without CR. What
 * stands between is for people.
 */
import { isIP } from "node:net";
import type { TransportName } from "../base/flow.ts";
import { type Captured, looksLikeSip, type Place, type Tally } from "./captured.ts";

const TRANSPORTS: readonly TransportName[] = ["udp", "tcp", "tls", "ws", "wss"];

type Said = Omit<Captured, "text">;

const NOTHING_SAID: Said = {
	time: undefined,
	transport: "udp",
	source: undefined,
	destination: undefined,
};

export function* readWritten(text: string, tally: Tally): Generator<Captured> {
	const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
	let said = NOTHING_SAID;
	for (let at = 0; at < lines.length; ) {
		const line = lines[at] ?? "";
		if (!looksLikeSip(line)) {
			said = readLine(line, tally) ?? said;
			at += 1;
			continue;
		}
		const headEnd = endOfHead(lines, at);
		const head = lines.slice(at, headEnd);
		const body = bodyOf(lines, headEnd, contentLength(head));
		yield { ...said, text: `${head.join("\r\n")}\r\n\r\n${body.text}` };
		said = NOTHING_SAID;
		at = body.end;
	}
}

/** Undefined for a line that says nothing of this. */
function readLine(line: string, tally: Pick<Tally, "add">): Said | undefined {
	const [mark, ...words] = line.trim().split(/\s+/);
	if (mark !== "#" || words.length < 2) return undefined;
	const [when = "", how = "", from = "", arrow, to = ""] = words;
	const time = Date.parse(when);
	if (Number.isNaN(time)) return undefined;
	const transport = TRANSPORTS.find((one) => one === how.toLowerCase());
	const source = place(from);
	const destination = arrow === "->" ? place(to) : undefined;
	if (transport === undefined || source === undefined || (arrow === "->" && !destination)) {
		tally.add("lines with # that say nothing that is understood");
		return undefined;
	}
	return { time, transport, source, destination };
}

/** `192.0.2.7:5060`, `[2001:db8::7]:5060`. */
function place(text: string): Place | undefined {
	const colon = text.lastIndexOf(":");
	const host = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
	const port = text.slice(colon + 1);
	if (isIP(host) === 0 || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) return undefined;
	return { host, port: Number(port) };
}

/** The index of the empty line, or of where the text ends. */
function endOfHead(lines: readonly string[], start: number): number {
	const end = lines.indexOf("", start);
	return end === -1 ? lines.length : end;
}

function contentLength(head: readonly string[]): number | undefined {
	for (const line of head) {
		const found = /^(?:content-length|l)\s*:\s*(\d{1,6})\s*$/i.exec(line);
		if (found !== null) return Number(found[1]);
	}
	return undefined;
}

/** `end`: the first line behind it. */
function bodyOf(
	lines: readonly string[],
	headEnd: number,
	length: number | undefined,
): { readonly text: string; readonly end: number } {
	let end = headEnd + 1;
	let text = "";
	while (end < lines.length && (length === undefined || text.length < length)) {
		const line = lines[end] ?? "";
		// A length that was true before the text was pasted may be too large now.
		if (looksLikeSip(line) || readLine(line, IGNORED) !== undefined) break;
		text += `${line}\r\n`;
		end += 1;
	}
	if (length === undefined) return { text: text.trim() === "" ? "" : text, end };
	return { text: text.slice(0, length), end };
}

const IGNORED: Pick<Tally, "add"> = { add: () => {} };
