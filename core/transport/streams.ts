/** TCP, TLS and WebSocket connections of all listeners: RFC 3261 §18. */
import type { Socket } from "node:net";
import { type Flow, type Listener, leadsOut, secure, webSocket } from "../base/flow.ts";
import type { Log } from "../base/log.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { ConnectionTable } from "./connection-table.ts";
import { dial, dialSecurely } from "./dial.ts";
import { ListenError, NO_CERTIFICATE } from "./listen-error.ts";
import { type AcceptContext, type AcceptedPeer, StreamListener } from "./stream-listener.ts";
import { StreamWire } from "./stream-wire.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { ListenOptions } from "./transport-user.ts";
import type { OpenWire, WireUser } from "./wire.ts";

export type StreamsContext = Omit<ConnectionContext, "closed"> & { readonly log: Log };

/** A warning that could come for every connection comes once in this time. */
const QUIET_MS = 10_000;

export class Streams {
	readonly table: ConnectionTable;
	readonly #context: StreamsContext;
	readonly #connections: ConnectionContext;
	readonly #accepting: AcceptContext;
	readonly #listeners = new Map<number, StreamListener>();
	#settings: TlsSettings | undefined;
	/** Until when a warning is held back, by event. */
	readonly #quietUntil = new Map<string, number>();
	/** Told when the last connection is gone. */
	#emptied: (() => void) | undefined;

	constructor(context: StreamsContext, settings: TlsSettings | undefined) {
		const { batch, counters, limits } = context;
		this.#context = context;
		this.#settings = settings;
		this.table = new ConnectionTable({
			limits,
			counters,
			inUse: (connection) => batch.user.inUse?.(connection) ?? false,
			waitedOn: () => batch.user.waitedOn?.() ?? [],
		});
		this.#connections = { ...context, closed: this.#closed };
		this.#accepting = {
			table: this.table,
			counters,
			limits,
			accepted: this.#accepted,
			troubled: (listener, error) => this.#troubled(listener, error),
			refused: (event, listener, source, reason) => this.#refused(event, listener, source, reason),
		};
	}

	async open(options: ListenOptions, ipv6Only: boolean): Promise<StreamListener> {
		const tls = secure(options.transport);
		if (tls && this.#settings === undefined) throw new ListenError(options, NO_CERTIFICATE);
		const settings = tls ? this.#settings : undefined;
		return StreamListener.open(options, ipv6Only, settings, this.#accepting);
	}

	/** Connections of ours may leave from it, and it is closed with us. */
	add(listener: StreamListener): void {
		this.#listeners.set(listener.listener.id, listener);
	}

	/** Undefined when it was handed to a connection; otherwise why not. */
	send(text: string, flow: Flow, owner: number): string | undefined {
		const connection = flow.connection === 0 ? this.#toward(flow) : this.table.find(flow);
		if (connection === undefined) return "the connection is gone";
		if (typeof connection === "string") return connection;
		connection.send(text, owner);
		return undefined;
	}

	replaceTls(settings: TlsSettings): void {
		this.#settings = settings;
		for (const listener of this.#listeners.values()) listener.replaceTls(settings);
	}

	/** Accepts nothing more and ends connections in order; the sweep cuts off those that linger. */
	async close(): Promise<void> {
		const stopped = [...this.#listeners.values()].map((listener) => listener.close());
		this.#listeners.clear();
		const gone = new Promise<void>((resolve) => {
			this.#emptied = resolve;
		});
		for (const connection of this.table.all()) connection.close();
		this.#tellWhenEmpty();
		await Promise.all([...stopped, gone]);
	}

	/** A connection of ours that matches, or a new one; a reason when there can be none. */
	#toward(flow: Flow): Connection | string {
		const { counters } = this.#context;
		const existing = this.table.reusable(flow);
		if (existing !== undefined) return existing;
		const listener = this.#listeners.get(flow.listener)?.listener;
		if (listener?.transport !== flow.transport) return `no ${flow.transport} listener of that id`;
		if (!leadsOut(listener))
			return webSocket(listener.transport)
				? "WebSocket clients connect to us, and never the other way"
				: "no connection leaves from behind a TLS balancer";
		const now = performance.now();
		if (!this.table.hasRoom(now)) return "too many connections";
		const socket = this.#dial(flow, listener);
		if (typeof socket === "string") return socket;
		const own: Flow = { ...flow, connection: this.table.nextId() };
		const wire = (user: WireUser) => new StreamWire(socket, user);
		const connection = new Connection(wire, own, this.#connections, "connecting", now);
		const tls = flow.transport === "tls";
		socket.once("connect", () =>
			tls ? connection.securing(performance.now()) : connection.opened(performance.now()),
		);
		if (tls) socket.once("secureConnect", () => connection.opened(performance.now()));
		counters.connectionsOpened += 1;
		this.table.add(connection);
		return connection;
	}

	#dial(flow: Flow, listener: Listener): Socket | string {
		const { limits } = this.#context;
		try {
			if (flow.transport === "tcp") return dial(flow, listener, limits);
			if (flow.transport !== "tls" || this.#settings === undefined)
				return `${flow.transport} is not configured`;
			return dialSecurely(flow, listener, limits, this.#settings);
		} catch (error) {
			return error instanceof Error ? error.message : String(error);
		}
	}

	readonly #accepted = (open: OpenWire, listener: Listener, peer: AcceptedPeer): void => {
		const flow: Flow = {
			...peer,
			transport: listener.transport,
			listener: listener.id,
			connection: this.table.nextId(),
			serverName: undefined,
		};
		this.table.add(new Connection(open, flow, this.#connections, "open", performance.now()));
	};

	readonly #closed = (connection: Connection, reason: string): void => {
		const { connection: id, transport, host, port } = connection.flow;
		this.#context.log.debug({ connection: id, transport, host, port, reason }, "connection closed");
		this.table.remove(connection);
		this.#tellWhenEmpty();
	};

	/** Mostly: no file descriptors left. */
	#troubled(listener: Listener, error: Error): void {
		this.#context.counters.connectionsRefused += 1;
		if (this.#isQuiet("listener.troubled")) return;
		this.#context.log.warn(
			{ event: "listener.troubled", listener: listener.id, error: error.message },
			"cannot accept a connection",
		);
	}

	/** Somebody who has no business there: no balancer of ours, a page that is not listed; or our settings are wrong. */
	#refused(event: string, listener: Listener, source: string, reason: string): void {
		if (this.#isQuiet(event)) return;
		const { id, transport, address } = listener;
		const text = `${source} at the ${transport} listener on ${address}: ${reason}`;
		this.#context.log.warn({ event, listener: id, source, reason }, text);
	}

	/** True if a warning of this kind has just been given; else one is given now. */
	#isQuiet(event: string): boolean {
		const now = performance.now();
		if (now < (this.#quietUntil.get(event) ?? 0)) return true;
		this.#quietUntil.set(event, now + QUIET_MS);
		return false;
	}

	#tellWhenEmpty(): void {
		for (const _connection of this.table.all()) return;
		this.#emptied?.();
	}
}
