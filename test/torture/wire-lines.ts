/** A message as lines of one header each, folds kept: enough to compare what came with what went, and to answer it. */

const COMPACT: Readonly<Record<string, string>> = {
	v: "via",
	f: "from",
	t: "to",
	i: "call-id",
	m: "contact",
	l: "content-length",
	s: "subject",
};

export class WireLines {
	readonly startLine: string;
	/** Whole header lines, with their continuation lines. */
	readonly lines: readonly string[];
	readonly body: string;

	constructor(text: string) {
		const end = text.indexOf("\r\n\r\n");
		const [startLine = "", ...lines] = text.slice(0, end).split(/\r\n(?![ \t])/);
		this.startLine = startLine;
		this.lines = lines;
		this.body = text.slice(end + 4);
	}

	get method(): string {
		return this.startLine.slice(0, this.startLine.indexOf(" "));
	}

	/** The second word of a request's first line. */
	get uri(): string {
		return this.startLine.split(" ")[1] ?? "";
	}

	get status(): number {
		return Number(this.startLine.split(" ")[1]);
	}

	named(name: string): string[] {
		return this.lines.filter((line) => nameOf(line) === name);
	}

	/** Values of one name, folds made spaces. */
	values(name: string): string[] {
		return this.named(name).map(headerValue);
	}

	without(...names: readonly string[]): string[] {
		return this.lines.filter((line) => !names.includes(nameOf(line)));
	}
}

function headerValue(line: string): string {
	return line
		.slice(line.indexOf(":") + 1)
		.replaceAll(/\r\n[ \t]+/g, " ")
		.replaceAll(/^[ \t]+|[ \t]+$/g, "");
}

/** RFC 3261 §8.2.6, of lines as they came. */
export function answerTo(request: WireLines, status: string, more: readonly string[] = []): string {
	const to = request
		.named("to")
		.map((line) => (/;\s*tag\s*=/.test(line) ? line : `${line};tag=far`));
	return [
		`SIP/2.0 ${status}`,
		...request.named("via"),
		...request.named("record-route"),
		...request.named("from"),
		...to,
		...request.named("call-id"),
		...request.named("cseq"),
		...more,
		"Content-Length: 0",
		"\r\n",
	].join("\r\n");
}

function nameOf(line: string): string {
	const name = line.slice(0, line.indexOf(":")).trim().toLowerCase();
	return COMPACT[name] ?? name;
}
