/**
 * The whole protocol core in memory: the real Exchange, registrar, digest and route scripts on a
 * virtual clock, with peers that get what is sent to their flow. No sockets, no waiting.
 *
 * Whoever makes one says what becomes of a message, a log line and a DNS question.
 */
import { FailureLimit } from "../auth/failure-limit.ts";
import { NonceCounts } from "../auth/nonce-counts.ts";
import type { Milliseconds } from "../base/clock.ts";
import {
	behindTls,
	DEFAULT_PORTS,
	type Flow,
	type Listener,
	leadsOut,
	type TransportName,
} from "../base/flow.ts";
import type { HashHex, Hmac } from "../base/hash.ts";
import { bracketed } from "../base/ip-address.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Config } from "../config/config.ts";
import { isWildcard } from "../config/host.ts";
import { configuredDirectory } from "../exchange/configured-directory.ts";
import { Exchange, type ExchangeSettings } from "../exchange/exchange.ts";
import type { RouteGeneration } from "../exchange/route-generation.ts";
import type { Key, Keys } from "../leg/seal.ts";
import { MemoryStore } from "../location/memory.ts";
import type { LocationStore } from "../location/store.ts";
import { OwnAddresses } from "../proxy/own-addresses.ts";
import type { DnsAnswer, DnsQuestion } from "../resolve/dns.ts";
import type { HostCalls, HostResult } from "../script/host-call.ts";
import type { HttpRequest } from "../script/host-calls/http.ts";
import { KeyValueStore } from "../script/host-calls/key-value-store.ts";
import { Performing } from "../script/host-calls/performing.ts";
import { KEY_VALUES } from "../script/limits.ts";
import type { Peer, PeerWorld } from "./peer.ts";
import { TestingError } from "./testing-error.ts";

export type InMemoryOptions = {
	readonly config: Config;
	readonly routes: RouteGeneration;
	/** What a request gets whose script failed. */
	readonly fallback?: RouteGeneration | undefined;
	/** What scripts may wait for; unless given, a store of keys and what `fetching` does. */
	readonly calls?: HostCalls;
	readonly random: Random;
	readonly hash: HashHex;
	readonly hmac: Hmac;
	/** When it starts, of the epoch. */
	readonly start: Milliseconds;
	/** Besides those of the configuration. */
	readonly listeners?: readonly Omit<Listener, "id">[];
	/** What an earlier run left behind. */
	readonly store?: LocationStore;
	readonly transactionsMax?: number;
	readonly mayAnswerMalformed?: () => boolean;
	readonly alias?: (flow: Flow, port: number) => void;
	readonly expectPings?: (flow: Flow, every: Milliseconds | undefined) => void;
	/** Whether phones behind NAT are pinged as configured: a route has nothing to do with it. */
	readonly natPings?: true;
};

export type Asking = {
	readonly question: DnsQuestion;
	readonly answer: (to: DnsAnswer, now: Milliseconds) => void;
};

export type Fetching = {
	readonly request: HttpRequest;
	readonly answer: (result: HostResult, now: Milliseconds) => void;
};

/** The address that a listener on 0.0.0.0 or [::] is reached at: of RFC 5737 and RFC 3849, for documentation. */
const OWN_IPV4 = "192.0.2.1";
const OWN_IPV6 = "2001:db8::1";
const TRANSACTIONS_MAX = 100_000;
const NONCES_MAX = 1000;
const KEY_BYTES = 32;

export abstract class ProxyInMemory<P extends Peer = Peer> implements PeerWorld {
	now: Milliseconds;
	config: Config;
	/** What signs cookies and entries; `reload` takes others into use. */
	keys: Keys = { current: signingKey(3), all: [signingKey(3)] };
	readonly listeners: readonly Listener[];
	readonly store: LocationStore;
	/** What scripts keep; gone with the process. */
	kv = new KeyValueStore(KEY_VALUES);
	readonly phones: P[] = [];
	exchange: Exchange;
	/** What scripts may wait for. */
	protected calls: HostCalls;
	readonly #options: InMemoryOptions;
	readonly #failed: number[] = [];
	/** What will happen outside, the next first. */
	readonly #ahead: { readonly at: Milliseconds; readonly take: () => void }[] = [];
	readonly #failures = new FailureLimit();
	#boot = 0x1234_5678;
	#connections = 0;

