/**
 * The embedded default store: bindings in memory, written behind to one SQLite file.
 *
 * A change marks its device; the marked devices are written a little later, many in one
 * transaction. With the write-ahead log a process killed at any moment loses at most what was
 * marked (RFC 3261 §10.3 lets phones refresh it), and never half of a device.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { type BindingRow, type BoundListener, COLUMNS, fromRow, toRow } from "./binding-row.ts";
import { LocationError } from "./location-error.ts";
import { MemoryStore } from "./memory.ts";
import type { LocationStore } from "./store.ts";

export type SqliteOptions = {
	readonly file: string;
	readonly log: Log;
	/** Of this moment: bindings whose listener is gone move to another of the same transport, or end. */
	readonly listeners: () => readonly BoundListener[];
	readonly now: Milliseconds;
};

export class SqliteStore implements LocationStore {
	readonly #memory = new MemoryStore();
	readonly #file: string;
	readonly #log: Log;
	readonly #listeners: () => readonly BoundListener[];
	readonly #database: Database.Database;
	readonly #write: (devices: readonly string[]) => void;
	/** Devices whose rows are not what memory holds: at most one entry per device. */
	readonly #marked = new Set<string>();
	#timer: NodeJS.Timeout | undefined;
	#failing = false;

	/** Throws a `LocationError` when the file cannot be read or written. */
	constructor(options: SqliteOptions) {
		this.#file = options.file;
		this.#log = options.log;
		this.#listeners = options.listeners;
		this.#database = openDatabase(options.file);
		try {
			prepare(this.#database, options.file);
			this.#load(options.now);
			this.#write = this.#writer();
		} catch (error) {
			this.#database.close();
			throw asLocationError(error, options.file);
		}
	}

	get size(): number {
		return this.#memory.size;
	}

	bindings(device: string, now: Milliseconds): readonly Binding[] {
		return this.#memory.bindings(device, now);
	}

	apply(device: string, put: readonly Binding[], remove: readonly Binding[]): void {
		this.#memory.apply(device, put, remove);
		this.#mark(device);
	}

	restsOn(connection: number): boolean {
		return this.#memory.restsOn(connection);
	}

	dropFlow(connection: number): readonly Binding[] {
		return this.#markAll(this.#memory.dropFlow(connection));
	}

	sweep(now: Milliseconds): readonly Binding[] {
		return this.#markAll(this.#memory.sweep(now));
	}

	all(now: Milliseconds): Iterable<Binding> {
		return this.#memory.all(now);
	}

	async flush(): Promise<void> {
		try {
			while (this.#marked.size > 0) this.#writeSome();
		} catch (error) {
			throw asLocationError(error, this.#file);
		}
	}

	async close(): Promise<void> {
		clearTimeout(this.#timer);
		if (!this.#database.open) return;
		try {
			await this.flush();
		} finally {
			this.#database.close();
		}
	}

	#load(now: Milliseconds): void {
		// Browsers' connections ended with the run that had them, and nobody can connect to a browser.
		this.#database
			.prepare("DELETE FROM bindings WHERE expiresAt <= ? OR transport IN ('ws', 'wss')")
			.run(now);
		const listeners = this.#listeners();
		const rows = this.#database.prepare<[], BindingRow>(
			`SELECT ${NAMES.join(", ")} FROM bindings ORDER BY id`,
		);
		let lost = 0;
		for (const row of rows.iterate()) {
			const binding = fromRow(row, listeners);
			if (binding === undefined) lost += 1;
			else this.#memory.apply(binding.device, [binding], []);
		}
		if (lost > 0)
			this.#log.warn({ event: "location.lost", lost }, "bindings without a listener are gone");
	}

	#writer(): (devices: readonly string[]) => void {
		const values = NAMES.map((name) => `@${name}`).join(", ");
		const clear = this.#database.prepare("DELETE FROM bindings WHERE device = ?");
		const insert = this.#database.prepare(
			`INSERT INTO bindings (${NAMES.join(", ")}) VALUES (${values})`,
		);
		return this.#database.transaction((devices: readonly string[]) => {
			const listeners = this.#listeners();
			for (const device of devices) {
				clear.run(device);
				for (const binding of this.#memory.stored(device)) insert.run(toRow(binding, listeners));
			}
		});
	}

