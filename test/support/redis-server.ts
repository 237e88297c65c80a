/** A Redis of its own for a test, on a free port: it can be killed, started again, and asked. */
import { Redis } from "ioredis";
import type { RedisServer } from "../../core/location/redis-connection.ts";
import { freePort } from "./ports.ts";
import { type Program, startProgram } from "./process.ts";
import { tempFolder } from "./temp-folder.ts";

export type TestRedis = {
	readonly server: RedisServer;
	/** Of its folder: what it saves, and certificates. */
	readonly folder: string;
	/** Answers as redis-cli would. */
	ask(...words: readonly [string, ...string[]]): Promise<unknown>;
	kill(): Promise<void>;
	/** Again on the same port; without what it had unless it saved it. */
	start(): Promise<void>;
	close(): Promise<void>;
};

/** `settings`: further lines of its configuration, with PORT and DIR; `server`: how it is reached; `files`: in its folder. */
export async function startRedis(
	settings: readonly string[] = [],
	server: Partial<RedisServer> = {},
	files: Readonly<Record<string, string>> = {},
): Promise<TestRedis> {
	const folder = tempFolder();
	const port = await freePort();
	for (const [name, text] of Object.entries(files)) folder.write(name, text);
	const plain = server.tls === undefined ? port : 0;
	const lines = [
		...["bind 127.0.0.1", `port ${plain}`, `dir ${folder.path}`, 'save ""', "daemonize no"],
		...settings.map((line) => line.replaceAll("PORT", String(port)).replaceAll("DIR", folder.path)),
	];
	const file = folder.write("redis.conf", `${lines.join("\n")}\n`);
	const all: RedisServer = {
		...{ host: "127.0.0.1", port, database: 0, user: undefined, password: undefined },
		tls: undefined,
		...server,
	};
	let program: Program | undefined;
	const start = async () => {
		program = startProgram("redis-server", [file]);
		await program.printed(/Ready to accept connections/);
	};
	await start();
	return {
		server: all,
		folder: folder.path,
		ask: (command, ...rest) => ask(all, command, rest),
		kill: async () => void (await program?.stop("SIGKILL")),
		start,
		close: async () => {
			await program?.stop("SIGKILL");
			folder.remove();
		},
	};
}

async function ask(server: RedisServer, command: string, words: readonly string[]) {
	const { host, port, password, tls } = server;
	const client = new Redis({
		...{ host, port, db: server.database, lazyConnect: true, maxRetriesPerRequest: 0 },
		...(password !== undefined && { password }),
		...(server.user !== undefined && { username: server.user }),
		...(tls && { tls: { ca: [...(tls.ca ?? [])] } }),
	});
	try {
		await client.connect();
		return await client.call(command, ...words);
	} finally {
		client.disconnect();
	}
}
