/** A message read a second way, with regular expressions: what core/message is compared with. RFC 3261 §7.3. */

export type PlainLine = {
	/** With its CR LF and its continuation lines. */
	readonly raw: string;
	/** The long name in lower case. */
	readonly name: string;
	/** Trimmed, folds made one space. */
	readonly value: string;
};
export type PlainMessage = {
	readonly startLine: string;
	readonly lines: readonly PlainLine[];
	readonly body: string;
};

export function read(text: string): PlainMessage {
	const end = text.indexOf("\r\n\r\n");
	const [startLine = "", ...lines] = text.slice(0, end).split(/\r\n(?![ \t])/);
	return { startLine, lines: lines.map(readLine), body: text.slice(end + 4) };
}

/** Elements of a comma list, trimmed, empty ones left out. */
export function elementsOf(value: string): string[] {
	const elements = value.match(/(?:"(?:[^"\\]|\\[\s\S])*"|<[^>]*>|[^,"<])+/g) ?? [];
	return elements.map(trimmed).filter((element) => element !== "");
}

function readLine(line: string): PlainLine {
	const colon = line.indexOf(":");
	const name = line
		.slice(0, colon)
		.replace(/[ \t]+$/, "")
		.toLowerCase();
	const value = line.slice(colon + 1).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
	return {
		raw: `${line}\r\n`,
		name: COMPACT[name] ?? name,
		value: value.replaceAll(/[ \t\r\n]*\r\n[ \t\r\n]*/g, " "),
	};
}

/** White space and all that is below it. */
function trimmed(text: string): string {
	let [start, end] = [0, text.length];
	while (start < end && text.charCodeAt(start) <= 32) start += 1;
	while (end > start && text.charCodeAt(end - 1) <= 32) end -= 1;
	return text.slice(start, end);
}

/** The registry of compact forms, written down a second time. */
const COMPACT: Readonly<Record<string, string>> = {
	...{ a: "accept-contact", b: "referred-by", c: "content-type", d: "request-disposition" },
	...{ e: "content-encoding", f: "from", i: "call-id", j: "reject-contact", k: "supported" },
	...{ l: "content-length", m: "contact", o: "event", r: "refer-to", s: "subject", t: "to" },
	...{ u: "allow-events", v: "via", x: "session-expires", y: "identity" },
};
