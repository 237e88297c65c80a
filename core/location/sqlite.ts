/**
 * The embedded default store: bindings in memory, written behind to one SQLite file (RFC 3261 §10.3).
 *
 * A process that is killed loses at most what was changed within the window. Whatever happens to the file,
 * the service goes on from memory, and what the file misses is written when it can be.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { type BindingRow, type BoundListener, fromRow, toRow } from "./binding-row.ts";
import { LocationError } from "./location-error.ts";
import {
	asLocationError,
	type DeviceText,
	LocationFile,
	readOnly,
	setAside,
} from "./location-file.ts";
import type { Fault } from "./location-writer.ts";
import { MemoryStore } from "./memory.ts";
import type { LocationStore } from "./store.ts";
import { WriteBehind } from "./write-behind.ts";
import { WrittenApart } from "./written-apart.ts";

export type SqliteOptions = {
	readonly file: string;
	readonly log: Log;
	/** Of this moment: bindings whose listener is gone move to another of the same transport, or end. */
	readonly listeners: () => readonly BoundListener[];
	/** Within it a change is on the disk. */
	readonly window: Milliseconds;
	readonly now: Milliseconds;
};

export class SqliteStore implements LocationStore {
	readonly #memory = new MemoryStore();
	readonly #options: SqliteOptions;
	readonly #thread: WrittenApart;
	readonly #behind: WriteBehind;
	#closing: Promise<void> | undefined;

	/** Throws a `LocationError` when a later version has written the file. */
	constructor(options: SqliteOptions) {
		const { file, window, log } = options;
		this.#options = options;
		this.#thread = new WrittenApart(file);
		this.#behind = new WriteBehind({
			window,
			write: (devices) => this.#write(devices),
			failed: (error) => this.#fails(asLocationError(error, file)),
			recovered: () => log.info({ event: "location.writes" }, "bindings are saved again"),
			late: (took) => this.#late(took),
		});
		this.#load(this.#read());
		this.#thread.start();
	}

	get size(): number {
		return this.#memory.size;
	}

	bindings(device: string, now: Milliseconds): readonly Binding[] {
		return this.#memory.bindings(device, now);
	}

	apply(device: string, put: readonly Binding[], remove: readonly Binding[]): void {
		this.#memory.apply(device, put, remove);
		this.#behind.mark(device);
	}

	restsOn(connection: number): boolean {
		return this.#memory.restsOn(connection);
	}

	dropFlow(connection: number): readonly Binding[] {
		return this.#markAll(this.#memory.dropFlow(connection));
	}

	dropBinding(binding: Binding): boolean {
		const dropped = this.#memory.dropBinding(binding);
		if (dropped) this.#behind.mark(binding.device);
		return dropped;
	}

	sweep(now: Milliseconds): readonly Binding[] {
		return this.#markAll(this.#memory.sweep(now));
	}

	all(now: Milliseconds): Iterable<Binding> {
		return this.#memory.all(now);
	}

	async flush(): Promise<void> {
		try {
			await this.#behind.flush();
		} catch (error) {
			throw asLocationError(error, this.#options.file);
		}
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		try {
			await this.#behind.close();
		} catch (error) {
			throw asLocationError(error, this.#options.file);
		} finally {
			await this.#thread.close();
		}
	}

	#read(): readonly DeviceText[] {
		const { file } = this.#options;
		try {
			const opened = new LocationFile(file);
			try {
				return opened.read();
			} finally {
				opened.close();
			}
		} catch (error) {
			return this.#readInTrouble(asLocationError(error, file));
		}
	}

	#readInTrouble(error: LocationError): readonly DeviceText[] {
		const { file } = this.#options;
		if (error.code === "LOCATION_NEWER") throw error;
		this.#fails(error);
		try {
			if (error.code === "LOCATION_UNWRITABLE") return readOnly(file);
			setAside(file);
		} catch (second) {
			if (error.code === "LOCATION_CORRUPT") this.#fails(asLocationError(second, file));
		}
		return [];
	}

	#load(rows: readonly DeviceText[]): void {
		const { listeners, now, log } = this.#options;
		const bound = listeners();
		let lost = 0;
		for (const { device, bindings } of rows) {
			const stored = parsed(bindings);
			const alive = stored.filter((row) => row.expiresAt > now && !endedWithTheRun(row));
			const found = alive.map((row) => fromRow(row, bound)).filter((one) => one !== undefined);
			lost += stored.length === 0 ? 1 : alive.length - found.length;
			if (found.length > 0) this.#memory.apply(device, found, []);
			if (found.length !== stored.length || stored.length === 0) this.#behind.mark(device);
		}
		if (lost > 0)
			log.warn(
				{ event: "location.lost", lost },
				"bindings that have no listener any more, or cannot be read, are gone",
			);
	}

	async #write(devices: readonly string[]): Promise<void> {
		const listeners = this.#options.listeners();
		const batch = devices.map((device) => ({
			device,
			bindings: textOf(this.#memory.stored(device), listeners),
		}));
		const { failed, damaged, begun } = await this.#thread.write(batch);
		if (damaged !== undefined) this.#fails(this.#errorOf(damaged));
		if (failed !== undefined) throw this.#errorOf(failed);
		if (begun) for (const device of this.#memory.devices()) this.#behind.mark(device);
	}

	#errorOf({ code, reason }: Fault): LocationError {
		return new LocationError(code, this.#options.file, reason);
	}

	#fails({ code, message }: LocationError): void {
		this.#options.log.error({ event: "location.fails", code }, message);
	}

	#late(took: Milliseconds): void {
		const { file, window, log } = this.#options;
		const ms = Math.round(took);
		log.warn(
			{ event: "location.late", ms, window, waiting: this.#behind.size },
			`${file}: a registration was saved after ${ms} ms instead of ${window}: the disk or the processor is too slow`,
		);
	}

	#markAll(bindings: readonly Binding[]): readonly Binding[] {
		for (const { device } of bindings) this.#behind.mark(device);
		return bindings;
	}
}

function textOf(bindings: readonly Binding[], listeners: readonly BoundListener[]): string {
	if (bindings.length === 0) return "";
	return JSON.stringify(bindings.map((binding) => toRow(binding, listeners)));
}

/** Browsers' connections ended with the run that had them, and nobody can connect to a browser. */
function endedWithTheRun({ transport }: BindingRow): boolean {
	return transport === "ws" || transport === "wss";
}

/** Nothing of what no `textOf` has written. */
function parsed(text: string): readonly BindingRow[] {
	try {
		const rows: unknown = JSON.parse(text);
		return Array.isArray(rows) ? rows : [];
	} catch {
		return [];
	}
}
