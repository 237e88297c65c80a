/**
 * Every stream connection, by id and, for those we opened, by what they may be reused for:
 * RFC 3261 §18, RFC 5923 §3. Two connections are alike only if transport, peer, TLS identity and
 * listener are: traffic meant for TLS finds no TCP connection, nor another domain's.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Connection } from "./connection.ts";
import type { TransportCounters } from "./counters.ts";
import { EVICTED_ONE_IN, type TransportLimits } from "./limits.ts";
import { sourceOf } from "./source.ts";

export type ConnectionTableOptions = {
	readonly limits: TransportLimits;
	readonly counters: TransportCounters;
	inUse(connection: number): boolean;
};

export class ConnectionTable {
	readonly #options: ConnectionTableOptions;
	readonly #byId = new Map<number, Connection>();
	/** Opened by us. */
	readonly #byPurpose = new Map<string, Connection>();
	/** Sockets by source, those in a handshake included. */
	readonly #accepted = new Map<string, number>();
	#acceptedInAll = 0;
	#opened = 0;
	#lastId = 0;
	#fullUntil = 0;

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

	/** Whether one more connection from this address may be accepted; counts it if so, until `leave`. */
	admit(address: string, now: Milliseconds): boolean {
		const source = sourceOf(address);
		const count = this.#accepted.get(source) ?? 0;
		if (count >= this.#options.limits.connectionsPerSource || !this.hasRoom(now)) {
			this.#options.counters.connectionsRefused += 1;
			return false;
		}
		this.#accepted.set(source, count + 1);
		this.#acceptedInAll += 1;
		return true;
	}

	leave(address: string): void {
		const source = sourceOf(address);
		const count = this.#accepted.get(source) ?? 0;
		if (count <= 1) this.#accepted.delete(source);
		else this.#accepted.set(source, count - 1);
		this.#acceptedInAll -= 1;
	}

	/** Makes room by closing idle connections that nobody needs, the longest idle first. */
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
		if (!this.#byId.delete(connection.flow.connection) || connection.accepted) return;
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

	/** One of ours that goes where this flow wants to go. Accepted connections never do (§18, TR-44). */
	reusable(flow: Flow): Connection | undefined {
		const connection = this.#byPurpose.get(purposeOf(flow));
		return connection !== undefined && usable(connection) ? connection : undefined;
	}

	sweep(now: Milliseconds): void {
		for (const connection of this.#byId.values()) connection.sweep(now);
	}

	all(): Iterable<Connection> {
		return this.#byId.values();
	}

	#evict(now: Milliseconds): boolean {
		const { counters, inUse, limits } = this.#options;
		const idle = [...this.#byId.values()]
			.filter(
				({ state, lastActive, flow }) =>
					state === "open" && now - lastActive >= limits.idleAtLeastMs && !inUse(flow.connection),
			)
			.sort((one, other) => one.lastActive - other.lastActive)
			.slice(0, Math.ceil(limits.connections / EVICTED_ONE_IN));
		for (const connection of idle) {
			counters.connectionsEvicted += 1;
			connection.destroy("made room for another connection");
		}
		return idle.length > 0;
	}
}

function usable({ state }: Connection): boolean {
	return state !== "closing" && state !== "closed";
}

function purposeOf({ transport, listener, host, port, serverName }: Flow): string {
	return `${transport} ${listener} ${port} ${host} ${serverName?.toLowerCase() ?? ""}`;
}
