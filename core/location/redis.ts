/**
 * The store that several nodes share: each has all bindings in memory, sends its own changes to Redis,
 * and is told those of the others (RFC 3261 §10.3, RFC 5626 §5.3).
 *
 * A REGISTER counts here at once and reaches Redis a few milliseconds later. While Redis is away this
 * node goes on with what it knows; when it is back, or has lost what it had, all is compared both ways.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { SharedStoreStatus } from "../base/shared-store.ts";
import { LocationError } from "./location-error.ts";
import { RedisConnection, type RedisServer, reasonOf } from "./redis-connection.ts";
import { decodeEntry, type Entry, type Here } from "./redis-entry.ts";
import { Nodes } from "./redis-nodes.ts";
import { Outbox } from "./redis-outbox.ts";
import { Presence } from "./redis-presence.ts";
import { Replica } from "./redis-replica.ts";
import { bindingKey, type LocationStore } from "./store.ts";

export type RedisStoreOptions = {
	readonly server: RedisServer;
	/** Every name in Redis begins with it. */
	readonly prefix: string;
	readonly here: Here;
	/** Tells one run of this node from the next. */
	readonly run: string;
	/** `host:port`: where other nodes reach this one. */
	readonly at: readonly string[];
	/** Fingerprints of the signing keys, of this moment: the one that signs first. */
	readonly keys: () => readonly string[];
	readonly log: Log;
	readonly now: () => Milliseconds;
	/** Another node has changed the bindings of this device. */
	readonly changed?: (device: string) => void;
	/** A node that was reached there is away: what was sent to it and not answered is lost. */
	readonly away?: (at: readonly string[]) => void;
};

export class RedisStore implements LocationStore {
	readonly #options: RedisStoreOptions;
	readonly #replica: Replica;
	readonly #connection: RedisConnection;
	readonly #nodes: Nodes;
	readonly #outbox: Outbox;
	readonly #presence: Presence;
	readonly #origin: string;
	readonly #devicePrefix: string;
	readonly #opened = Promise.withResolvers<void>();
	/** Of connections and comparisons: what an earlier one began is of no use. */
	#session = 0;
	#unreadable = false;
	#closed = false;

