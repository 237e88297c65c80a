/**
 * One binding as Redis holds it, or what is remembered of one that was removed (RFC 3261 §10.3).
 *
 * A hash for each device has a field for each binding: `stamp keep node row`. `row` is JSON, and empty
 * for a binding that was removed. The later stamp wins, wherever two versions of a field meet.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import { own } from "../base/own-text.ts";
import { type BindingRow, type BoundListener, COLUMNS, fromRow, toRow } from "./binding-row.ts";
import { bindingKey } from "./store.ts";

export type Entry = {
	readonly device: string;
	/** `bindingKey` of what is, or was, bound. */
	readonly key: string;
	/** Epoch, whole: when the change was made, and in any case later than what it replaces. */
	readonly stamp: Milliseconds;
	/** Epoch, whole: until then it is remembered. Whatever it replaced expires no later. */
	readonly keep: Milliseconds;
	/** The node that made the change: it holds the flow. */
	readonly node: string;
	/** Undefined: removed. That of another node has its `path` on top and is on no listener. */
	readonly binding: Binding | undefined;
	/** The listener of another node, as that node names it; "" for a binding of this one. */
	readonly listener: string;
};

/** This node, as far as entries need it. */
export type Here = {
	readonly name: string;
	/** Of this moment. */
	readonly listeners: () => readonly BoundListener[];
	/** The Path value by which other nodes call a binding of this one (RFC 5626 §5.1). */
	readonly path: (binding: Binding) => string;
};

/** The field of the hash: no control character is left in it. */
export function fieldOf(key: string): string {
	return JSON.stringify(key).slice(1, -1);
}

export function encodeEntry(entry: Entry, here: Here): string {
	const { stamp, keep, node, binding } = entry;
	const row = binding === undefined ? "" : JSON.stringify(sharedRow(binding, entry, here));
	return `${stamp} ${keep} ${node} ${row}`;
}

/** A row, and `by`: the Path value that leads to its node. */
function sharedRow(binding: Binding, { node, listener }: Entry, here: Here): object {
	if (node === here.name) return { ...toRow(binding, here.listeners()), by: here.path(binding) };
	const [by, ...path] = binding.path;
	return { ...toRow({ ...binding, path, node: undefined }, NONE), listener, by };
}

/** Undefined for what no `encodeEntry` wrote. */
export function decodeEntry(
	device: string,
	field: string,
	value: string,
	here: Here,
): Entry | undefined {
	const [, stamp, keep, by = "", row = ""] = VALUE.exec(value) ?? [];
	const key = json(`"${field}"`);
	if (stamp === undefined || typeof key !== "string") return undefined;
	const node = own(by);
	const entry = { device, key, stamp: Number(stamp), keep: Number(keep), node };
	if (row === "") return { ...entry, binding: undefined, listener: "" };
	const read = readRow(json(row));
	if (read === undefined || read.row.device !== device) return undefined;
	const ours = node === here.name;
	const binding = ours ? fromRow(read.row, here.listeners()) : elsewhere(read, node);
	if (binding !== undefined && bindingKey(binding) !== key) return undefined;
	return { ...entry, binding, listener: ours ? "" : read.row.listener };
}

function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** Its flow means something to its own node only; it is called along the Path that leads there. */
function elsewhere({ by, row }: Read, node: string): Binding | undefined {
	const { transport } = row;
	const binding = fromRow(row, [{ id: NO_LISTENER, transport, address: "", port: 0 }]);
	return binding && { ...binding, path: [by, ...binding.path], node };
}

type Read = { readonly row: BindingRow; readonly by: string };

/** A later version may have more columns, and an earlier one fewer of those that may be null. */
function readRow(read: unknown): Read | undefined {
	if (typeof read !== "object" || read === null) return undefined;
	const { by, ...values }: Readonly<Record<string, unknown>> = { ...read };
	const row = Object.entries(COLUMNS).map(([name]) => [name, values[name] ?? null] as const);
	const fits = row.every(([name, value]) =>
		value === null ? NULLABLE.has(name) : typeof value === TYPES[COLUMNS[name as keyof BindingRow]],
	);
	return fits && typeof by === "string" && Array.isArray(json(String(values.path)))
		? { row: Object.fromEntries(row) as BindingRow, by }
		: undefined;
}

const VALUE = /^(\d{1,15}) (\d{1,15}) ([\w.-]+) (.*)$/;
const TYPES = { TEXT: "string", INTEGER: "number" } as const;
const NULLABLE: ReadonlySet<string> = new Set(["serverName", "instance", "regId", "userAgent"]);
const NO_LISTENER = -1;
const NONE: readonly BoundListener[] = [];
