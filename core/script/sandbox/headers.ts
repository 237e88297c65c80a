/** The headers of a request as scripts see and edit them: RFC 3261 §7.3.1. */
import type { Head } from "../../message/head.ts";
import { type Element, splitList } from "../../message/list.ts";
import type { BodyEdit, HeaderEdit } from "../../proxy/decision.ts";
import { enclosed, headerFault, longName } from "../header-rules.ts";
import { EDITS_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import { fromWire, toWire } from "./text.ts";

export class ScriptHeaders implements Public.Headers {
	readonly #head: Head;
	/** Values of the names that were edited, as the script now sees them. */
	readonly #edited = new Map<string, string[]>();
	readonly #edits: HeaderEdit[] = [];
	readonly #fault: Fault;

	/** `fault`: why an edit of this name may not be made here. */
	constructor(head: Head, fault: Fault = () => undefined) {
		this.#head = head;
		this.#fault = fault;
	}

	/** What earlier hooks made of it: seen, and not made again. */
	begin(edits: readonly HeaderEdit[]): void {
		for (const edit of edits) {
			if (edit.op === "body") this.#seeBody(edit);
			else this.#see({ ...edit, value: fromWire(edit.value) });
		}
	}

	/** In the order the script made them. */
	get edits(): readonly HeaderEdit[] {
		return this.#edits;
	}

	get(name: string): string | undefined {
		return this.#values(longName(name))[0];
	}

	all(name: string): readonly string[] {
		return [...this.#values(longName(name))];
	}

	list(name: string): readonly string[] {
		return this.#values(longName(name)).flatMap(listValues);
	}

	set(name: string, value: string): void {
		this.#edit("set", name, value);
	}

	add(name: string, value: string): void {
		this.#edit("add", name, value);
	}

	remove(name: string): void {
		this.#edit("remove", name, "");
	}

	/** Another body, in the place of an earlier one: what describes it is seen at once. */
	replaceBody(edit: BodyEdit): void {
		const earlier = this.#edits.findIndex(({ op }) => op === "body");
		if (earlier !== -1) this.#edits.splice(earlier, 1);
		this.#push(edit);
		this.#seeBody(edit);
	}

	#seeBody(edit: BodyEdit): void {
		this.#edited.set("content-length", [String(edit.body.length)]);
		this.#edited.set("content-encoding", []);
		if (edit.body === "") this.#edited.set("content-type", []);
		else if (edit.value !== "") this.#edited.set("content-type", [fromWire(edit.value)]);
	}

	#push(edit: HeaderEdit): void {
		if (this.#edits.length === EDITS_MAX)
			throw new RangeError(`more than ${EDITS_MAX} edits in one hook`);
		this.#edits.push(edit);
	}

	#edit(op: "set" | "add" | "remove", name: string, value: string): void {
		const edit = headerEdit(op, name, value);
		const fault = this.#fault(longName(name));
		if (fault !== undefined) throw new TypeError(fault);
		this.#push(edit);
		this.#see({ op, name, value: enclosed(name, value) });
	}

	#see({ op, name, value }: Exclude<HeaderEdit, BodyEdit>): void {
		const key = longName(name);
		const values = this.#edited.get(key) ?? [...this.#received(key)];
		if (op !== "add") values.length = 0;
		if (op !== "remove") values.push(value);
		this.#edited.set(key, values);
	}

	#values(name: string): readonly string[] {
		return this.#edited.get(name) ?? this.#received(name);
	}

	#received(name: string): string[] {
		const values: string[] = [];
		const head = this.#head;
		for (let line = head.first(name); line !== -1; line = head.next(line))
			values.push(fromWire(head.value(line)));
		return values;
	}
}

type Fault = (name: string) => string | undefined;

/** What cannot be split, such as an open quotation, is one value. */
function listValues(line: string): string | string[] {
	const elements: Element[] = [];
	try {
		splitList(line, 0, 0, line.length, elements);
	} catch {
		return line;
	}
	return elements.map(({ start, end }) => line.slice(start, end));
}

/** An edit that may cross; throws a TypeError at the script's line for one that may not. */
export function headerEdit(op: "set" | "add" | "remove", name: string, value: string): HeaderEdit {
	if (typeof name !== "string" || typeof value !== "string")
		throw new TypeError("a header edit takes strings");
	const edit = { op, name, value: toWire(name, enclosed(name, value)) };
	const fault = headerFault(edit);
	if (fault !== undefined) throw new TypeError(fault);
	return edit;
}
