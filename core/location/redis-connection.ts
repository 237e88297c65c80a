/**
 * The two connections to Redis: one asks, the other is told what nodes publish. It is connected while both are.
 * Lost ones are made again by themselves; nothing waits in here meanwhile (the store keeps what Redis has not got).
 */
import { Redis, type RedisOptions } from "ioredis";
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { SCRIPTS, type ScriptCommands } from "./redis-scripts.ts";

export type RedisServer = {
	/** IPv6 without brackets. */
	readonly host: string;
	readonly port: number;
	readonly database: number;
	/** An ACL user; undefined for the default one. */
	readonly user: string | undefined;
	readonly password: string | undefined;
	/** Undefined: in clear. `ca`: PEM text of authorities besides the system's. */
	readonly tls: { readonly ca: readonly string[] | undefined } | undefined;
};

/** For the log. */
export type Refused = "subscription" | "registrations" | "comparison" | "presence";

export type ConnectionUser = {
	connected(): void;
	lost(): void;
	published(message: string): void;
};

export class RedisConnection {
	/** `host:port`. */
	readonly name: string;
	readonly #asking: Redis & ScriptCommands;
	readonly #told: Redis;
	readonly #user: ConnectionUser;
	readonly #channel: string;
	readonly #log: Log;
	#subscribed = false;
	/** When Redis has refused it: it is asked again. */
	#again: NodeJS.Timeout | undefined;
	#connected = false;
	/** Said once, until all is well again. */
	#complained = false;
	/** What Redis does not do for us now. */
	readonly #refused = new Set<Refused>();
	#closed = false;

	constructor(
		server: RedisServer,
		{ channel, log, user }: { channel: string; log: Log; user: ConnectionUser },
	) {
		const { host, port } = server;
		this.name = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
		this.#channel = channel;
		this.#log = log;
		this.#user = user;
		this.#asking = this.#open(server, () => this.#ready()) as Redis & ScriptCommands;
		this.#told = this.#open(server, () => void this.#subscribe());
		this.#told.on("message", (_channel: string, message: string) => user.published(message));
	}

	get connected(): boolean {
		return this.#connected;
	}

	/** Each call rejects when it is not connected, or no longer. */
	get commands(): Redis & ScriptCommands {
		return this.#asking;
	}

	/** Commands for one round trip. The result of each, or its error. */
	async together(
		ask: (commands: ScriptCommands & Pick<Redis, "hgetall">) => void,
	): Promise<readonly (readonly [Error | null, unknown])[]> {
		const pipeline = this.#asking.pipeline();
		ask(pipeline as unknown as ScriptCommands & Pick<Redis, "hgetall">);
		return (await pipeline.exec()) ?? [];
	}

	/** Finds out whether the connection that is told still stands: nothing else is ever sent on it. */
	async ping(): Promise<void> {
		if (this.#subscribed) await this.#told.ping();
	}

	/** Redis is there and says no: it is full, a replica, or does not let this user. */
	refuses(what: Refused, reason: string): void {
		if (this.#refused.size === 0 && !this.#closed)
			this.#log.error(
				{ event: "location.redis-refuses", server: this.name, reason },
				`Redis at ${this.name} refuses ${what}: ${reason}`,
			);
		this.#refused.add(what);
		// A new connection may lead to the one that took over.
		if (reason.startsWith("READONLY")) this.#asking.disconnect(true);
	}

	does(what: Refused): void {
		if (!this.#refused.delete(what) || this.#refused.size > 0) return;
		this.#log.info(
			{ event: "location.redis-takes", server: this.name },
			`Redis at ${this.name} refuses nothing any more`,
		);
	}

	/** What is here and there agrees: the next loss is worth a line again. */
	agrees(): void {
		this.#complained = false;
	}

	close(): void {
		this.#closed = true;
		for (const client of [this.#asking, this.#told]) client.disconnect();
	}

	#open(server: RedisServer, ready: () => void): Redis {
		const client = new Redis(optionsFor(server));
		client.on("ready", ready);
		client.on("close", () => this.#close(client));
		client.on("error", (error: Error) => this.#complain(reasonOf(error)));
		return client;
	}

	async #subscribe(): Promise<void> {
		// A new connection asks at once: then whoever waits must not ask as well.
		clearTimeout(this.#again);
		try {
			await this.#told.subscribe(this.#channel);
			this.#subscribed = true;
			this.does("subscription");
			this.#ready();
		} catch (error) {
			if (this.#told.status !== "ready") return;
			this.refuses("subscription", reasonOf(error));
			this.#again = setTimeout(() => void this.#subscribe(), RETRY_MOST).unref();
		}
	}

	#ready(): void {
		if (this.#connected || this.#closed) return;
		if (!this.#subscribed || this.#asking.status !== "ready") return;
		this.#connected = true;
		this.#user.connected();
	}

	#close(client: Redis): void {
		if (client === this.#told) this.#subscribed = false;
		if (!this.#connected) return;
		this.#connected = false;
		this.#complain("the connection has closed");
		this.#user.lost();
	}

	#complain(reason: string): void {
		if (this.#complained || this.#closed) return;
		this.#complained = true;
		this.#log.error(
			{ event: "location.redis-away", server: this.name, reason },
			`Redis at ${this.name} is away: ${reason}. This node goes on with the registrations that it knows`,
		);
	}
}

function optionsFor(server: RedisServer) {
	const { host, port, database, user, password, tls } = server;
	return {
		host,
		port,
		db: database,
		...(user !== undefined && { username: user }),
		...(password !== undefined && { password }),
		...(tls && { tls: tls.ca === undefined ? {} : { ca: [...tls.ca] } }),
		scripts: SCRIPTS,
		connectTimeout: CONNECT,
		socketTimeout: SILENT,
		retryStrategy: (times: number) => Math.min(RETRY_FIRST * 2 ** (times - 1), RETRY_MOST),
		// It would ask for INFO, which not every user may; what is loading yet refuses, and is asked again.
		enableReadyCheck: false,
		enableOfflineQueue: false,
		autoResubscribe: false,
		autoResendUnfulfilledCommands: false,
		maxRetriesPerRequest: 0,
	} satisfies RedisOptions;
}

/** Nothing of the command: it may hold a password, or a device. */
export function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const { code, message } = error as NodeJS.ErrnoException;
	const said = message.replace(/\.? script: .*$|\.+$/, "");
	return said === "" ? (code ?? error.name) : said;
}

const CONNECT: Milliseconds = 3_000;
/** A server that has not answered for so long is away. */
const SILENT: Milliseconds = 5_000;
const RETRY_FIRST: Milliseconds = 50;
const RETRY_MOST: Milliseconds = 2_000;
