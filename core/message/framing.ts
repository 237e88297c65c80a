/** Messages out of a stream of octets: RFC 3261 §18.3 and §7.5, RFC 5626 §4.4.1. Linear in the octets, however they are cut. */
import { parseContentLength } from "./content-length.ts";
import { CONTENT_LENGTH, headerIdAt } from "./headers.ts";
import { MAX_HEAD, MAX_LINE, MAX_STREAM_MESSAGE } from "./limits.ts";
import { ParseError } from "./parse-error.ts";
import { isSpace, tokenEnd, unfold } from "./scanner.ts";

export type Frame =
	| { readonly kind: "message"; readonly text: string }
	/** CR LF CR LF between messages: the peer wants a pong (RFC 5626 §4.4.1). */
	| { readonly kind: "ping" }
	/** One CR LF between messages, answer to a ping of ours; otherwise of no meaning. */
	| { readonly kind: "pong" }
	/** The stream can no longer be followed. `text` is what may be answered before closing. */
	| { readonly kind: "error"; readonly error: ParseError; readonly text: string };

/**
 * `push` octets as they come, then call `next` until it returns undefined. Chunks of a message in
 * progress are kept apart and joined once, when the message is whole.
 */
export class StreamFramer {
	/** Octets that no step has looked at. */
	#chunk = "";
	#at = 0;
	/** Octets of the message in progress. */
	#held: string[] = [];
	#heldLength = 0;
	/** Length of the message in progress once its head is whole. */
	#needed: number | undefined;
	#lineStart = 0;
	#lastCode = 0;
	#crlfs = 0;
	#failed = false;

