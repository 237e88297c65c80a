/** Span edits on one text, applied once by slicing. Which part of a message they mean is patch.ts's affair (RFC 3261 §16.6). */
import { EditError } from "./edit-error.ts";

type Edit = {
	readonly start: number;
	readonly end: number;
	text: string;
	/** Orders edits that begin at the same place: insertions first, the replaced span last. */
	readonly rank: number;
	/** The header that an insertion sets, so that setting it again takes its place. */
	readonly name: string;
	/** The one behind it: a chain in order takes less memory than a list that is sorted. */
	next: Edit | undefined;
};

const REPLACE_RANK = Number.MAX_SAFE_INTEGER;

export class Edits {
	readonly #text: string;
	#first: Edit | undefined;
	#count = 0;

	constructor(text: string) {
		this.#text = text;
	}

	/** Takes the place of earlier texts for this span and for spans inside it. */
	replace(start: number, end: number, text: string): void {
		let before: Edit | undefined;
		for (let edit = this.#first; edit !== undefined; edit = edit.next) {
			const inside = edit.rank === REPLACE_RANK && edit.start >= start && edit.end <= end;
			if (!inside) before = edit;
			else if (before === undefined) this.#first = edit.next;
			else before.next = edit.next;
		}
		this.#put(start, end, text, REPLACE_RANK, "");
	}

	/** In front of what earlier calls inserted at this place. */
	insertAbove(at: number, text: string): void {
		this.#put(at, at, text, -this.#order(), "");
	}

	/** Behind what earlier calls inserted at this place. */
	insertBelow(at: number, text: string): void {
		this.#put(at, at, text, this.#order(), "");
	}

	insertNamed(at: number, name: string, text: string): void {
		let earlier = this.#first;
		while (earlier !== undefined && earlier.name !== name) earlier = earlier.next;
		if (earlier !== undefined) earlier.text = text;
		else this.#put(at, at, text, this.#order(), name);
	}

	/** Counts calls, not edits: an edit that was replaced must not give its place away. */
	#order(): number {
		this.#count += 1;
		return this.#count;
	}

	#put(start: number, end: number, text: string, rank: number, name: string): void {
		const edit: Edit = { start, end, text, rank, name, next: this.#first };
		let before: Edit | undefined;
		while (edit.next !== undefined && compare(edit.next, edit) <= 0) {
			before = edit.next;
			edit.next = before.next;
		}
		if (before === undefined) this.#first = edit;
		else before.next = edit;
	}

	/** Joined, not added up: a string made of parts stays one inside, and is slow to read and to keep. */
	apply(): string {
		const text = this.#text;
		if (this.#first === undefined) return text;
		const parts: string[] = [];
		let from = 0;
		let removed = false;
		for (let edit: Edit | undefined = this.#first; edit !== undefined; edit = edit.next) {
			const { start, end } = edit;
			if (start < from) {
				// What is gone needs no editing; two texts for one place are a mistake of ours.
				if (removed && end <= from) continue;
				throw new EditError("SIP_EDIT_OVERLAP", "message", `two edits at offset ${start}`);
			}
			if (from < start) parts.push(text.slice(from, start));
			parts.push(edit.text);
			from = end;
			removed = edit.text === "";
		}
		parts.push(text.slice(from));
		return parts.join("");
	}
}

function compare(a: Edit, b: Edit): number {
	return a.start - b.start || a.rank - b.rank || b.end - a.end;
}
