/** Does what hooks wait for: a table of kinds, each with the shape of what it is given. */
import { z } from "zod";
import type { Milliseconds } from "../../base/clock.ts";
import type { HostCall, HostCalls, HostResult } from "../host-call.ts";
import { DNS_QUESTIONS_MAX, KEY_LENGTH_MAX, VALUE_LENGTH_MAX } from "../limits.ts";
import { readJson } from "../read-json.ts";
import { FETCH_SHAPE, type Fetch, type FetchSettings, readRequest } from "./http.ts";
import { KeyValueError, type KeyValueStore } from "./key-value-store.ts";

/** What there is outside; each answer is an input of its own. */
export type Outside = {
	readonly fetch: Fetch;
	askDns(
		question: DnsQuestion,
		answer: (records: readonly object[] | "failed", now: Milliseconds) => void,
	): void;
	/** By the name of a device, or by its address-of-record; undefined where there is none. */
	lookup(aor: string, now: Milliseconds): Registration | undefined;
};

export type DnsQuestion = {
	readonly type: "A" | "AAAA" | "SRV" | "NAPTR";
	readonly name: string;
};

/** What is known of a device. */
export type Registration = {
	readonly device: string;
	readonly inService: boolean;
	/** The most recently refreshed last. */
	readonly bindings: readonly {
		readonly uri: string;
		readonly scheme: "sip" | "sips";
		/** 0 to 1. */
		readonly q: number;
		/** Seconds. */
		readonly expires: number;
		readonly transport: string;
	}[];
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

/** Of a domain name. */
const NAME_LENGTH_MAX = 255;

const SHAPES = {
	"kv.get": z.tuple([key]),
	"kv.set": z.tuple([key, value, seconds]),
	"kv.increment": z.tuple([key, z.number(), seconds]),
	"kv.delete": z.tuple([key]),
	fetch: FETCH_SHAPE,
	dns: z.tuple([
		z.enum(["A", "AAAA", "SRV", "NAPTR"]),
		z
			.string()
			.min(1)
			.max(NAME_LENGTH_MAX)
			.regex(/^[\x21-\x7e]+$/, "no domain name"),
	]),
	lookup: z.tuple([z.string().min(1).max(VALUE_LENGTH_MAX)]),
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
	/** The calls of a hook that are under way outside. */
	readonly #underway = new Map<HostCall["hook"], Set<{ breakOff: () => void }>>();
	/** For the name servers, those of hooks among them that nobody waits for. */
	#questions = 0;

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
			dns: (given, _now, hook, answer) => this.#askDns(given, hook, answer),
			lookup: ([aor], now) => done(options.outside.lookup(aor, now)),
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
		const ended = [...(calls ?? [])];
		calls?.clear();
		for (const { breakOff } of ended) breakOff();
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

	/** The name servers are not told that nobody waits any more: the question counts until it has ended. */
	#askDns(
		[type, name]: Given<"dns">,
		hook: HostCall["hook"],
		answer: Answer,
	): HostResult | undefined {
		if (this.#questions >= DNS_QUESTIONS_MAX) {
			const message = `dns: ${this.#questions} questions are under way already`;
			return { ok: false, code: "HOST_LIMIT", message };
		}
		this.#questions += 1;
		const question = { type, name: name.replace(/\.$/, "") };
		return this.#begin(hook, answer, (ended) => {
			this.#options.outside.askDns(question, (records, now) => {
				this.#questions -= 1;
				const message = `dns: the name servers did not answer for ${type} ${name}`;
				const failed = { ok: false, code: "HOST_DNS", message } as const;
				ended(records === "failed" ? failed : { ok: true, value: records }, now);
			});
			return nothing;
		});
	}

	#fetch(given: Given<"fetch">, hook: HostCall["hook"], answer: Answer): HostResult | undefined {
		const { settings, outside } = this.#options;
		const request = readRequest(given, settings());
		if ("ok" in request) return request;
		return this.#begin(hook, answer, (ended) =>
			outside.fetch(request, (result, now) =>
				ended(result.ok ? result : { ...result, message: `fetch: ${result.message}` }, now),
			),
		);
	}

	/** `start` returns what breaks it off. Once it is broken off, an answer is nobody's. */
	#begin(hook: HostCall["hook"], answer: Answer, start: (ended: Answer) => () => void): undefined {
		const calls = this.#underway.get(hook) ?? new Set();
		const call = { breakOff: nothing };
		calls.add(call);
		this.#underway.set(hook, calls);
		call.breakOff = start((result, now) => {
			if (!calls.delete(call)) return;
			if (calls.size === 0) this.#underway.delete(hook);
			answer(result, now);
		});
	}
}

function nothing(): void {}

function done(value: unknown): HostResult {
	return { ok: true, value };
}

function until(seconds: number | null | undefined, now: Milliseconds): Milliseconds {
	return seconds === undefined || seconds === null ? Infinity : now + seconds * 1000;
}

function isKind(kind: string): kind is Kind {
	return Object.hasOwn(SHAPES, kind);
}