	constructor(options: RedisStoreOptions) {
		const { server, prefix, here, run, at, keys, log, now } = options;
		const channel = `${prefix}:changes`;
		this.#options = options;
		this.#origin = `${here.name} ${run}`;
		this.#devicePrefix = `${prefix}:device:`;
		this.#replica = new Replica(here.name);
		this.#nodes = new Nodes(here.name, log, (there) => options.away?.(there));
		const user = {
			connected: () => void this.#converge(),
			lost: () => this.#lost(),
			published: (message: string) => this.#published(message),
		};
		this.#connection = new RedisConnection(server, { channel, log, user });
		const shared = { connection: this.#connection, channel };
		this.#outbox = new Outbox({
			...shared,
			...{ replica: this.#replica, here, origin: this.#origin, now },
			keyOf: (device) => this.#devicePrefix + device,
			refused: (device, fields) => this.#merge(device, pairs(fields)),
		});
		this.#presence = new Presence({
			...shared,
			...{ nodes: this.#nodes, name: here.name, run, at, keys, key: `${prefix}:nodes`, log },
			emptied: () => this.#emptied(),
		});
	}

	/** Resolves when what Redis holds is known here, or has been waited for long enough. */
	async opened(patience: Milliseconds = PATIENCE): Promise<void> {
		const enough = setTimeout(this.#opened.resolve, patience);
		await this.#opened.promise;
		clearTimeout(enough);
	}

	get shared(): SharedStoreStatus {
		return {
			server: this.#connection.name,
			connected: this.#connection.connected,
			waiting: this.#outbox.size,
			nodes: this.#nodes.status,
		};
	}

	get size(): number {
		return this.#replica.memory.size;
	}

	bindings(device: string, now: Milliseconds): readonly Binding[] {
		return this.#replica.memory.bindings(device, now);
	}

	isPresent({ node }: Binding): boolean {
		return node === undefined || this.#nodes.isPresent(node);
	}

	apply(device: string, put: readonly Binding[], remove: readonly Binding[]): void {
		this.#send(device, this.#replica.apply(device, put, remove, this.#options.now()));
	}

	restsOn(connection: number): boolean {
		return this.#replica.memory.restsOn(connection);
	}

	dropFlow(connection: number): readonly Binding[] {
		const dropped = this.#replica.dropFlow(connection);
		for (const binding of dropped) this.#send(binding.device, [bindingKey(binding)]);
		return dropped;
	}

	dropBinding(binding: Binding): boolean {
		const dropped = this.#replica.dropBinding(binding);
		if (dropped) this.#send(binding.device, [bindingKey(binding)]);
		return dropped;
	}

	/** Redis does the same by itself. */
	sweep(now: Milliseconds): readonly Binding[] {
		return this.#replica.sweep(now);
	}

	all(now: Milliseconds): Iterable<Binding> {
		return this.#replica.memory.all(now);
	}

	async flush(): Promise<void> {
		await this.opened(GOODBYE);
		await this.#outbox.drain();
		const { name } = this.#connection;
		if (this.#outbox.size > 0) throw new LocationError("LOCATION_AWAY", name, "Redis is away");
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#session += 1;
		if (this.#connection.connected) await within(GOODBYE, this.#leave());
		this.#presence.pause();
		this.#outbox.close();
		this.#connection.close();
	}

	async #leave(): Promise<void> {
		await this.#outbox.drain();
		await this.#presence.leave();
	}

	#send(device: string, keys: Iterable<string>): void {
		this.#outbox.add(device, keys);
		if (this.#connection.connected) this.#outbox.later();
	}

	#lost(): void {
		this.#session += 1;
		this.#presence.pause();
	}

	#emptied(): void {
		const { name } = this.#connection;
		this.#options.log.warn(
			{ event: "location.redis-emptied", server: name },
			`Redis at ${name} has lost what it had: it is sent again`,
		);
		void this.#converge();
	}

	#published(message: string): void {
		const [kind, origin = "", device = "", ...fields] = message.split("\n");
		if (kind === "leave") this.#nodes.left(origin);
		if (kind !== "change" || origin === this.#origin) return;
		this.#merge(copied(device), pairs(fields));
	}

	/** Answers how many of these versions were news. */
	#merge(device: string, versions: readonly (readonly [string, string])[]): number {
		const entries = this.#read(device, versions);
		const news = this.#replica.merge(device, entries);
		if (news.length > 0) this.#options.changed?.(device);
		return news.length;
	}

	#read(device: string, versions: readonly (readonly [string, string])[]): readonly Entry[] {
		const { here, log } = this.#options;
		return versions.flatMap(([field, value]) => {
			const entry = decodeEntry(device, field, value, here);
			if (entry !== undefined) return entry;
			if (!this.#unreadable)
				log.warn(
					{ event: "location.redis-unreadable", device, server: this.#connection.name },
					"Redis holds bindings that this version cannot read: they are left alone",
				);
			this.#unreadable = true;
			return NONE;
		});
	}

	/** All bindings here and in Redis are compared, and each side gets what it has not got. */
	async #converge(): Promise<void> {
		this.#session += 1;
		const session = this.#session;
		const goesOn = () => this.#session === session;
		const started = this.#options.now();
		const before = this.#outbox.sent;
		try {
			await this.#presence.begin();
			const read = await this.#compareAll(goesOn);
			if (goesOn()) await this.#outbox.drain();
			if (!goesOn()) return;
			this.#agreed({
				...read,
				sent: this.#outbox.sent - before,
				ms: Math.round(this.#options.now() - started),
			});
		} catch (error) {
			if (!goesOn() || !this.#connection.connected) return;
			this.#connection.refuses("comparison", reasonOf(error));
			setTimeout(() => goesOn() && void this.#converge(), RETRY).unref();
		}
	}

	#agreed(counts: { devices: number; taken: number; sent: number; ms: Milliseconds }): void {
		const { devices, taken, sent, ms } = counts;
		const { name } = this.#connection;
		this.#connection.does("comparison");
		this.#connection.agrees();
		this.#options.log.info(
			{ event: "location.redis-converged", server: name, ...counts },
			`Redis at ${name} and this node agree: ${devices} devices read, ${taken} bindings taken, ${sent} sent, in ${ms} ms`,
		);
		this.#opened.resolve();
	}

	async #compareAll(goesOn: () => boolean): Promise<{ devices: number; taken: number }> {
		const missing = new Set(this.#replica.devices);
		const counts = { devices: 0, taken: 0 };
		let cursor = "0";
		do {
			const page = ["MATCH", `${this.#devicePrefix}*`, "COUNT", KEYS_AT_ONCE] as const;
			const [next, keys] = await this.#connection.commands.scan(cursor, ...page);
			const devices = keys.map((key) => copied(key.slice(this.#devicePrefix.length)));
			counts.taken += await this.#compareSome(devices);
			for (const device of devices) missing.delete(device);
			counts.devices += devices.length;
			cursor = next;
		} while (cursor !== "0" && goesOn());
		if (goesOn())
			for (const device of missing) this.#sendLater(device, this.#replica.entries(device));
		return counts;
	}

	async #compareSome(devices: readonly string[]): Promise<number> {
		const hashes = await this.#connection.together((commands) => {
			for (const device of devices) void commands.hgetall(this.#devicePrefix + device);
		});
		let taken = 0;
		for (const [index, device] of devices.entries()) {
			const [error, hash] = hashes[index] ?? [null, {}];
			// Somebody else's key is left alone.
			if (error !== null && !error.message.startsWith("WRONGTYPE")) throw error;
			taken += this.#compare(device, Object.entries((hash ?? {}) as Record<string, string>));
		}
		return taken;
	}

	#compare(device: string, versions: readonly (readonly [string, string])[]): number {
		const taken = this.#merge(device, versions);
		const there = new Map(this.#read(device, versions).map(({ key, stamp }) => [key, stamp]));
		const isLater = ({ key, stamp }: Entry) => stamp > (there.get(key) ?? -1);
		this.#sendLater(device, this.#replica.entries(device).filter(isLater));
		return taken;
	}

	#sendLater(device: string, entries: readonly Entry[]): void {
		const now = this.#options.now();
		const keys = entries.filter(({ keep }) => keep > now).map(({ key }) => key);
		if (keys.length > 0) this.#outbox.add(device, keys);
	}
}

function pairs(words: readonly string[]): readonly (readonly [string, string])[] {
	const found: [string, string][] = [];
	for (let at = 0; at + 1 < words.length; at += 2)
		found.push([words[at] ?? "", words[at + 1] ?? ""]);
	return found;
}

/** A slice keeps what it was cut from. */
function copied(text: string): string {
	return JSON.parse(JSON.stringify(text));
}

async function within(limit: Milliseconds, done: Promise<void>): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const enough = setTimeout(resolve, limit);
	await Promise.race([promise, done.catch(() => {})]);
	clearTimeout(enough);
}

const NONE: readonly Entry[] = [];
/** At the start: nothing arrives before it can be served, but for so long only. */
const PATIENCE: Milliseconds = 5_000;
const GOODBYE: Milliseconds = 2_000;
const RETRY: Milliseconds = 2_000;
const KEYS_AT_ONCE = 500;
