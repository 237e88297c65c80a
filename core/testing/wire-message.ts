/** A SIP message as it stood on a wire, read with a few lines of its own: tests do not trust the parser they test. */

export class WireMessage {
	readonly text: string;
	readonly startLine: string;
	readonly lines: readonly string[];
	readonly body: string;

	constructor(text: string) {
		this.text = text;
		const end = text.indexOf("\r\n\r\n");
		const [startLine = "", ...lines] = text.slice(0, end).split("\r\n");
		this.startLine = startLine;
		this.lines = lines;
		this.body = text.slice(end + 4);
	}

	/** Undefined for a response. */
	get method(): string | undefined {
		return this.startLine.startsWith("SIP/") ? undefined : this.startLine.split(" ")[0];
	}

	get uri(): string {
		return this.startLine.split(" ")[1] ?? "";
	}

	/** Undefined for a request. */
	get status(): number | undefined {
		return this.startLine.startsWith("SIP/") ? Number(this.startLine.split(" ")[1]) : undefined;
	}

	/** Method of the CSeq, so that a response can be told by what it answers. */
	get cseqMethod(): string {
		return this.value("CSeq").split(" ")[1] ?? "";
	}

	/** `INVITE sip:5000@h`, or `180 INVITE`. */
	get inShort(): string {
		return this.method === undefined
			? `${this.status} ${this.cseqMethod}`
			: `${this.method} ${this.uri}`;
	}

	/** Values of one name, line by line, comma lists not split. */
	values(name: string): string[] {
		const prefix = `${name.toLowerCase()}:`;
		return this.lines
			.filter((line) => line.toLowerCase().startsWith(prefix))
			.map((line) => line.slice(prefix.length).trim());
	}

	/** The only value of a name; "" when there is none. */
	value(name: string): string {
		const values = this.values(name);
		if (values.length > 1) throw new Error(`${name} stands ${values.length} times in ${this.text}`);
		return values[0] ?? "";
	}

	/** Vias in order, one each. */
	get vias(): string[] {
		return this.values("Via").flatMap((value) => value.split(/\s*,\s*/));
	}

	/** Record-Route values in order, one each; ours hold no comma. */
	get recordRoutes(): string[] {
		return this.values("Record-Route").flatMap((value) => value.split(/\s*,\s*/));
	}

	/** What is left when the lines of these names are taken out: the order and bytes of the others. */
	without(...names: readonly string[]): string[] {
		const skip = names.map((name) => `${name.toLowerCase()}:`);
		return this.lines.filter((line) => !skip.some((one) => line.toLowerCase().startsWith(one)));
	}
}
