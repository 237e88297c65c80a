/** Connections that a client opened and offers for our requests to it: RFC 5923 §8.2. */
import type { Flow } from "../base/flow.ts";
import type { Connection } from "./connection.ts";
import { ALIASED_IDENTITIES } from "./limits.ts";

/**
 * A row for each identity that the client proved: its address as we see it, the port of its
 * sent-by, and that identity. A request goes there when the address of its next hop and the domain
 * that was looked up both match (§8.2). Without a certificate there is no row (§9.2).
 */
export class Aliases {
	readonly #rows = new Map<string, Connection>();
	readonly #keys = new Map<Connection, readonly string[]>();

	/** Takes the place of what the connection offered before. */
	add(connection: Connection, port: number): void {
		this.remove(connection);
		const identities = connection.flow.identities ?? [];
		const keys = identities
			.slice(0, ALIASED_IDENTITIES)
			.map((serverName) => purposeOf({ ...connection.flow, port, serverName }));
		if (keys.length === 0) return;
		this.#keys.set(connection, keys);
		for (const key of keys) this.#rows.set(key, connection);
	}

	find(purpose: string): Connection | undefined {
		return this.#rows.get(purpose);
	}

	/** What it is offered for. */
	of(connection: Connection): readonly string[] {
		return this.#keys.get(connection) ?? [];
	}

	remove(connection: Connection): void {
		for (const key of this.of(connection))
			if (this.#rows.get(key) === connection) this.#rows.delete(key);
		this.#keys.delete(connection);
	}
}

/** What two connections have to have in common to stand for each other. */
export function purposeOf({ transport, listener, host, port, serverName }: Flow): string {
	return `${transport} ${listener} ${port} ${host} ${serverName?.toLowerCase() ?? ""}`;
}
