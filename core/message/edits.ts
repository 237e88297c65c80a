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
};

const REPLACE_RANK = Number.MAX_SAFE_INTEGER;

export class Edits {
	readonly #text: string;
	readonly #edits: Edit[] = [];
	#count = 0;

	constructor(text: string) {
		this.#text = text;
	}

	/** Takes the place of earlier texts for this span and for spans inside it. */
	replace(start: number, end: number, text: string): void {
		for (let at = this.#edits.length - 1; at >= 0; at -= 1) {
			const edit = this.#edits[at];
			if (edit === undefined || edit.rank !== REPLACE_RANK) continue;
			if (edit.start >= start && edit.end <= end) this.#edits.splice(at, 1);
		}
		this.#edits.push({ start, end, text, rank: REPLACE_RANK, name: "" });
	}

	/** In front of what earlier calls inserted at this place. */
	insertAbove(at: number, text: string): void {
		this.#edits.push({ start: at, end: at, text, rank: -this.#order(), name: "" });
	}

	/** Behind what earlier calls inserted at this place. */
	insertBelow(at: number, text: string): void {
		this.#edits.push({ start: at, end: at, text, rank: this.#order(), name: "" });
	}

	insertNamed(at: number, name: string, text: string): void {
		const earlier = this.#edits.find((edit) => edit.name === name);
		if (earlier !== undefined) earlier.text = text;
		else this.#edits.push({ start: at, end: at, text, rank: this.#order(), name });
	}

	/** Counts calls, not edits: an edit that was replaced must not give its place away. */
	#order(): number {
		this.#count += 1;
		return this.#count;
	}

	apply(): string {
		const edits = this.#edits;
		if (edits.length === 0) return this.#text;
		putInOrder(edits);
		let result = "";
		let from = 0;
		let removed = false;
		for (const edit of edits) {
			if (edit.start < from) {
				// What is gone needs no editing; two texts for one place are a mistake of ours.
				if (removed && edit.end <= from) continue;
				throw new EditError("SIP_EDIT_OVERLAP", "message", `two edits at offset ${edit.start}`);
			}
			result += this.#text.slice(from, edit.start) + edit.text;
			from = edit.end;
			removed = edit.text === "";
		}
		return result + this.#text.slice(from);
	}
}

const FEW = 32;

/** They come nearly in order: a few are put in place one by one, without the memory that `sort` takes. */
function putInOrder(edits: Edit[]): void {
	if (edits.length > FEW) {
		edits.sort(compare);
		return;
	}
	for (let at = 1; at < edits.length; at += 1) {
		const edit = edits[at] as Edit;
		let to = at;
		while (to > 0 && compare(edits[to - 1] as Edit, edit) > 0) {
			edits[to] = edits[to - 1] as Edit;
			to -= 1;
		}
		edits[to] = edit;
	}
}

function compare(a: Edit, b: Edit): number {
	return a.start - b.start || a.rank - b.rank || b.end - a.end;
}