	constructor(options: InMemoryOptions) {
		this.#options = options;
		this.config = options.config;
		this.now = options.start;
		this.store = options.store ?? new MemoryStore();
		const { config, listeners = [] } = options;
		this.listeners = [...config.listen.map(listenerOf), ...listeners].map((one, id) => ({
			...one,
			id,
		}));
		this.calls = options.calls ?? this.#calls();
		this.exchange = this.#open();
	}

	/** What a peer sent or got. */
	abstract note(phone: string, arrow: "<" | ">", text: string): void;
	/** Nobody is there: the sender will be told that it failed. */
	protected abstract lost(text: string, flow: Flow): void;
	protected abstract wrote(level: keyof Log, fields: object, message: string): void;
	/** A DNS question; the answer is an input. */
	protected abstract asked(asking: Asking): void;
	/** Something is fetched; the answer is an input. What is returned breaks it off. */
	protected abstract fetching(fetching: Fetching): () => void;
	/** Something was sent, wherever it goes. */
	protected sent(_text: string, _flow: Flow, _owner: number): void {}
	/** An input was taken, and what it made the proxy do is done. */
	protected settled(): void {}

	wait(ms: Milliseconds): this {
		const until = this.now + ms;
		for (let at = this.#next(); at <= until; at = this.#next()) {
			this.now = Math.max(this.now, at);
			this.input(() => this.#advance());
		}
		this.now = until;
		this.input(() => this.exchange.advance(until));
		return this;
	}

	/** Lets the next thing happen that is due, however long that takes. */
	protected step(): void {
		this.wait(Math.max(0, this.#next() - this.now));
	}

	/** Something will happen outside, in so many milliseconds. What is returned takes it back. */
	protected ahead(ms: Milliseconds, take: () => void): () => void {
		const happening = { at: this.now + ms, take };
		const later = this.#ahead.findIndex(({ at }) => at > happening.at);
		this.#ahead.splice(later < 0 ? this.#ahead.length : later, 0, happening);
		return () => {
			const at = this.#ahead.indexOf(happening);
			if (at >= 0) this.#ahead.splice(at, 1);
		};
	}

	#next(): Milliseconds {
		return Math.min(this.#ahead[0]?.at ?? Infinity, this.exchange.next() ?? Infinity);
	}

	#advance(): void {
		const [next] = this.#ahead;
		if (next !== undefined && next.at <= this.now) {
			this.#ahead.shift();
			next.take();
		}
		this.exchange.advance(this.now);
	}

	/** The process ends and another begins: same keys and store, no connection, no transaction. */
	restart(): this {
		for (const phone of this.phones) phone.connection = 0;
		this.#boot += 1;
		return this.replace();
	}

	/** Another process takes over with the connections as they are: same keys and store, no transaction. */
	replace(): this {
		this.kv = new KeyValueStore(KEY_VALUES);
		this.calls = this.#options.calls ?? this.#calls();
		this.exchange = this.#open();
		return this;
	}

	/** Another configuration while calls are up; the listeners stay. */
	reload(config: Config): this {
		this.config = config;
		this.input(() => this.exchange.configure(this.settings(), this.now));
		return this;
	}

	receive(text: string, flow: Flow): void {
		this.input(() => this.exchange.receive(text, flow, this.now));
	}

	closed(connection: number): void {
		this.input(() => this.exchange.connectionClosed(connection));
	}

	/** The id of a new connection. */
	connect(): number {
		this.#connections += 1;
		return this.#connections;
	}

	/** Our listener that peers of this transport send to. Throws where there is none. */
	listener(transport: TransportName, id?: number): Listener {
		const found = this.listeners.find((one) =>
			id === undefined ? one.transport === transport : one.id === id,
		);
		if (found === undefined) throw new TestingError(`no listener for ${transport}`);
		return found;
	}

	/** As the engine makes them of the configuration. */
	settings(): ExchangeSettings {
		const { config } = this;
		const { hash, hmac, random, fallback } = this.#options;
		return {
			environment: {
				own: new OwnAddresses(this.listeners, config.domains, []),
				listeners: this.listeners,
				directory: configuredDirectory(config, this.store),
				signing: { keys: this.keys, hmac, boot: this.#boot },
				random,
				udpRequestMax: config.udp.maxRequest,
				pathFor: config.edge.pathFor,
				timing: config.timers,
			},
			digest: {
				...config.auth,
				keys: [signingKey(3).secret],
				hmac,
				random,
				hash,
				withoutQop: false,
				counts: new NonceCounts(NONCES_MAX, this.now),
				failures: this.#failures,
			},
			registrar: config.registrar,
			...(this.#options.natPings && { nat: config.nat }),
			fallback,
		};
	}

	/** Failures are told after the input that caused them, as a socket tells them. */
	protected input(take: () => void): void {
		take();
		for (let owner = this.#failed.shift(); owner !== undefined; owner = this.#failed.shift())
			this.exchange.sendFailed(owner, this.now);
		this.settled();
	}

	readonly #log: Log = {
		debug: (fields, message) => this.wrote("debug", fields, message),
		info: (fields, message) => this.wrote("info", fields, message),
		warn: (fields, message) => this.wrote("warn", fields, message),
		error: (fields, message) => this.wrote("error", fields, message),
	};

	#open(): Exchange {
		const { routes, alias, expectPings, transactionsMax = TRANSACTIONS_MAX } = this.#options;
		const { mayAnswerMalformed = () => true } = this.#options;
		return new Exchange({
			...this.settings(),
			store: this.store,
			scripts: { generationFor: () => routes, serving: [routes] },
			calls: this.calls,
			send: (text, flow, owner) => this.#send(text, flow, owner),
			askDns: (question, answer) => this.asked({ question, answer }),
			alive: (flow) => this.#alive(flow),
			mayAnswerMalformed,
			...(alias && { alias }),
			...(expectPings && { expectPings }),
			log: this.#log,
			transactionsMax,
			now: this.now,
		});
	}

	#calls(): HostCalls {
		return new Performing({
			kv: this.kv,
			settings: () => this.config.script,
			outside: {
				fetch: (request, answer) => this.fetching({ request, answer }),
				askDns: (question, answer) => this.asked({ question, answer }),
				lookup: (aor, now) => this.exchange.lookup(aor, now),
			},
		});
	}

	#send(text: string, flow: Flow, owner: number): void {
		this.sent(text, flow, owner);
		const own = this.listeners.find(({ id }) => id === flow.listener);
		const open = flow.connection !== 0 || own === undefined || leadsOut(own);
		const phone = open ? this.phones.find((one) => one.reachable && one.isAt(flow)) : undefined;
		if (phone === undefined) {
			this.lost(text, flow);
			if (owner !== 0) this.#failed.push(owner);
		} else phone.deliver(text);
	}

	#alive({ connection, listener, transport }: Flow): boolean {
		if (connection !== 0) return this.phones.some((phone) => phone.connection === connection);
		const own = this.listeners.find((one) => one.id === listener);
		return own?.transport === transport && leadsOut(own);
	}
}

export function signingKey(id: number): Key {
	return { id, secret: new Uint8Array(KEY_BYTES).fill(id + 1) };
}

/** As the transports make it; a port that the system would choose is the usual one. */
function listenerOf(entry: Config["listen"][number]): Omit<Listener, "id"> {
	const { transport, address, advertise, balancer } = entry;
	const port = entry.port || DEFAULT_PORTS[transport];
	const shown = {
		address,
		host: advertise?.host ?? bracketed(reachable(address)),
		port: advertise?.port || port,
	};
	return balancer?.tlsTerminated
		? { ...shown, transport: behindTls(transport), terminated: true }
		: { ...shown, transport };
}

function reachable(address: string): string {
	if (!isWildcard(address)) return address;
	return address === "::" ? OWN_IPV6 : OWN_IPV4;
}
