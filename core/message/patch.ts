/**
 * Edits on a message as received: RFC 3261 §16.6, §16.7. What no edit names leaves octet for octet,
 * in its place and spelling. Edits are spans of the text, put in order and applied once.
 */
import { EditError, refuseInjection } from "./edit-error.ts";
import { Edits } from "./edits.ts";
import type { HeaderName } from "./headers.ts";
import type { Element } from "./list.ts";
import type { Request, Response } from "./message.ts";
import { isToken } from "./scanner.ts";

export class Patch {
	readonly message: Request | Response;
	readonly #edits: Edits;
	#otherBody = false;
	/** Elements to leave out, by line: which comma goes with them is decided at the end. */
	#removed: Map<number, Element[]> | undefined;

	constructor(message: Request | Response) {
		this.message = message;
		this.#edits = new Edits(message.text);
	}

	requestUri(uri: string): this {
		refuseInjection("Request-URI", uri);
		if (this.message.kind === "response" || uri === "" || uri.includes(" "))
			throw new EditError("SIP_EDIT_INJECTION", "Request-URI", "not a URI of a request");
		return this.replace(this.message.uriStart, this.message.uriEnd, uri);
	}

	/** A span of the message's text. Takes the place of earlier texts for this span and for spans inside it. */
	replace(start: number, end: number, text: string): this {
		this.#edits.replace(start, end, text);
		return this;
	}

	/** A header line before every other. Later calls go above earlier ones. */
	prependLine(name: string, value: string): this {
		const { head } = this.message;
		const at = head.count === 0 ? head.end : head.lineStart(0);
		this.#edits.insertAbove(at, headerLine(name, value));
		return this;
	}

	/** A header line above line `line`. Later calls go above earlier ones, so this pushes onto a stack. */
	insertBefore(line: number, name: string, value: string): this {
		this.#edits.insertAbove(this.message.head.lineStart(line), headerLine(name, value));
		return this;
	}

	/** A header line below line `line`, above what earlier calls put there. */
	insertAfter(line: number, name: string, value: string): this {
		this.#edits.insertAbove(this.message.head.lineEnd(line), headerLine(name, value));
		return this;
	}

	/** A header line behind every other. */
	append(name: string, value: string): this {
		this.#edits.insertBelow(this.message.head.end, headerLine(name, value));
		return this;
	}

	removeLine(line: number): this {
		const { head } = this.message;
		return this.replace(head.lineStart(line), head.lineEnd(line), "");
	}

	/** The comma goes too, and the line when this was its last element. */
	removeElement(element: Element): this {
		this.#removed ??= new Map();
		const elements = this.#removed.get(element.line) ?? [];
		if (!elements.some(({ start }) => start === element.start)) elements.push(element);
		this.#removed.set(element.line, elements);
		return this;
	}

	/** One header of this name with this value: in the place of the first, or behind the others. */
	set(name: HeaderName, value: string, spelling: string = spell(name)): this {
		const { head } = this.message;
		const line = head.first(name);
		const whole = headerLine(spelling, value);
		if (line === -1) {
			this.#edits.insertNamed(head.end, name, whole);
			return this;
		}
		this.replace(head.valueStart(line), head.valueEnd(line), value);
		for (let other = head.next(line); other !== -1; other = head.next(other))
			this.removeLine(other);
		return this;
	}

	/** Every header of this name. */
	remove(name: HeaderName): this {
		const { head } = this.message;
		for (let line = head.first(name); line !== -1; line = head.next(line)) this.removeLine(line);
		return this;
	}

	/** Whether Content-Length has been made to follow another body. */
	get hasOtherBody(): boolean {
		return this.#otherBody;
	}

	/** Another body; Content-Length follows it. */
	body(text: string): this {
		this.#otherBody = true;
		this.replace(this.message.bodyStart, this.message.bodyEnd, text);
		return this.set("content-length", String(text.length));
	}

	/** The message with all edits made. */
	text(): string {
		if (this.#removed !== undefined) {
			for (const [line, elements] of this.#removed) this.#removeElements(line, elements);
			this.#removed = undefined;
		}
		return this.#edits.apply();
	}

	#removeElements(line: number, removed: readonly Element[]): void {
		const { head } = this.message;
		const all = head.elements(head.canonicalName(line)).filter((element) => element.line === line);
		const gone = (at: number) => removed.some(({ start }) => start === all[at]?.start);
		let lastKept = all.length - 1;
		while (lastKept >= 0 && gone(lastKept)) lastKept -= 1;
		if (lastKept === -1) {
			this.removeLine(line);
			return;
		}
		for (let at = 0; at < lastKept; at += 1) {
			if (gone(at)) this.replace(startOf(all, at), startOf(all, at + 1), "");
		}
		const tail = all[lastKept];
		if (tail !== undefined && lastKept < all.length - 1)
			this.replace(tail.end, head.valueEnd(line), "");
	}
}

/** `Name: value`, checked: what a script sets must not become two lines. */
export function headerLine(name: string, value: string): string {
	refuseInjection(name, value);
	if (!isToken(name)) throw new EditError("SIP_EDIT_INJECTION", name, "not a header name");
	return `${name}: ${value}\r\n`;
}

/** The usual spelling of a name given in lower case: `Call-ID`, `Max-Forwards`. */
export function spell(name: string): string {
	const special = SPECIAL.get(name);
	if (special !== undefined) return special;
	return name
		.split("-")
		.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
		.join("-");
}

const SPECIAL = new Map([
	["call-id", "Call-ID"],
	["cseq", "CSeq"],
	["www-authenticate", "WWW-Authenticate"],
	["mime-version", "MIME-Version"],
	["min-se", "Min-SE"],
	["rseq", "RSeq"],
	["rack", "RAck"],
	["sip-etag", "SIP-ETag"],
	["sip-if-match", "SIP-If-Match"],
]);

function startOf(elements: readonly Element[], at: number): number {
	return elements[at]?.start ?? -1;
}
