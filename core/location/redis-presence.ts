/** Says every few seconds that this node is there, and hears who else is (RFC 5626 §5.3: a flow ends with its node). */
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { type RedisConnection, reasonOf } from "./redis-connection.ts";
import { type Heard, type Nodes, type Says, SILENT_MAX } from "./redis-nodes.ts";

export type PresenceOptions = {
	readonly connection: RedisConnection;
	readonly nodes: Nodes;
	readonly name: string;
	/** Tells one run of this node from the next. */
	readonly run: string;
	/** `host:port`: where other nodes reach this one. */
	readonly at: readonly string[];
	/** Fingerprints of the signing keys, the one that signs first. */
	readonly keys: () => readonly string[];
	/** The hash in Redis. */
	readonly key: string;
	readonly channel: string;
	readonly log: Log;
	/** Redis does not know this node any more: it has lost what it had. */
	emptied(): void;
};

export class Presence {
	readonly #options: PresenceOptions;
	#beating: NodeJS.Timeout | undefined;
	#judging: NodeJS.Timeout | undefined;
	/** Since the connection was made. */
	#saidBefore = false;
	#twins = false;
	#refused = false;

	constructor(options: PresenceOptions) {
		this.#options = options;
	}

	/** Connected: others get the time to say that they are there before anybody counts as away. */
	async begin(): Promise<void> {
		this.pause();
		await this.#beat();
		this.pause();
		this.#saidBefore = true;
		this.#beating = setInterval(() => void this.#next(), BEAT).unref();
		this.#judgeLater();
	}

	#judgeLater(): void {
		clearTimeout(this.#judging);
		this.#judging = setTimeout(() => this.#options.nodes.judge(), SILENT_MAX).unref();
	}

	pause(): void {
		clearInterval(this.#beating);
		clearTimeout(this.#judging);
		this.#saidBefore = false;
		this.#options.nodes.pause();
	}

	/** In good order: the others need not find out. */
	async leave(): Promise<void> {
		const { connection, key, channel, name } = this.#options;
		await connection.commands.sipwrightLeave(key, channel, name);
	}

	async #next(): Promise<void> {
		const { connection, nodes } = this.#options;
		try {
			await Promise.all([this.#beat(), connection.ping()]);
			if (this.#refused) this.#judgeLater();
			this.#refused = false;
			connection.does("presence");
		} catch (error) {
			if (!connection.connected) return;
			// Nor can the others say that they are there.
			clearTimeout(this.#judging);
			nodes.pause();
			this.#refused = true;
			connection.refuses("presence", reasonOf(error));
		}
	}

	async #beat(): Promise<void> {
		const { connection, nodes, name, run, at, keys, key } = this.#options;
		const [current = "", ...others] = keys();
		const says = JSON.stringify({ run, key: current, at } satisfies Says);
		const reply = await connection.commands.sipwrightBeat(key, name, says, FORGOTTEN);
		const [before = "", ...rest] = reply;
		const emptied = this.#saidBefore && before === "";
		// The others are gone from there, too, until they speak again.
		if (emptied) nodes.pause();
		nodes.heard(readHeard(rest), [current, ...others]);
		if (!this.#saidBefore) return;
		if (emptied) this.#options.emptied();
		else this.#lookForTwin(before === says ? run : readSays(before)?.run);
	}

	#lookForTwin(said: string | undefined): void {
		const { run, name, log } = this.#options;
		if (said === run || this.#twins) return;
		this.#twins = true;
		log.error(
			{ event: "node.name-taken", node: name },
			`another node is named ${name}, too: calls to its phones get lost. Give each node a name of its own`,
		);
	}
}

function readHeard(words: readonly string[]): readonly Heard[] {
	const all: Heard[] = [];
	for (let at = 0; at + 2 < words.length; at += 3) {
		const [name = "", silent = "", says = ""] = words.slice(at, at + 3);
		all.push({ name, silent: Number(silent), says: readSays(says) });
	}
	return all;
}

function readSays(text: string): Says | undefined {
	try {
		const said: unknown = JSON.parse(text);
		const fits = typeof said === "object" && said !== null && "run" in said && "key" in said;
		if (!fits) return undefined;
		const at = "at" in said && Array.isArray(said.at) ? said.at.map(String) : [];
		return { run: String(said.run), key: String(said.key), at };
	} catch {
		return undefined;
	}
}

const BEAT: Milliseconds = 2_000;
/** One that has been silent for a day does not come back. */
const FORGOTTEN: Milliseconds = 86_400_000;
