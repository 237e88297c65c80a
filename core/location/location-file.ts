/**
 * The SQLite file that keeps bindings (RFC 3261 §10.3): a row for each device, which has all of its bindings
 * as JSON, so that no device is ever half written. Read when the process starts, written by a thread.
 */
import {
	closeSync,
	existsSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
} from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import type { Milliseconds } from "../base/clock.ts";
import { LocationError } from "./location-error.ts";

/** The bindings of a device as a JSON array; "" when it has none. */
export type DeviceText = { readonly device: string; readonly bindings: string };

export class LocationFile {
	readonly #database: Database.Database;
	readonly #path: string;
	readonly #inode: bigint | undefined;
	readonly #write: (devices: readonly DeviceText[]) => void;

	/** Throws a `LocationError`. */
	constructor(path: string) {
		this.#path = path;
		this.#database = openDatabase(path);
		try {
			prepare(this.#database, path);
			this.#write = writer(this.#database);
			this.#inode = inodeOf(path);
		} catch (error) {
			this.#database.close();
			throw asLocationError(error, path);
		}
	}

	/** Throws a `LocationError` when the file is not what it should be. */
	read(): readonly DeviceText[] {
		return reading(this.#path, () => {
			const check = this.#database.pragma("quick_check(1)", { simple: true });
			if (check !== "ok") throw new LocationError("LOCATION_CORRUPT", this.#path, String(check));
			return select(this.#database);
		});
	}

	/** Whether it is still found where it was opened: a file that was removed can be written without an error. */
	get inPlace(): boolean {
		return reading(this.#path, () => inodeOf(this.#path) === this.#inode);
	}

	get empty(): boolean {
		return reading(
			this.#path,
			() => this.#database.prepare(`${SELECT} LIMIT 1`).get() === undefined,
		);
	}

	/** One transaction: on the disk when this returns. Throws a `LocationError`, and then nothing is changed. */
	write(devices: readonly DeviceText[]): void {
		reading(this.#path, () => this.#write(devices));
	}

	close(): void {
		this.#database.close();
	}
}

/** What a file says that may not be written, or whose folder may not. Throws a `LocationError`. */
export function readOnly(path: string): readonly DeviceText[] {
	return reading(path, () => {
		const database = new Database(existsSync(`${path}-shm`) ? path : withoutLog(path), {
			readonly: true,
		});
		try {
			return select(database);
		} finally {
			database.close();
		}
	});
}

/** SQLite makes a file beside one that has a write-ahead log, even to read it: so this is a copy that has none. */
function withoutLog(path: string): Buffer {
	const octets = readFileSync(path);
	// https://sqlite.org/fileformat2.html#file_format_version_numbers
	for (const version of [18, 19]) octets[version] = 1;
	return octets;
}

/** Out of the way of a new one, and kept: somebody may want to look. Returns where it is now. */
export function setAside(path: string): string {
	const aside = `${path}.damaged`;
	for (const companion of ["", "-wal", "-shm"]) {
		rmSync(aside + companion, { force: true });
		if (existsSync(path + companion)) renameSync(path + companion, aside + companion);
	}
	return aside;
}

/** Made readable by its owner only, and SQLite gives its companions the same mode: it says who is where. */
function openDatabase(path: string): Database.Database {
	return reading(path, () => {
		mkdirSync(dirname(path), { recursive: true });
		closeSync(openSync(path, "a", 0o600));
		return new Database(path, { timeout: BUSY });
	});
}

function prepare(database: Database.Database, path: string): void {
	const version = Number(database.pragma("user_version", { simple: true }));
	if (version > VERSION)
		throw new LocationError("LOCATION_NEWER", path, "was written by a later version");
	database.pragma("journal_mode = WAL");
	// What is committed survives a power cut too: a thread waits for the disk, and few transactions are many registrations.
	database.pragma("synchronous = FULL");
	database.pragma(`wal_autocheckpoint = ${PAGES_IN_LOG}`);
	if (version < VERSION) database.transaction(() => database.exec(SCHEMA))();
}

function writer(database: Database.Database): (devices: readonly DeviceText[]) => void {
	const put = database.prepare("INSERT OR REPLACE INTO location VALUES (?, ?)");
	const remove = database.prepare("DELETE FROM location WHERE device = ?");
	return database.transaction((devices: readonly DeviceText[]) => {
		for (const { device, bindings } of devices)
			if (bindings === "") remove.run(device);
			else put.run(device, bindings);
	});
}

function inodeOf(path: string): bigint | undefined {
	return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function select(database: Database.Database): readonly DeviceText[] {
	return database.prepare<[], DeviceText>(SELECT).all();
}

/** Whatever went wrong with the file. */
export function asLocationError(error: unknown, path: string): LocationError {
	if (error instanceof LocationError) return error;
	const reason = error instanceof Error ? error.message : String(error);
	const damaged = error instanceof Database.SqliteError && DAMAGED.test(error.code);
	const code = damaged ? "LOCATION_CORRUPT" : "LOCATION_UNWRITABLE";
	return new LocationError(code, path, reason, error);
}

function reading<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		throw asLocationError(error, path);
	}
}

const DAMAGED = /^SQLITE_(CORRUPT|NOTADB|ERROR|SCHEMA)/;
const VERSION = 2;
const SCHEMA = `
	DROP TABLE IF EXISTS bindings;
	CREATE TABLE location (device TEXT PRIMARY KEY, bindings TEXT NOT NULL) WITHOUT ROWID;
	PRAGMA user_version = ${VERSION};
`;
const SELECT = "SELECT device, bindings FROM location";
/** Somebody else holds the file: tried again later rather than waited for. */
const BUSY: Milliseconds = 50;
/** 16 MB: then it is written into the file itself. */
const PAGES_IN_LOG = 4_000;
