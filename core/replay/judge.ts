/** Asks two sets of scripts what the engine asks one: each in its own world, at the time of the recording. */
import type { Milliseconds } from "../base/clock.ts";
import type { RouteGeneration } from "../exchange/route-generation.ts";
import type { Decision } from "../proxy/decision.ts";
import type { AskContext } from "../script/ask-context.ts";
import type { Generation } from "../script/generation.ts";
import type { HookName } from "../script/hooks.ts";
import type { HostCalls } from "../script/host-call.ts";
import { KeyValueStore } from "../script/host-calls/key-value-store.ts";
import { Performing } from "../script/host-calls/performing.ts";
import { ScriptError } from "../script/script-error.ts";
import type { Outcome } from "../script/waiting-hook.ts";
import { stamped } from "../testing/virtual-date.ts";
import { askWhole } from "./ask-whole.ts";
import { type Bare, withLines } from "./password.ts";

type Side = { readonly generation: Generation; readonly calls: HostCalls };

type Judgement = {
	readonly device: string | undefined;
	readonly current: Outcome;
	readonly candidate: Outcome;
};

const KEY_VALUES = { entries: 100_000, characters: 64 * 1024 * 1024 };
/** Nobody is called. */
const OVER: Decision = { kind: "reply", status: 480, reason: undefined, edits: [] };
const NOTHING: Bare = { text: "", lines: [], proven: undefined };

export class Judge implements RouteGeneration {
	readonly #current: Side;
	readonly #candidate: Side;
	#bare = NOTHING;
	#now: Milliseconds = 0;
	#judgement: Judgement | undefined;
	/** What is replayed is requests. */
	readonly timers = [];
	readonly busy = false;
	readonly limits: RouteGeneration["limits"];

	constructor(current: Generation, candidate: Generation) {
		this.#current = side(current);
		this.#candidate = side(candidate);
		this.limits = current.limits;
	}

	begin(bare: Bare, now: Milliseconds): void {
		this.#bare = bare;
		this.#now = now;
		this.#judgement = undefined;
	}

	/** Undefined: the engine has answered by itself. */
	end(): Judgement | undefined {
		return this.#judgement;
	}

	defines(hook: HookName): boolean {
		return hook === "onRequest";
	}

	ask(_hook: HookName, text: string, told: AskContext): Decision {
		const { proven, lines } = this.#bare;
		const source =
			proven === undefined ? told.source : { ...told.source, ...proven, authenticated: true };
		const context = { ...told, source };
		const question = { text: stamped(this.#now, withLines(text, lines)), context };
		const [current, candidate] = [this.#current, this.#candidate].map(({ generation, calls }) =>
			askWhole(generation, question, calls, this.#now),
		) as [Outcome, Outcome];
		this.#judgement = { device: source.device, current, candidate };
		return current instanceof ScriptError || current.kind !== "save" ? OVER : current;
	}

	nextCall(): undefined {}
	nextDecided(): undefined {}
	answer(): void {}
	abandon(): undefined {}
	endCalls(): undefined {}
	retain(): void {}
	answered(): void {}
	release(): void {}
}

function side(generation: Generation): Side {
	const calls = new Performing({
		kv: new KeyValueStore(KEY_VALUES),
		settings: () => ({ fetchOrigins: [], fetchTimeoutMs: 0 }),
		// Nobody asks for it: what goes out is refused before (ask-whole.ts).
		outside: {
			fetch: () => () => undefined,
			askDns: () => undefined,
			lookup: () => undefined,
		},
	});
	return { generation, calls };
}
