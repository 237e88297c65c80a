/**
 * YAML with positions: the text as a tree of nodes that know where they stand. Scalars stay text
 * (YAML's failsafe schema), so a device called 007 keeps its zeros and a password may look like a number.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Findings, Place } from "./finding.ts";

export type Scalar = {
	readonly kind: "scalar";
	readonly at: Place;
	readonly text: string;
	/** Columns from `at` to the first character of the text; undefined where escapes or folding move it. */
	readonly shift: number | undefined;
};
export type List = { readonly kind: "list"; readonly at: Place; readonly items: readonly Node[] };
export type Entry = { readonly key: Place; readonly value: Node };
export type Block = {
	readonly kind: "block";
	readonly at: Place;
	readonly entries: ReadonlyMap<string, Entry>;
};
/** A key with nothing after it, `~` or `null`. */
export type Empty = { readonly kind: "empty"; readonly at: Place };
export type Node = Scalar | List | Block | Empty;

/** Keeps aliases that contain each other, and a hostile file, from growing without end. */
const DEPTH_MAX = 16;
const NODES_MAX = 2_000_000;

/** The tree of a text; undefined where it is no YAML, which is then among the findings. */
export function parseYaml(file: string, text: string, found: Findings): Node | undefined {
	const lines = new LineCounter();
	const document = parseDocument(text, {
		schema: "failsafe",
		lineCounter: lines,
		prettyErrors: false,
		// The library compares each key with each: with 100,000 devices that is minutes. The reader below sees to it.
		uniqueKeys: false,
	});
	const place = (offset: number): Place => {
		const { line, col } = lines.linePos(offset);
		return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
	};

	for (const error of document.errors)
		found.error(place(error.pos[0]), {
			code: "CONFIG_YAML",
			message: withoutText(error.message),
			fix: "check indentation, quotes and brackets on this line and the one before it",
		});
	if (document.errors.length > 0) return undefined;
	return new Reader(text, document, place, found).node(document.contents, 0);
}

/** It may be of a password: those that start with `|`, `>` or `!` mean something else in YAML. */
function withoutText(message: string): string {
	return message
		.replace(/(extra characters): .*/s, "$1")
		.replace(/(?:^The |: )!.*/s, "a tag that is none");
}

/** Where in a scalar's text something stands. */
export function inside(node: Node, offset: number): Place {
	if (offset === 0 || node.kind !== "scalar" || node.shift === undefined) return node.at;
	return { ...node.at, column: node.at.column + node.shift + offset };
}

/** The entry of a block, if the node is one and has it. */
export function child(node: Node | undefined, key: string): Node | undefined {
	return node?.kind === "block" ? node.entries.get(key)?.value : undefined;
}

/** Follows a path of keys and indexes as far as it goes. */
export function descend(node: Node, path: readonly PropertyKey[]): Node {
	let current = node;
	for (const step of path) {
		const next =
			current.kind === "list" ? current.items[Number(step)] : child(current, String(step));
		if (next === undefined) return current;
		current = next;
	}
	return current;
}

/** The node as plain strings, arrays and objects. */
export function plain(node: Node | undefined): unknown {
	if (node === undefined || node.kind === "empty") return undefined;
	if (node.kind === "scalar") return node.text;
	if (node.kind === "list") return node.items.map(plain);
	return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
}

class Reader {
	readonly #text: string;
	readonly #document: Document;
	readonly #place: (offset: number) => Place;
	readonly #found: Findings;
	#nodes = 0;

	constructor(text: string, document: Document, place: (offset: number) => Place, found: Findings) {
		this.#text = text;
		this.#document = document;
		this.#place = place;
		this.#found = found;
	}

	node(value: unknown, depth: number): Node {
		const offset = startOf(value);
		const at = this.#place(offset);
		if (isAlias(value)) {
			const target = this.node(value.resolve(this.#document), depth + 1);
			return { ...target, at, ...(target.kind === "scalar" ? { shift: undefined } : {}) };
		}
		if (this.#tooMuch(at, depth)) return { kind: "empty", at };
		if (isSeq(value))
			return { kind: "list", at, items: value.items.map((item) => this.node(item, depth + 1)) };
		if (isMap(value)) return { kind: "block", at, entries: this.#entries(value.items, depth) };
		if (!isScalar(value)) return { kind: "empty", at };
		const text = String(value.value ?? "");
		if (value.type === "PLAIN" && /^(~|null|)$/i.test(text)) return { kind: "empty", at };
		return { kind: "scalar", at, text, shift: this.#shift(offset, text) };
	}

	#entries(
		pairs: readonly { key: unknown; value: unknown }[],
		depth: number,
	): ReadonlyMap<string, Entry> {
		const entries = new Map<string, Entry>();
		for (const pair of pairs) {
			const key = this.#place(startOf(pair.key));
			if (!isScalar(pair.key)) {
				this.#found.error(key, {
					code: "CONFIG_TYPE",
					message: "a key must be one word",
					fix: "write key: value",
				});
				continue;
			}
			const word = String(pair.key.value ?? "");
			if (entries.has(word))
				this.#found.error(key, {
					code: "CONFIG_DUPLICATE",
					message: "this key stands here a second time",
					fix: "keep one of the two",
				});
			const value = this.node(pair.value, depth + 1);
			const named = value.kind === "empty" ? { ...value, at: key } : value;
			entries.set(word, { key, value: named });
		}
		return entries;
	}

	#shift(offset: number, text: string): number | undefined {
		if (this.#text.startsWith(text, offset)) return 0;
		return this.#text.startsWith(text, offset + 1) ? 1 : undefined;
	}

	#tooMuch(at: Place, depth: number): boolean {
		this.#nodes += 1;
		if (depth <= DEPTH_MAX && this.#nodes <= NODES_MAX) return false;
		if (this.#nodes <= NODES_MAX + 1)
			this.#found.error(at, {
				code: "CONFIG_YAML",
				message: `more than ${DEPTH_MAX} levels or ${NODES_MAX} values`,
				fix: "remove aliases that contain themselves",
			});
		return true;
	}
}

function startOf(node: unknown): number {
	const range = (node as { range?: readonly number[] | null } | null)?.range;
	return range?.[0] ?? 0;
}
