/**
 * Where the protocol core lives in the simulation: what engine.ts and core/transport/ are to it
 * outside. A real Exchange on virtual time, with virtual sockets, name servers and stalls.
 */
import { FailureLimit } from "../../core/auth/failure-limit.ts";
import { NonceCounts } from "../../core/auth/nonce-counts.ts";
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Flow, Listener, TransportName } from "../../core/base/flow.ts";
import type { Config } from "../../core/config/config.ts";
import { configuredDirectory } from "../../core/exchange/configured-directory.ts";
import { Exchange } from "../../core/exchange/exchange.ts";
import type { RouteGeneration } from "../../core/exchange/route-generation.ts";
import { hashHex, makeHmac } from "../../core/host/hashes.ts";
import type { Key } from "../../core/leg/seal.ts";
import { MemoryStore } from "../../core/location/memory.ts";
import { OwnAddresses } from "../../core/proxy/own-addresses.ts";
import type { DnsAnswer, DnsQuestion } from "../../core/resolve/dns.ts";
import { linted, Violations } from "../support/linted.ts";
import { plainRoutes } from "../support/plain-routes.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { Address, Network } from "./network.ts";
import { Sip } from "./sip.ts";
import { Stream, type StreamHost, type StreamUser, type Unheard } from "./stream.ts";
import type { Watch } from "./watch.ts";

/** Somebody who takes connections at an address; undefined: nobody does, and it is refused. */
export type Dial = (flow: Flow) => StreamUser | undefined;

export type ProxyHostOptions = {
	readonly config: Config;
	readonly routes: Pick<RouteGeneration, "ask">;
	readonly fallback: Pick<RouteGeneration, "ask"> | undefined;
	readonly agenda: Agenda;
	readonly network: Network;
	readonly chance: Chance;
	readonly watch: Watch;
	readonly dial: Dial;
	/** Changes what the proxy sends: to show that a fault is noticed. */
	readonly tamper: ((text: string) => string) | undefined;
	readonly note: (sip: Sip, way: "in" | "out") => void;
	/** What the name servers say, and after how long. */
	readonly dns: (question: DnsQuestion) => { answer: DnsAnswer; after: Milliseconds };
};

export class ProxyHost implements StreamHost {
	readonly exchange: Exchange;
	readonly store = new MemoryStore();
	readonly listeners: readonly Listener[];
	/** Requests that hold a generation of the scripts, and questions to name servers. */
	retained = 0;
	asking = 0;
	readonly #options: ProxyHostOptions;
	readonly #streams = new Map<number, Stream>();
	readonly #violations = new Violations();
	readonly #failed: Unheard[] = [];
	#lastConnection = 0;
	/** The process stands still until then. */
	#stalledUntil: Milliseconds = 0;

	constructor(options: ProxyHostOptions) {
		this.#options = options;
		this.listeners = options.config.listen.map(listenerOf);
		this.exchange = this.#open();
		for (const { transport, address, port } of this.listeners)
			if (transport === "udp")
				options.network.bind({ host: address, port }, (sip, from) => this.#datagram(sip, from));
	}

	get connections(): number {
		return this.#streams.size;
	}

	get streams(): Iterable<Stream> {
		return this.#streams.values();
	}

	address(transport: TransportName): Listener {
		const found = this.listeners.find((one) => one.transport === transport);
		if (found === undefined) throw new Error(`no listener for ${transport}`);
		return found;
	}

	/** The phone connects. */
	accept(phone: StreamUser, transport: "tcp" | "tls", { host, port }: Address): Stream {
		const connection = this.#nextConnection();
		const listener = this.address(transport).id;
		const flow: Flow = { transport, listener, connection, host, port, serverName: undefined };
		const { agenda, network } = this.#options;
		const stream = new Stream({ flow, accepted: true, phone, agenda, network, host: this });
		this.#streams.set(connection, stream);
		return stream;
	}

	/** Nothing is read, and no timer fires, for so long; then all at once. */
	stall(ms: Milliseconds): void {
		this.#stalledUntil = Math.max(this.#stalledUntil, this.#options.agenda.now + ms);
	}

	next(): Milliseconds | undefined {
		const next = this.exchange.next();
		return next === undefined ? undefined : Math.max(next, this.#stalledUntil);
	}

	advance(now: Milliseconds): void {
		this.exchange.advance(now);
		this.#tellFailures();
	}

	streamMessage(stream: Stream, text: string): void {
		this.#input(() => this.#receive(new Sip(text), stream.flow));
	}

	streamEnded(stream: Stream, lost: readonly Unheard[]): void {
		this.#input(() => {
			this.#streams.delete(stream.flow.connection);
			this.#failed.push(...lost);
			this.#tellFailures();
			this.exchange.connectionClosed(stream.flow.connection);
		});
	}

