/** Does what hooks wait for: a table of kinds, each with the shape of what it is given. */
import { z } from "zod";
import type { Milliseconds } from "../../base/clock.ts";
import type { HostCall, HostCalls, HostResult } from "../host-call.ts";
import { KEY_LENGTH_MAX, VALUE_LENGTH_MAX } from "../limits.ts";
import { readJson } from "../read-json.ts";
import { FETCH_SHAPE, type Fetch, type FetchSettings, readRequest } from "./http.ts";
import { KeyValueError, type KeyValueStore } from "./key-value-store.ts";

/** What there is outside; each answer is an input of its own. */
export type Outside = {
	readonly fetch: Fetch;
};

export type PerformingOptions = {
	readonly kv: KeyValueStore;
	/** As configured now. */
	readonly settings: () => FetchSettings;
	readonly outside: Outside;
};

const key = z.string().min(1).max(KEY_LENGTH_MAX);
const value = z.union([z.string().max(VALUE_LENGTH_MAX), z.number(), z.boolean(), z.null()]);
const seconds = z.number().positive().nullish();

const SHAPES = {
	"kv.get": z.tuple([key]),
	"kv.set": z.tuple([key, value, seconds]),
	"kv.increment": z.tuple([key, z.number(), seconds]),
	"kv.delete": z.tuple([key]),
	fetch: FETCH_SHAPE,
} as const;

type Kind = keyof typeof SHAPES;
type Given<K extends Kind> = z.infer<(typeof SHAPES)[K]>;
type Answer = (result: HostResult, now: Milliseconds) => void;
/** The result, or undefined for one that `answer` gets. */
type Perform<K extends Kind> = (
	given: Given<K>,
	now: Milliseconds,
	hook: HostCall["hook"],
	answer: Answer,
) => HostResult | undefined;

export class Performing implements HostCalls {
	readonly #performs: { readonly [K in Kind]: Perform<K> };
	readonly #options: PerformingOptions;
	/** What breaks off the calls of a hook that are under way outside. */
	readonly #underway = new Map<HostCall["hook"], Set<() => void>>();

	constructor(options: PerformingOptions) {
		const { kv } = options;
		this.#options = options;
		this.#performs = {
			"kv.get": ([key], now) => done(kv.get(key, now)),
			"kv.set": ([key, value, expires], now) => done(kv.set(key, value, until(expires, now), now)),
			"kv.increment": ([key, by, expires], now) =>
				done(kv.increment(key, by, until(expires, now), now)),
			"kv.delete": ([key], now) => done(kv.delete(key, now)),
			fetch: (given, _now, hook, answer) => this.#fetch(given, hook, answer),
		};
	}

	perform(
		{ kind, args, hook }: HostCall,
		now: Milliseconds,
		answer: Answer,
	): HostResult | undefined {
		if (!isKind(kind)) return { ok: false, code: "HOST_UNKNOWN", message: `there is no ${kind}` };
		return this.#perform(kind, readJson(args), now, hook, answer);
	}

	abandon(hook: HostCall["hook"]): void {
		const calls = this.#underway.get(hook);
		this.#underway.delete(hook);
		for (const breakOff of calls ?? []) breakOff();
	}

	#perform<K extends Kind>(
		kind: K,
		args: unknown,
		now: Milliseconds,
		hook: HostCall["hook"],
		answer: Answer,
	): HostResult | undefined {
		const given = SHAPES[kind].safeParse(args);
		if (!given.success) {
			const message = `${kind}: ${given.error.issues.map(({ message }) => message).join("; ")}`;
			return { ok: false, code: "HOST_ARGUMENT", message };
		}
		try {
			return this.#performs[kind](given.data as Given<K>, now, hook, answer);
		} catch (error) {
			if (!(error instanceof KeyValueError)) throw error;
			return { ok: false, code: "HOST_REFUSED", message: `${kind}: ${error.message}` };
		}
	}

	#fetch(given: Given<"fetch">, hook: HostCall["hook"], answer: Answer): HostResult | undefined {
		const { settings, outside } = this.#options;
		const request = readRequest(given, settings());
		if ("ok" in request) return request;
		const calls = this.#underway.get(hook) ?? new Set();
		this.#underway.set(hook, calls);
		const breakOff = outside.fetch(request, (result, now) => {
			calls.delete(breakOff);
			if (calls.size === 0) this.#underway.delete(hook);
			answer(result.ok ? result : { ...result, message: `fetch: ${result.message}` }, now);
		});
		calls.add(breakOff);
		return undefined;
	}
}

function done(value: unknown): HostResult {
	return { ok: true, value };
}

function until(seconds: number | null | undefined, now: Milliseconds): Milliseconds {
	return seconds === undefined || seconds === null ? Infinity : now + seconds * 1000;
}

function isKind(kind: string): kind is Kind {
	return Object.hasOwn(SHAPES, kind);
}
