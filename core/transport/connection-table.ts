/**
 * Every stream connection, by id and, for those we opened or were offered (`aliases.ts`), by what
 * they may be reused for: RFC 3261 §18, RFC 5923 §3. Two connections are alike only if transport, peer, TLS identity and
 * listener are: traffic meant for TLS finds no TCP connection, nor another domain's.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { sourceOf } from "../base/source.ts";
import { Aliases, purposeOf } from "./aliases.ts";
import type { Connection } from "./connection.ts";
import type { TransportCounters } from "./counters.ts";
import { EVICTED_ONE_IN, type TransportLimits } from "./limits.ts";

export type ConnectionTableOptions = {
	readonly limits: TransportLimits;
	readonly counters: TransportCounters;
	inUse(connection: number): boolean;
	waitedOn(): Iterable<Flow>;
};

/** Who comes by a balancer. */
const ANYBODY = "";

/** What flows of transactions name: connections by id, and those of ours by what they are for. */
type Waited = ReadonlySet<number | string>;

export class ConnectionTable {
	readonly #options: ConnectionTableOptions;
	readonly #byId = new Map<number, Connection>();
	/** Opened by us. */
	readonly #byPurpose = new Map<string, Connection>();
	readonly #aliases = new Aliases();
	/** Sockets by source, those in a handshake included. */
	readonly #accepted = new Map<string, number>();
	#acceptedInAll = 0;
	#opened = 0;
	#lastId = 0;
	#fullUntil = 0;
	/** As of at most one sweep ago: a newer transaction's connection has just had a message. */
	#waited: Waited = new Set();
	#waitedUntil = 0;

	constructor(options: ConnectionTableOptions) {
		this.#options = options;
	}

	get size(): number {
		return this.#acceptedInAll + this.#opened;
	}

	nextId(): number {
		this.#lastId += 1;
		return this.#lastId;
	}

	/**
	 * Whether one more connection from this address may be accepted; counts it if so, until `leave`.
	 * Undefined for a balancer, which brings everybody and has no limit of its own.
	 */
	admit(address: string | undefined, now: Milliseconds): boolean {
		const source = address === undefined ? ANYBODY : sourceOf(address);
		const count = this.#accepted.get(source) ?? 0;
		const max = address === undefined ? Infinity : this.#options.limits.connectionsPerSource;
		if (count >= max || !this.hasRoom(now)) {
			this.#options.counters.connectionsRefused += 1;
			return false;
		}
		this.#accepted.set(source, count + 1);
		this.#acceptedInAll += 1;
		return true;
	}

	/** A balancer has said for whom its connection is: it counts as that client's, who has a limit. */
	transfer(client: string): boolean {
		const source = sourceOf(client);
		const count = this.#accepted.get(source) ?? 0;
		if (count >= this.#options.limits.connectionsPerSource) {
			this.#options.counters.connectionsRefused += 1;
			return false;
		}
		this.leave(undefined);
		this.#accepted.set(source, count + 1);
		this.#acceptedInAll += 1;
		return true;
	}

	leave(address: string | undefined): void {
		const source = address === undefined ? ANYBODY : sourceOf(address);
		const count = this.#accepted.get(source) ?? 0;
		if (count <= 1) this.#accepted.delete(source);
		else this.#accepted.set(source, count - 1);
		this.#acceptedInAll -= 1;
	}

	/**
	 * Makes room by closing connections that nobody needs, the one whose last message is oldest
	 * first. Pings do not count, and who never sent a message waits for nothing.
	 */
	hasRoom(now: Milliseconds): boolean {
		if (this.size < this.#options.limits.connections) return true;
		if (now < this.#fullUntil) return false;
		const evicted = this.#evict(now);
		if (!evicted) this.#fullUntil = now + this.#options.limits.sweepMs;
		return evicted;
	}

	add(connection: Connection): void {
		this.#byId.set(connection.flow.connection, connection);
		if (connection.accepted) return;
		this.#opened += 1;
		this.#byPurpose.set(purposeOf(connection.flow), connection);
	}

	remove(connection: Connection): void {
		if (!this.#byId.delete(connection.flow.connection)) return;
		if (connection.accepted) return this.#aliases.remove(connection);
		this.#opened -= 1;
		const purpose = purposeOf(connection.flow);
		if (this.#byPurpose.get(purpose) === connection) this.#byPurpose.delete(purpose);
	}

	/** The connection that this flow names; undefined when it is gone, or was never the one the flow means. */
	find(flow: Flow): Connection | undefined {
		const connection = this.#byId.get(flow.connection);
		if (connection === undefined || !usable(connection)) return undefined;
		const { transport, listener, host, port } = connection.flow;
		const same =
			transport === flow.transport &&
			listener === flow.listener &&
			host === flow.host &&
			port === flow.port;
		return same ? connection : undefined;
	}

	/** The client of this flow takes our requests on it too, as if we had connected to that port (RFC 5923 §8.2). */
	alias(flow: Flow, port: number): void {
		const connection = this.find(flow);
		if (connection?.accepted) this.#aliases.add(connection, port);
	}

	/** One that goes where this flow wants to go: of ours, or offered for it by who proved to be there. */
	reusable(flow: Flow): Connection | undefined {
		const purpose = purposeOf(flow);
		const connection = this.#byPurpose.get(purpose) ?? this.#aliases.find(purpose);
		return connection !== undefined && usable(connection) ? connection : undefined;
	}

	sweep(now: Milliseconds): void {
		for (const connection of this.#byId.values()) connection.sweep(now);
	}

	all(): Iterable<Connection> {
		return this.#byId.values();
	}

	#evict(now: Milliseconds): boolean {
		const { counters, limits } = this.#options;
		const idle = [...this.#byId.values()]
			.filter((connection) => this.#evictable(connection, now))
			.sort((one, other) => one.lastMessage - other.lastMessage)
			.slice(0, Math.ceil(limits.connections / EVICTED_ONE_IN));
		for (const connection of idle) {
			counters.connectionsEvicted += 1;
			connection.destroy("made room for another connection");
		}
		return idle.length > 0;
	}

	#evictable(connection: Connection, now: Milliseconds): boolean {
		const { inUse, limits } = this.#options;
		const { flow, lastMessage, spoken, state } = connection;
		if (state !== "open") return false;
		if (!spoken) return true;
		if (now - lastMessage < limits.idleAtLeastMs || inUse(flow.connection)) return false;
		const waited = this.#waitedOn(now);
		const names = [flow.connection, purposeOf(flow), ...this.#aliases.of(connection)];
		return !names.some((name) => waited.has(name));
	}

	#waitedOn(now: Milliseconds): Waited {
		if (now < this.#waitedUntil) return this.#waited;
		const waited = new Set<number | string>();
		for (const flow of this.#options.waitedOn())
			if (flow.connection !== 0) waited.add(flow.connection);
			else if (flow.transport !== "udp") waited.add(purposeOf(flow));
		this.#waited = waited;
		this.#waitedUntil = now + this.#options.limits.sweepMs;
		return waited;
	}
}

function usable({ state }: Connection): boolean {
	return state !== "closing" && state !== "closed";
}
