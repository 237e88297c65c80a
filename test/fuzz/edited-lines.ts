/** The lines of a message with edits noted on them, and the check of a text against them. */
import { elementsOf, type PlainLine, read } from "./plain-message.ts";
import { demand, same } from "./target.ts";

type Line = PlainLine & {
	/** What has to stand there; "" when the line goes. */
	text: string;
	/** Indexes of list elements that go. */
	readonly removed: Set<number>;
};

type Gap = { readonly above: string[]; readonly below: string[] };

export class EditedLines {
	startLine: string;
	body: string;
	readonly #lines: readonly Line[];
	/** In front of each line, and behind the last. */
	readonly #gaps: readonly Gap[];
	/** Names that an edit was about, and what kind of edit. */
	readonly #touched = new Map<string, string>();

	constructor(text: string) {
		const { startLine, lines, body } = read(text);
		this.startLine = startLine;
		this.body = body;
		this.#lines = lines.map((line) => ({ ...line, text: line.raw, removed: new Set() }));
		this.#gaps = Array.from({ length: lines.length + 1 }, () => ({ above: [], below: [] }));
	}

	get count(): number {
		return this.#lines.length;
	}

	nameAt(at: number): string {
		return this.#lines[at]?.name ?? "";
	}

	named(name: string): number[] {
		return this.#lines.flatMap((line, at) => (line.name === name ? [at] : []));
	}

	/** Two edits of one line are one too many for this model, but for edits of the same `kind`. */
	isTouched(name: string, kind = ""): boolean {
		const before = this.#touched.get(name);
		return before !== undefined && before !== kind;
	}

	touch(name: string, kind = "whole"): void {
		this.#touched.set(name, kind);
	}

	/** In front of what was inserted there before. */
	above(gap: number, line: string): void {
		this.#gaps[gap]?.above.unshift(line);
	}

	below(gap: number, line: string): void {
		this.#gaps[gap]?.below.push(line);
	}

	setValue(at: number, value: string): void {
		const line = this.#lines[at];
		if (line === undefined) return;
		const whole = line.raw.slice(0, -2);
		const start = /^[^:]*:[ \t\r\n]*/.exec(whole)?.[0] ?? "";
		const end = whole === start ? "" : (/[ \t\r\n]*$/.exec(whole)?.[0] ?? "");
		line.text = `${start}${value}${end}\r\n`;
		this.touch(line.name);
	}

	remove(at: number): void {
		const line = this.#lines[at];
		if (line === undefined) return;
		line.text = "";
		this.touch(line.name);
	}

	/** `text` is the element as the parser found it. */
	removeElement(at: number, index: number, text: string): void {
		const line = this.#lines[at];
		if (line === undefined) return;
		same(
			text,
			elementsOf(behindColon(line.raw))[index],
			"list: the element that an independent reader finds",
		);
		line.removed.add(index);
		this.touch(line.name, "elements");
	}

	check(text: string): void {
		let left = text;
		const take = (expected: string, what: string) => {
			demand(
				left.startsWith(expected),
				`edits: ${what}`,
				() =>
					`${JSON.stringify(text)}\nexpected ${JSON.stringify(expected)}\nat ${JSON.stringify(left.slice(0, 80))}`,
			);
			left = left.slice(expected.length);
		};
		take(`${this.startLine}\r\n`, "the start line");
		for (const [at, { above, below }] of this.#gaps.entries()) {
			for (const inserted of [...above, ...below]) take(inserted, "what was inserted, in order");
			const line = this.#lines[at];
			if (line === undefined) continue;
			if (line.removed.size === 0) take(line.text, "the lines that were kept or replaced");
			else take(this.#withoutElements(line, left), "a line without elements");
		}
		take("\r\n", "the empty line");
		same(left, this.body, "edits: the body");
	}

	/** The line at the start of `left` where it holds the elements that it has to, and begins and ends as it did. */
	#withoutElements({ raw, removed }: Line, left: string): string {
		const expected = elementsOf(behindColon(raw)).filter((_, index) => !removed.has(index));
		if (expected.length === 0) return "";
		const line = /^[\s\S]*?\r\n(?![ \t])/.exec(left)?.[0] ?? "";
		const start = raw.slice(0, raw.indexOf(":") + 1);
		demand(line.startsWith(start), "edits: the name of a line without elements", () => left);
		same(
			elementsOf(behindColon(line)).join(" | "),
			expected.join(" | "),
			"edits: the elements that are left",
		);
		return line;
	}
}

function behindColon(raw: string): string {
	return raw.slice(raw.indexOf(":") + 1);
}
