/**
 * The whole protocol core in memory: the real Exchange, registrar, digest and route scripts on a
 * virtual clock, with phones that record what was sent to their flow. No sockets, no sleeps.
 *
 *     const bed = await testBed(yaml);             // once per file: configuration and routes
 *     const { phone, wait } = bed.rig();           // once per test
 */
import assert from "node:assert/strict";
import { FailureLimit } from "../../core/auth/failure-limit.ts";
import { NonceCounts } from "../../core/auth/nonce-counts.ts";
import type { Flow, Listener, TransportName } from "../../core/base/flow.ts";
import { bracketed } from "../../core/base/ip-address.ts";
import type { Config } from "../../core/config/config.ts";
import { configuredDirectory } from "../../core/exchange/configured-directory.ts";
import {
	Exchange,
	type ExchangeSettings,
	type RouteGeneration,
} from "../../core/exchange/exchange.ts";
import type { Key, Keys } from "../../core/leg/seal.ts";
import { MemoryStore } from "../../core/location/memory.ts";
import type { LocationStore } from "../../core/location/store.ts";
import type { Decision } from "../../core/proxy/decision.ts";
import { OwnAddresses } from "../../core/proxy/own-addresses.ts";
import type { DnsAnswer, DnsQuestion } from "../../core/resolve/dns.ts";
import type { AskContext } from "../../core/script/ask-context.ts";
import type { ScriptError } from "../../core/script/script-error.ts";
import { hash, hmac } from "./hashes.ts";
import { linted, Violations } from "./linted.ts";
import { START } from "./rig-config.ts";
import { seeded } from "./seeded.ts";
import { type PhonePlace, VirtualPhone } from "./virtual-phone.ts";
import { WireMessage } from "./wire-message.ts";

/** A route script as a plain function. */
export type Decide = (context: AskContext, text: string) => Decision | ScriptError;

export type RigOptions = {
	readonly config: Config;
	readonly routes: RouteGeneration | Decide;
	readonly fallback?: Decide;
	readonly seed?: number;
	/** Besides those of the configuration: WebSocket, which cannot be written there yet. */
	readonly listeners?: readonly Omit<Listener, "id">[];
	/** What an earlier run left behind. */
	readonly store?: LocationStore;
	readonly transactionsMax?: number;
	readonly mayAnswerMalformed?: () => boolean;
	readonly alias?: (flow: Flow, port: number) => void;
	/** Told of everything that goes out, wherever it goes. */
	readonly watch?: (text: string, flow: Flow, owner: number) => void;
	/** The rules of a leg that this test sees broken, as in linted.ts; any other violation fails it. */
	readonly violations?: readonly string[];
	/** Whether the leg linter is on for every leg: yes, unless given. */
	readonly linted?: boolean;
};

export type Asking = {
	readonly question: DnsQuestion;
	readonly answer: (to: DnsAnswer, now: number) => void;
};
export type LogEntry = {
	readonly level: string;
	readonly fields: object;
	readonly message: string;
};

export class ExchangeRig {
	now = START;
	config: Config;
	/** What signs cookies and entries; `reload` takes others into use. */
	keys: Keys = { current: signingKey(3), all: [signingKey(3)] };
	readonly listeners: readonly Listener[];
	readonly store: LocationStore;
	/** A line of `<ms> <phone> > what` for everything a phone sent, `<` for what was sent to it. */
	readonly transcript: string[] = [];
	readonly log: LogEntry[] = [];
	/** DNS questions that nobody has answered. */
	readonly questions: Asking[] = [];
	readonly violations: Violations;
	readonly phones: VirtualPhone[] = [];
	/** Where nobody is: what was sent there, its sender is told that it failed. */
	readonly nowhere: { readonly text: string; readonly flow: Flow }[] = [];
	/** Requests that hold the generation they began on. */
	retained = 0;
	exchange: Exchange;
	readonly #options: RigOptions;
	readonly #random;
	readonly #failed: number[] = [];
	#boot = 0x1234_5678;
	#connections = 0;

	constructor(options: RigOptions) {
		this.#options = options;
		this.config = options.linted === false ? options.config : linted(options.config);
		this.#random = seeded(options.seed ?? 1);
		this.violations = new Violations(options.violations);
		this.store = options.store ?? new MemoryStore();
		const { config, listeners = [] } = options;
		this.listeners = [...config.listen.map(listenerOf), ...listeners].map((one, id) => ({
			...one,
			id,
		}));
		this.exchange = this.#open();
	}

	/** A peer at an address; on a stream it connects with its first message, or is connected to. */
	phone(name: string, place: PhonePlace): VirtualPhone {
		const phone = new VirtualPhone(this, name, place);
		this.phones.push(phone);
		return phone;
	}

	wait(ms: number): this {
		const until = this.now + ms;
		for (
			let at = this.exchange.next();
			at !== undefined && at <= until;
			at = this.exchange.next()
		) {
			this.now = Math.max(this.now, at);
			this.#input(() => this.exchange.advance(this.now));
		}
		this.now = until;
		this.#input(() => this.exchange.advance(until));
		return this;
	}

	/** Answers the oldest DNS question; `asked` is what it has to be: `SRV _sip._udp.example.org`. */
	answerDns(records: DnsAnswer, asked?: string): this {
		const asking = this.questions.shift();
		assert.ok(asking, "nobody asked");
		const { type, name } = asking.question;
		if (asked !== undefined) assert.equal(`${type} ${name}`, asked);
		this.#input(() => asking.answer(records, this.now));
		return this;
	}