	#markAll(bindings: readonly Binding[]): readonly Binding[] {
		for (const { device } of bindings) this.#mark(device);
		return bindings;
	}

	#mark(device: string): void {
		this.#marked.add(device);
		this.#later(this.#failing ? RETRY : DELAY);
	}

	#later(delay: Milliseconds): void {
		if (this.#timer !== undefined || !this.#database.open) return;
		this.#timer = setTimeout(() => this.#tick(), delay).unref();
	}

	/** A disk that fails takes no call down: memory serves on, and the marks stay until they are written. */
	#tick(): void {
		this.#timer = undefined;
		try {
			this.#writeSome();
		} catch (error) {
			const { code, message } = asLocationError(error, this.#file);
			if (!this.#failing) this.#log.error({ event: "location.fails", code }, message);
			this.#failing = true;
		}
		if (this.#marked.size > 0) this.#later(this.#failing ? RETRY : 0);
	}

	/** One transaction, small enough that calls do not wait for it. */
	#writeSome(): void {
		const devices = first(this.#marked, DEVICES_AT_ONCE);
		this.#write(devices);
		for (const device of devices) this.#marked.delete(device);
		if (this.#failing) this.#log.info({ event: "location.writes" }, "bindings are saved again");
		this.#failing = false;
	}
}

function first(values: Iterable<string>, count: number): readonly string[] {
	const some: string[] = [];
	for (const value of values) {
		if (some.length === count) break;
		some.push(value);
	}
	return some;
}

/** Made readable by its owner only, and SQLite gives its companions the same mode: it says who is where. */
function openDatabase(file: string): Database.Database {
	try {
		mkdirSync(dirname(file), { recursive: true });
		closeSync(openSync(file, "a", 0o600));
		return new Database(file, { timeout: BUSY });
	} catch (error) {
		throw asLocationError(error, file);
	}
}

function prepare(database: Database.Database, file: string): void {
	const version = Number(database.pragma("user_version", { simple: true }));
	if (version > VERSION)
		throw new LocationError("LOCATION_NEWER", file, "was written by a later version");
	const check = database.pragma("quick_check(1)", { simple: true });
	if (check !== "ok") throw new LocationError("LOCATION_CORRUPT", file, String(check));

	database.pragma("journal_mode = WAL");
	// Killing the process loses nothing that was committed; a power cut may lose the last moments, never the file.
	database.pragma("synchronous = NORMAL");
	if (version < VERSION) database.transaction(() => database.exec(SCHEMA))();
}

function asLocationError(error: unknown, file: string): LocationError {
	if (error instanceof LocationError) return error;
	const reason = error instanceof Error ? error.message : String(error);
	const corrupt =
		error instanceof SyntaxError ||
		(error instanceof Database.SqliteError && CORRUPT.test(error.code));
	return new LocationError(
		corrupt ? "LOCATION_CORRUPT" : "LOCATION_UNWRITABLE",
		file,
		reason,
		error,
	);
}

const VERSION = 1;
const NAMES = Object.keys(COLUMNS);
const SCHEMA = `
	CREATE TABLE bindings (
		id INTEGER PRIMARY KEY,
		${Object.entries(COLUMNS)
			.map(([name, type]) => `${name} ${type}`)
			.join(", ")}
	);
	CREATE INDEX bindingsOfDevice ON bindings (device);
	PRAGMA user_version = ${VERSION};
`;
const CORRUPT = /^SQLITE_(CORRUPT|NOTADB|ERROR|SCHEMA)/;
/** How long a change may wait for others to be written with it. */
const DELAY: Milliseconds = 100;
/** After a failure. */
const RETRY: Milliseconds = 5_000;
/** Somebody else holds the file: tried again later rather than waited for. */
const BUSY: Milliseconds = 50;
const DEVICES_AT_ONCE = 500;
