/** Does what hooks wait for: a table of kinds, each with the shape of what it is given. */
import { z } from "zod";
import type { Milliseconds } from "../../base/clock.ts";
import type { HostCalls, HostResult } from "../host-call.ts";
import { KEY_LENGTH_MAX, VALUE_LENGTH_MAX } from "../limits.ts";
import { readJson } from "../read-json.ts";
import { KeyValueError, type KeyValueStore } from "./key-value-store.ts";

export type PerformingOptions = {
	readonly kv: KeyValueStore;
};

const key = z.string().min(1).max(KEY_LENGTH_MAX);
const value = z.union([z.string().max(VALUE_LENGTH_MAX), z.number(), z.boolean(), z.null()]);
const seconds = z.number().positive().optional();

const SHAPES = {
	"kv.get": z.tuple([key]),
	"kv.set": z.tuple([key, value, seconds]),
	"kv.increment": z.tuple([key, z.number(), seconds]),
	"kv.delete": z.tuple([key]),
} as const;

type Kind = keyof typeof SHAPES;
type Given<K extends Kind> = z.infer<(typeof SHAPES)[K]>;
type Perform<K extends Kind> = (given: Given<K>, now: Milliseconds) => unknown;

export class Performing implements HostCalls {
	readonly #performs: { readonly [K in Kind]: Perform<K> };

	constructor({ kv }: PerformingOptions) {
		this.#performs = {
			"kv.get": ([key], now) => kv.get(key, now),
			"kv.set": ([key, value, expires], now) => kv.set(key, value, until(expires, now), now),
			"kv.increment": ([key, by, expires], now) => kv.increment(key, by, until(expires, now), now),
			"kv.delete": ([key]) => kv.delete(key),
		};
	}

	perform(
		{ kind, args }: { readonly kind: string; readonly args: string },
		now: Milliseconds,
	): HostResult {
		if (!isKind(kind)) return { ok: false, code: "HOST_UNKNOWN", message: `there is no ${kind}` };
		return this.#perform(kind, readJson(args), now);
	}

	#perform<K extends Kind>(kind: K, args: unknown, now: Milliseconds): HostResult {
		const given = SHAPES[kind].safeParse(args);
		if (!given.success) {
			const message = `${kind}: ${given.error.issues.map(({ message }) => message).join("; ")}`;
			return { ok: false, code: "HOST_ARGUMENT", message };
		}
		try {
			return { ok: true, value: this.#performs[kind](given.data as Given<K>, now) };
		} catch (error) {
			if (!(error instanceof KeyValueError)) throw error;
			return { ok: false, code: "HOST_REFUSED", message: `${kind}: ${error.message}` };
		}
	}
}

function until(seconds: number | undefined, now: Milliseconds): Milliseconds {
	return seconds === undefined ? Infinity : now + seconds * 1000;
}

function isKind(kind: string): kind is Kind {
	return Object.hasOwn(SHAPES, kind);
}