	push(chunk: string): void {
		if (this.#failed) return;
		this.#chunk = this.#at < this.#chunk.length ? this.#chunk.slice(this.#at) + chunk : chunk;
		this.#at = 0;
	}

	/** Octets received that belong to no frame yet. */
	get buffered(): number {
		return this.#heldLength + this.#chunk.length - this.#at;
	}

	/** Whether a message has begun and is not whole: what a read timeout is about. */
	get started(): boolean {
		return this.#heldLength > 0;
	}

	next(): Frame | undefined {
		if (this.#failed || this.#at >= this.#chunk.length) return undefined;
		try {
			if (this.#heldLength === 0) {
				const frame = this.#between();
				if (frame !== undefined || this.#at >= this.#chunk.length) return frame;
			}
			if (this.#needed === undefined && !this.#readHead()) return undefined;
			return this.#readBody();
		} catch (error) {
			if (!(error instanceof ParseError)) throw error;
			return this.#fail(error);
		}
	}

	/** Empty lines between messages; undefined at the first octet of a message or at the end of input. */
	#between(): Frame | undefined {
		while (this.#at < this.#chunk.length) {
			const code = this.#chunk.charCodeAt(this.#at);
			if ((this.#lastCode === 13) !== (code === 10)) throw fault("CR and LF come in pairs", 0);
			if (code !== 13 && code !== 10) return this.#begin();
			this.#at += 1;
			this.#lastCode = code === 13 ? 13 : 0;
			const frame = code === 10 ? this.#emptyLine() : undefined;
			if (frame !== undefined) return frame;
		}
		return undefined;
	}

	/** The second of two is a ping; one with nothing behind it may be a pong. */
	#emptyLine(): Frame | undefined {
		this.#crlfs = 1 - this.#crlfs;
		if (this.#crlfs === 0) return { kind: "ping" };
		return this.#at === this.#chunk.length ? { kind: "pong" } : undefined;
	}

	#begin(): undefined {
		this.#crlfs = 0;
		if (tokenEnd(this.#chunk, this.#at, this.#at + 1) === this.#at)
			throw fault("expected a start line", 0);
	}

	/** Takes lines up to the empty one; false when the input ends before. */
	#readHead(): boolean {
		let length = 0;
		do {
			const lf = this.#chunk.indexOf("\n", this.#at);
			this.#takePart(lf === -1 ? this.#chunk.length : lf + 1);
			if (lf === -1) return false;
			length = this.#heldLength - this.#lineStart;
			this.#lineStart = this.#heldLength;
		} while (length > 2);

		const head = this.#join();
		const body = contentLength(head);
		if (body === undefined) throw fault("missing on a stream", head.length, "Content-Length");
		if (head.length + body > MAX_STREAM_MESSAGE) throw tooLarge("message");
		this.#needed = head.length + body;
		return true;
	}

	/** Takes a line or a part of one. Sizes are checked before the line is whole: nothing grows unseen. */
	#takePart(end: number): void {
		if (end === this.#at) return;
		const before = end - 1 > this.#at ? this.#chunk.charCodeAt(end - 2) : this.#lastCode;
		this.#take(end);
		// Sizes first: a line in parts is refused for its length before its end has come.
		if (this.#heldLength - this.#lineStart > MAX_LINE) throw tooLarge("header line");
		if (this.#heldLength > MAX_HEAD) throw tooLarge("header block");
		if (this.#lastCode === 10 && before !== 13) throw fault("line feed without carriage return", 0);
	}

	#readBody(): Frame | undefined {
		const needed = this.#needed ?? 0;
		const missing = needed - this.#heldLength;
		const end = Math.min(this.#at + missing, this.#chunk.length);
		if (end > this.#at) this.#take(end);
		if (this.#heldLength < needed) return undefined;
		const text = this.#join();
		this.#held = [];
		this.#heldLength = 0;
		this.#needed = undefined;
		this.#lineStart = 0;
		this.#lastCode = 0;
		return { kind: "message", text };
	}

	/** Moves the chunk's octets up to `end` to the message in progress. */
	#take(end: number): void {
		this.#held.push(this.#chunk.slice(this.#at, end));
		this.#heldLength += end - this.#at;
		this.#lastCode = this.#chunk.charCodeAt(end - 1);
		this.#at = end;
	}

	#join(): string {
		const text = this.#held.length === 1 ? (this.#held[0] ?? "") : this.#held.join("");
		this.#held = [text];
		return text;
	}

	#fail(error: ParseError): Frame {
		const text = this.#join();
		this.#failed = true;
		this.#held = [];
		this.#heldLength = 0;
		this.#chunk = "";
		this.#at = 0;
		return { kind: "error", error, text };
	}
}

/** The one Content-Length of a head, found without scanning the rest for more than line ends. */
function contentLength(head: string): number | undefined {
	let found: number | undefined;
	let line = head.indexOf("\n") + 1;
	while (line < head.length - 2) {
		const next = lineEnd(head, line);
		const nameEnd = tokenEnd(head, line, next);
		if (nameEnd > line && headerIdAt(head, line, nameEnd) === CONTENT_LENGTH) {
			if (found !== undefined) throw fault("more than one", line, "Content-Length");
			found = parseContentLength(
				valueBetween(head, head.indexOf(":", nameEnd) + 1, next - 2),
				line,
			);
		}
		line = next;
	}
	return found;
}

/** White space is what it is to the parser: `trim` would take off octets above ASCII too. */
function valueBetween(head: string, from: number, to: number): string {
	let [start, end] = [from, to];
	while (start < end && isSpace(head.charCodeAt(start))) start += 1;
	while (end > start && isSpace(head.charCodeAt(end - 1))) end -= 1;
	return unfold(head.slice(start, end));
}

/** Behind the line at `at` and its continuation lines. */
function lineEnd(head: string, at: number): number {
	let end = head.indexOf("\n", at) + 1;
	while (head.charCodeAt(end) === 32 || head.charCodeAt(end) === 9)
		end = head.indexOf("\n", end) + 1;
	return end;
}

function fault(reason: string, offset: number, field = "stream"): ParseError {
	return new ParseError(reason, { field, offset });
}

function tooLarge(what: string): ParseError {
	return new ParseError(`${what} above the limit`, { field: "stream", offset: 0, status: 513 });
}