	/** The process ends and another begins: same keys and store, no connection, no transaction. */
	restart(): this {
		for (const phone of this.phones) phone.connection = 0;
		this.#boot += 1;
		return this.replace();
	}

	/** Another process takes over with the connections as they are: same keys and store, no transaction. */
	replace(): this {
		this.retained = 0;
		this.exchange = this.#open();
		return this;
	}

	/** Another configuration while calls are up; the listeners stay. */
	reload(config: Config): this {
		this.config = this.#options.linted === false ? config : linted(config);
		this.#input(() => this.exchange.configure(this.settings(), this.now));
		return this;
	}

	/** Transactions that are not over. */
	get size(): number {
		return this.exchange.proxy.transactions.size;
	}

	receive(text: string, flow: Flow): void {
		this.#input(() => this.exchange.receive(text, flow, this.now));
	}

	closed(connection: number): void {
		this.#input(() => this.exchange.connectionClosed(connection));
	}

	/** The id of a new connection. */
	connect(): number {
		this.#connections += 1;
		return this.#connections;
	}

	/** Our listener that peers of this transport send to. */
	listener(transport: TransportName, id?: number): Listener {
		const found = this.listeners.find((one) =>
			id === undefined ? one.transport === transport : one.id === id,
		);
		assert.ok(found, `no listener for ${transport}`);
		return found;
	}

	note(phone: string, arrow: "<" | ">", text: string): void {
		const at = this.now - START;
		this.transcript.push(`${at} ${phone} ${arrow} ${new WireMessage(text).inShort}`);
	}

	/** Failures are told after the input that caused them, as a socket tells them. */
	#input(take: () => void): void {
		take();
		this.violations.check();
		for (let owner = this.#failed.shift(); owner !== undefined; owner = this.#failed.shift())
			this.exchange.sendFailed(owner, this.now);
	}

	#open(): Exchange {
		const { fallback, transactionsMax = 100_000, mayAnswerMalformed = () => true } = this.#options;
		return new Exchange({
			...this.settings(),
			fallback: fallback && { ask: asAsk(fallback), retain: nothing, release: nothing },
			store: this.store,
			scripts: { generation: this.#generation() },
			send: (text, flow, owner) => this.#send(text, flow, owner),
			askDns: (question, answer) => {
				this.questions.push({ question, answer });
			},
			alive: (flow) => this.#alive(flow),
			mayAnswerMalformed,
			...(this.#options.alias && { alias: this.#options.alias }),
			log: this.#logger(),
			transactionsMax,
			now: this.now,
		});
	}

	/** As the engine makes them of the configuration. */
	settings(): ExchangeSettings {
		const { config } = this;
		const { secret } = signingKey(3);
		return {
			environment: {
				own: new OwnAddresses(this.listeners, config.domains, []),
				listeners: this.listeners,
				directory: configuredDirectory(config, this.store),
				signing: { keys: this.keys, hmac, boot: this.#boot },
				random: this.#random,
				udpRequestMax: config.udp.maxRequest,
				timing: config.timers,
			},
			digest: {
				...config.auth,
				keys: [secret],
				hmac,
				random: this.#random,
				hash,
				withoutQop: false,
				counts: new NonceCounts(1000, this.now),
				failures: new FailureLimit({ max: 10, windowSeconds: 60, entriesMax: 1000 }),
			},
			registrar: config.registrar,
			fallback: undefined,
		};
	}

	#generation(): RouteGeneration {
		const { routes } = this.#options;
		const ask = typeof routes === "function" ? asAsk(routes) : routes.ask.bind(routes);
		return {
			ask,
			retain: () => {
				this.retained += 1;
			},
			release: () => {
				this.retained -= 1;
			},
		};
	}

	#send(text: string, flow: Flow, owner: number): void {
		this.#options.watch?.(text, flow, owner);
		const own = this.listeners.find(({ id }) => id === flow.listener);
		const open = flow.connection !== 0 || !own?.terminated;
		const phone = open ? this.phones.find((one) => one.reachable && one.isAt(flow)) : undefined;
		if (phone === undefined) {
			this.nowhere.push({ text, flow });
			if (owner !== 0) this.#failed.push(owner);
		} else phone.deliver(text);
	}

	#alive({ connection, listener, transport }: Flow): boolean {
		if (connection !== 0) return this.phones.some((phone) => phone.connection === connection);
		const own = this.listeners.find((one) => one.id === listener);
		return own?.transport === transport && !own.terminated;
	}

	#logger() {
		const write = (level: string) => (fields: object, message: string) => {
			this.log.push({ level, fields, message });
			this.violations.note(fields);
		};
		const [debug, info, warn, error] = ["debug", "info", "warn", "error"].map(write);
		assert.ok(debug && info && warn && error);
		return { debug, info, warn, error };
	}
}

export function signingKey(id: number): Key {
	return { id, secret: new Uint8Array(32).fill(id + 1) };
}

function asAsk(decide: Decide): RouteGeneration["ask"] {
	return (_hook, text, context) => decide(context, text);
}

function nothing(): void {}

/** As the transports make it. */
function listenerOf(entry: Config["listen"][number]): Omit<Listener, "id"> {
	const { transport, address, port, advertise, balancer } = entry;
	const shown = {
		address,
		host: advertise?.host ?? bracketed(address),
		port: advertise?.port || port,
	};
	return balancer?.tlsTerminated
		? { ...shown, transport: "tls", terminated: true }
		: { ...shown, transport };
}