	#datagram(sip: Sip, { host, port }: Address): void {
		const listener = this.address("udp").id;
		const flow = { transport: "udp", listener, connection: 0, host, port, serverName: undefined };
		const { agenda } = this.#options;
		const came = agenda.now;
		this.#input(() => {
			// What nobody reads for so long has been pushed out of the socket's buffer.
			if (agenda.now - came <= BUFFERED_MAX) this.#receive(sip, flow as Flow);
		});
	}

	#receive(sip: Sip, flow: Flow): void {
		this.#options.note(sip, "in");
		this.#options.watch.received(sip, flow);
		this.exchange.receive(sip.text, flow, this.#options.agenda.now);
		this.#violations.check();
		this.#options.watch.taken();
	}

	#input(take: () => void): void {
		if (this.#options.agenda.now < this.#stalledUntil) {
			this.#options.agenda.at(this.#stalledUntil, () => this.#input(take));
			return;
		}
		take();
		this.#tellFailures();
	}

	/** After the input that caused them, as sockets tell them. */
	#tellFailures(): void {
		for (let one = this.#failed.shift(); one !== undefined; one = this.#failed.shift()) {
			if (one.owner === 0) continue;
			this.#options.watch.failed(one.sip);
			this.exchange.sendFailed(one.owner, this.#options.agenda.now);
		}
	}

	#send(text: string, flow: Flow, owner: number): void {
		const { network, watch, note, tamper } = this.#options;
		const sip = new Sip(tamper === undefined ? text : tamper(text));
		note(sip, "out");
		watch.sent(sip, flow);
		if (flow.transport === "udp") {
			const { address, port } = this.address("udp");
			network.datagram({ host: address, port }, flow, sip);
			return;
		}
		const stream = flow.connection === 0 ? this.#toward(flow) : this.#find(flow);
		if (stream === undefined) this.#failed.push({ sip, owner });
		else stream.fromProxy(sip, owner);
	}

	/** A connection of ours that goes there, or a new one. */
	#toward(flow: Flow): Stream {
		for (const stream of this.#streams.values()) {
			const { host, port, transport } = stream.flow;
			if (stream.accepted || !stream.open || transport !== flow.transport) continue;
			if (host === flow.host && port === flow.port) return stream;
		}
		const connection = this.#nextConnection();
		const { agenda, network, dial } = this.#options;
		const phone = dial(flow) ?? NOBODY;
		const own = { ...flow, connection };
		const stream = new Stream({ flow: own, accepted: false, phone, agenda, network, host: this });
		stream.state = "opening";
		this.#streams.set(connection, stream);
		agenda.after(network.delay() + network.delay(), () => {
			if (phone === NOBODY || network.isCutOff(flow.host)) stream.reset();
			else stream.opened();
		});
		return stream;
	}

	#find(flow: Flow): Stream | undefined {
		const stream = this.#streams.get(flow.connection);
		return stream?.open ? stream : undefined;
	}

	#nextConnection(): number {
		this.#lastConnection += 1;
		return this.#lastConnection;
	}

	#open(): Exchange {
		const { config, agenda, chance, fallback } = this.#options;
		const routes = this.#counted(this.#options.routes);
		return new Exchange({
			environment: {
				own: new OwnAddresses(this.listeners, config.domains, []),
				listeners: this.listeners,
				directory: configuredDirectory(linted(config), this.store),
				signing: { keys: { current: KEY, all: [KEY] }, hmac: HMAC, boot: 7 },
				random: chance,
				udpRequestMax: config.udp.maxRequest,
				pathFor: config.edge.pathFor,
			},
			digest: {
				...config.auth,
				keys: [KEY.secret],
				hmac: HMAC,
				random: chance,
				hash: hashHex,
				withoutQop: false,
				counts: new NonceCounts(1000, agenda.now),
				failures: new FailureLimit(),
			},
			registrar: config.registrar,
			fallback: fallback && this.#counted(fallback),
			store: this.store,
			scripts: { generationFor: () => routes, serving: [routes] },
			send: (text, flow, owner) => this.#send(text, flow, owner),
			calls: { perform: () => undefined, abandon: () => undefined },
			askDns: (question, answer) => this.#askDns(question, answer),
			alive: (flow) =>
				flow.connection === 0
					? flow.transport === "udp" || this.#listens(flow)
					: this.#find(flow) !== undefined,
			mayAnswerMalformed: () => true,
			log: this.#violations.log,
			transactionsMax: 1_000_000,
			now: agenda.now,
		});
	}

	#listens({ listener, transport }: Flow): boolean {
		return this.listeners[listener]?.transport === transport;
	}

	#counted(routes: Pick<RouteGeneration, "ask">): RouteGeneration {
		return {
			...plainRoutes((hook, text, context) => routes.ask(hook, text, context)),
			retain: () => {
				this.retained += 1;
			},
			release: () => {
				this.retained -= 1;
			},
		};
	}

	#askDns(question: DnsQuestion, tell: (answer: DnsAnswer, now: Milliseconds) => void): void {
		const { answer, after } = this.#options.dns(question);
		this.asking += 1;
		this.#options.agenda.after(after, () =>
			this.#input(() => {
				this.asking -= 1;
				tell(answer, this.#options.agenda.now);
			}),
		);
	}
}

const HMAC = makeHmac();
const KEY: Key = { id: 3, secret: new Uint8Array(32).fill(4) };
const BUFFERED_MAX: Milliseconds = 2_000;
const NOBODY: StreamUser = { streamReceived: () => false, streamClosed: nothing };

function nothing(): void {}

function listenerOf({ transport, address, port }: Config["listen"][number], id: number): Listener {
	return { id, transport, address, host: address, port };
}
