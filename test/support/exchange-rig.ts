/**
 * The whole protocol core in memory: the real Exchange, registrar, digest and route scripts on a
 * virtual clock, with phones that record what was sent to their flow. No sockets, no sleeps.
 *
 *     const bed = await testBed(yaml);             // once per file: configuration and routes
 *     const { phone, wait } = bed.rig();           // once per test
 */
import assert from "node:assert/strict";
import type { Flow, Listener } from "../../core/base/flow.ts";
import type { Log } from "../../core/base/log.ts";
import type { Config } from "../../core/config/config.ts";
import type { RouteGeneration } from "../../core/exchange/route-generation.ts";
import type { LocationStore } from "../../core/location/store.ts";
import type { Decision } from "../../core/proxy/decision.ts";
import type { DnsAnswer } from "../../core/resolve/dns.ts";
import type { AskContext } from "../../core/script/ask-context.ts";
import type { HostCalls, HostResult } from "../../core/script/host-call.ts";
import type { ScriptError } from "../../core/script/script-error.ts";
import {
	type Asking,
	type Fetching,
	ProxyInMemory,
	signingKey,
} from "../../core/testing/proxy-in-memory.ts";
import { hash, hmac } from "./hashes.ts";
import { linted, Violations } from "./linted.ts";
import { passedOn, plainRoutes } from "./plain-routes.ts";
import { START } from "./rig-config.ts";
import { seeded } from "./seeded.ts";
import { type PhonePlace, VirtualPhone } from "./virtual-phone.ts";
import { WireMessage } from "./wire-message.ts";

export { signingKey };

/** A route script as a plain function. */
export type Decide = (context: AskContext, text: string) => Decision | ScriptError;

export type RigOptions = {
	readonly config: Config;
	readonly routes: RouteGeneration | Decide;
	readonly fallback?: Decide;
	/** What scripts may wait for, in place of what `ProxyInMemory` performs. */
	readonly calls?: HostCalls;
	readonly seed?: number;
	/** Besides those of the configuration. */
	readonly listeners?: readonly Omit<Listener, "id">[];
	/** What an earlier run left behind. */
	readonly store?: LocationStore;
	readonly transactionsMax?: number;
	readonly mayAnswerMalformed?: () => boolean;
	readonly alias?: (flow: Flow, port: number) => void;
	readonly expectPings?: (flow: Flow, every: number | undefined) => void;
	readonly natPings?: true;
	/** Told of everything that goes out, wherever it goes. */
	readonly watch?: (text: string, flow: Flow, owner: number) => void;
	/** The rules of a leg that this test sees broken, as in linted.ts; any other violation fails it. */
	readonly violations?: readonly string[];
	/** Whether the leg linter is on for every leg: yes, unless given. */
	readonly linted?: boolean;
};

export type LogEntry = {
	readonly level: string;
	readonly fields: object;
	readonly message: string;
};

export class ExchangeRig extends ProxyInMemory<VirtualPhone> {
	/** A line of `<ms> <phone> > what` for everything a phone sent, `<` for what was sent to it. */
	readonly transcript: string[] = [];
	readonly log: LogEntry[] = [];
	/** DNS questions that nobody has answered. */
	readonly questions: Asking[] = [];
	/** HTTP requests under way. */
	readonly fetches: Fetching[] = [];
	readonly violations: Violations;
	/** Where nobody is: what was sent there, its sender is told that it failed. */
	readonly nowhere: { readonly text: string; readonly flow: Flow }[] = [];
	readonly #options: RigOptions;
	readonly #held: Held;

	constructor(options: RigOptions) {
		const { config, routes, fallback, seed = 1, linted: wanted, ...others } = options;
		const held: Held = { requests: 0, statuses: [] };
		super({
			...others,
			config: wanted === false ? config : linted(config),
			routes: counting(routes, held),
			fallback: fallback && plainRoutes(asAsk(fallback)),
			random: seeded(seed),
			hash,
			hmac,
			start: START,
		});
		this.#options = options;
		this.#held = held;
		this.violations = new Violations(options.violations);
	}

	/** Requests that hold the generation they began on. */
	get retained(): number {
		return this.#held.requests;
	}

	/** The final responses that the generation was told of. */
	get statuses(): readonly number[] {
		return this.#held.statuses;
	}

	/** A peer at an address; on a stream it connects with its first message, or is connected to. */
	phone(name: string, place: PhonePlace): VirtualPhone {
		const phone = new VirtualPhone(this, name, place);
		this.phones.push(phone);
		return phone;
	}

	/** Answers the oldest DNS question; `asked` is what it has to be: `SRV _sip._udp.example.org`. */
	answerDns(records: DnsAnswer, asked?: string): this {
		const asking = this.questions.shift();
		assert.ok(asking, "nobody asked");
		const { type, name } = asking.question;
		if (asked !== undefined) assert.equal(`${type} ${name}`, asked);
		this.input(() => asking.answer(records, this.now));
		return this;
	}

	/** Answers the oldest HTTP request. */
	answerFetch(result: HostResult): this {
		const fetching = this.fetches.shift();
		assert.ok(fetching, "nothing is fetched");
		this.input(() => fetching.answer(result, this.now));
		return this;
	}

	override replace(): this {
		this.#held.requests = 0;
		return super.replace();
	}

	override reload(config: Config): this {
		return super.reload(this.#options.linted === false ? config : linted(config));
	}

	/** Transactions that are not over. */
	get size(): number {
		return this.exchange.proxy.transactions.size;
	}

	note(phone: string, arrow: "<" | ">", text: string): void {
		const at = this.now - START;
		this.transcript.push(`${at} ${phone} ${arrow} ${new WireMessage(text).inShort}`);
	}

	protected override settled(): void {
		this.violations.check();
	}

	protected override sent(text: string, flow: Flow, owner: number): void {
		this.#options.watch?.(text, flow, owner);
	}

	protected lost(text: string, flow: Flow): void {
		this.nowhere.push({ text, flow });
	}

	protected asked(asking: Asking): void {
		this.questions.push(asking);
	}

	protected fetching(fetching: Fetching): () => void {
		this.fetches.push(fetching);
		return () => {
			const at = this.fetches.indexOf(fetching);
			if (at >= 0) this.fetches.splice(at, 1);
		};
	}

	protected wrote(level: keyof Log, fields: object, message: string): void {
		this.log.push({ level, fields, message });
		this.violations.note(fields);
	}
}

type Held = { requests: number; readonly statuses: number[] };

function counting(routes: RouteGeneration | Decide, held: Held): RouteGeneration {
	const counted = typeof routes === "function" ? plainRoutes(asAsk(routes)) : passedOn(routes);
	return Object.assign(counted, {
		retain: () => {
			held.requests += 1;
		},
		answered: (status: number) => {
			held.statuses.push(status);
		},
		release: () => {
			held.requests -= 1;
		},
	});
}

function asAsk(decide: Decide): RouteGeneration["ask"] {
	return (_hook, text, context) => decide(context, text);
}
