/** The transport layer: RFC 3261 §18. Listeners, one `send` for all of them, and their end. */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, type Listener, leadsOut } from "../base/flow.ts";
import { bracketed } from "../base/ip-address.ts";
import type { Log } from "../base/log.ts";
import { AnswerBudget } from "./answer-budget.ts";
import { Batch } from "./batch.ts";
import { TransportCounters } from "./counters.ts";
import { LIMITS, type TransportLimits } from "./limits.ts";
import { openListeners } from "./open-listeners.ts";
import { StreamListener } from "./stream-listener.ts";
import { Streams } from "./streams.ts";
import { type TlsOptions, TlsSettings } from "./tls-settings.ts";
import type { ListenOptions, TransportUser } from "./transport-user.ts";
import { type UdpContext, UdpListener } from "./udp.ts";

export type TransportsOptions = {
	readonly user: TransportUser;
	readonly log: Log;
	/** Without it there is no TLS, in neither direction. */
	readonly tls: TlsOptions | undefined;
	readonly limits?: Partial<TransportLimits> | undefined;
};

export class Transports {
	readonly counters = new TransportCounters();
	readonly #limits: TransportLimits;
	readonly #batch: Batch;
	readonly #budget: AnswerBudget;
	readonly #udp: UdpContext;
	readonly #streams: Streams;
	readonly #datagrams = new Map<number, UdpListener>();
	readonly #listeners = new Map<number, Listener>();
	#tls: TlsSettings | undefined;
	#sweeping: NodeJS.Timeout | undefined;
	#peersForgotten = 0;

	/** Throws what OpenSSL says when it cannot use the certificates. */
	constructor({ user, log, tls, limits }: TransportsOptions) {
		this.#limits = { ...LIMITS, ...limits };
		this.#batch = new Batch(user, this.counters);
		this.#budget = new AnswerBudget(this.#limits, this.counters);
		this.#tls = tls === undefined ? undefined : new TlsSettings(tls);
		this.#udp = { batch: this.#batch, counters: this.counters, limits: this.#limits };
		this.#streams = new Streams({ ...this.#udp, budget: this.#budget, log }, this.#tls);
	}

	/** Stream connections, those in a TLS handshake included. */
	get connections(): number {
		return this.#streams.table.size;
	}

	/** Opens all of them or none. Throws a ListenError that says which failed. May be called again for more. */
	async listen(options: readonly ListenOptions[]): Promise<readonly Listener[]> {
		const opened = await openListeners<UdpListener | StreamListener>(options, (one, ipv6Only) =>
			one.transport === "udp"
				? UdpListener.open(one, ipv6Only, this.#udp)
				: this.#streams.open(one, ipv6Only),
		);
		for (const one of opened) this.#add(one);
		if (options.some(({ transport }) => transport === "tls")) this.#prepareTls();
		this.#sweeping ??= setInterval(this.#sweep, this.#limits.sweepMs).unref();
		return opened.map(({ listener }) => listener);
	}

	/**
	 * Never throws, never calls back before it returned. A stream flow with a connection goes out
	 * there or nowhere; without one, a connection of ours to the same place is taken or opened.
	 */
	send(text: string, flow: Flow, owner: number): void {
		if (flow.transport !== "udp") {
			const refused = this.#streams.send(text, flow, owner);
			if (refused !== undefined) this.#batch.failed(owner, refused);
			return;
		}
		const socket = this.#datagrams.get(flow.listener);
		if (socket === undefined) this.#batch.failed(owner, "no UDP listener of that id");
		else socket.send(text, flow, owner);
	}

	/** Whether `send` would have a way to go. */
	alive(flow: Flow): boolean {
		if (flow.connection !== 0) return this.#streams.table.find(flow) !== undefined;
		const listener = this.#listeners.get(flow.listener);
		return listener?.transport === flow.transport && leadsOut(listener);
	}

	/** The client of this TLS flow, who proved its identities, takes requests to that port of its address on it (RFC 5923). */
	alias(flow: Flow, port: number): void {
		this.#streams.table.alias(flow, port);
	}

	/** The client of this stream was told how often to send a keep-alive; undefined: it was not (RFC 5626 §5.4). */
	expectPings(flow: Flow, every: Milliseconds | undefined): void {
		this.#streams.table.find(flow)?.expectPings(every);
	}

	/**
	 * Nobody is at these `host:port` any more, although the network says nothing: what was sent along a
	 * stream of ours to there, and not answered, has failed (RFC 3261 §18.4).
	 */
	cut(peers: readonly string[], reason: string): void {
		for (const connection of this.#streams.table.all()) {
			const { host, port, serverName } = connection.flow;
			const names = [`${bracketed(host)}:${port}`, `${serverName}:${port}`];
			if (!connection.accepted && names.some((name) => peers.includes(name)))
				connection.destroy(reason);
		}
	}

	/** Whether garbage from there still gets an answer; counts one if so (a limit per source). */
	mayAnswerMalformed(flow: Flow): boolean {
		return this.#budget.take(flow.host, performance.now());
	}

	/**
	 * Certificates for handshakes from now on, in both directions; connections stay as they are.
	 * Throws, and changes nothing, when OpenSSL cannot use them.
	 */
	replaceTls(options: TlsOptions): void {
		const settings = new TlsSettings(options);
		this.#tls = settings;
		this.#streams.replaceTls(settings);
		this.#prepareTls();
	}

	/** What was sent is flushed; connections end in order, within a limit. */
	async close(): Promise<void> {
		await Promise.all([
			...[...this.#datagrams.values()].map((socket) => socket.close()),
			this.#streams.close(),
		]);
		clearInterval(this.#sweeping);
		this.#sweeping = undefined;
		this.#datagrams.clear();
		this.#listeners.clear();
	}

	#add(one: UdpListener | StreamListener): void {
		this.#listeners.set(one.listener.id, one.listener);
		if (one instanceof StreamListener) this.#streams.add(one);
		else this.#datagrams.set(one.listener.id, one);
	}

	/** Not while the first call waits, and once for many replacements in a row. */
	#prepareTls(): void {
		const settings = this.#tls;
		setImmediate(() => {
			if (settings === this.#tls) void settings?.client;
		});
	}

	readonly #sweep = (): void => {
		const now = performance.now();
		this.#streams.table.sweep(now);
		if (now - this.#peersForgotten < this.#limits.idleAtLeastMs) return;
		this.#peersForgotten = now;
		for (const socket of this.#datagrams.values()) socket.forgetIdlePeers();
	};
}
