/** Opens the store of registrations that the configuration names. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Binding } from "./base/binding.ts";
import { type Listener, reliable } from "./base/flow.ts";
import type { Log } from "./base/log.ts";
import type { Config, NodeConfig, RedisConfig } from "./config/config.ts";
import { boundListeners } from "./engine-listen.ts";
import { now } from "./host/clock.ts";
import { pathValue } from "./leg/path-uri.ts";
import type { Signing } from "./leg/seal.ts";
import { MemoryStore } from "./location/memory.ts";
import type { RedisServer } from "./location/redis-connection.ts";
import { SqliteStore } from "./location/sqlite.ts";
import type { LocationStore } from "./location/store.ts";

export type StoreOptions = {
	readonly log: Log;
	/** Those that are open; none yet while the store is opened. */
	readonly listeners: () => readonly Listener[];
	/** Of the moment: keys may be replaced. */
	readonly signing: () => Signing;
	/** Another node has changed the bindings of this device. */
	readonly changed: (device: string) => void;
	/** A node that was reached there, at `host:port`, is away. */
	readonly away: (at: readonly string[]) => void;
};

/** With Redis, when what it holds is known, or was waited for long enough. */
export async function openStore(config: Config, options: StoreOptions): Promise<LocationStore> {
	const { location, node, state } = config;
	const { log } = options;
	const listeners = () => boundListeners(config, options.listeners());
	if (location.store === "memory") return new MemoryStore();
	if (location.store !== "redis") {
		const { window } = location;
		const file = join(state, "location.sqlite");
		return new SqliteStore({ file, log, listeners, window, now: now() });
	}
	if (node === undefined) throw new Error("nodes that share their registrations have names");
	const { signing, changed, away } = options;
	const addresses = [node.address, ...(node.secureAddress ? [node.secureAddress] : [])];
	// Only who shares registrations pays for its client: 8 MB of heap, and more. It makes a subclass of
	// String, and V8 then gives up what it had assumed of all strings: a tenth of the cost of a call.
	const { RedisStore } = await import("./location/redis.ts");
	const store = new RedisStore({
		server: await redisServer(location),
		prefix: location.prefix,
		here: { name: node.name, listeners, path: (binding) => pathOf(binding, node, signing()) },
		run: signing().boot.toString(16),
		keys: () => fingerprints(signing()),
		at: addresses.map(({ host, port }) => `${host}:${port}`),
		...{ log, now, changed, away },
	});
	await store.opened();
	return store;
}

async function redisServer({ server }: RedisConfig): Promise<RedisServer> {
	const { tls } = server;
	if (tls === undefined) return { ...server, tls };
	const ca = tls.ca === undefined ? undefined : [await readFile(tls.ca, "utf8")];
	return { ...server, tls: { ca } };
}

/** Where other nodes send calls to it. The connection of an earlier run is gone, and so is what led along it. */
function pathOf(
	binding: Binding,
	{ address, secureAddress }: NodeConfig,
	signing: Signing,
): string {
	const { flow, scheme } = binding;
	const { uri } = scheme === "sips" ? (secureAddress ?? address) : address;
	const stale = reliable(flow.transport) && flow.connection === 0;
	return pathValue(stale ? { ...flow, stale } : flow, uri, signing);
}

/** Nodes that have the same keys say the same of them, and nobody learns a key from that. */
function fingerprints({ keys, hmac }: Signing): readonly string[] {
	const others = keys.all.filter((key) => key !== keys.current);
	return [keys.current, ...others].map(({ secret }) =>
		Buffer.from(hmac(secret, "sipwright node").slice(0, 6), "latin1").toString("hex"),
	);
}
