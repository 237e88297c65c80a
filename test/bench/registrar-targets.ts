/** The registrars that the benchmark compares, each on its own core: in memory, and with an SQLite file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { startProgram } from "../support/process.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { KAMAILIO_SHARED_MB, PROXY_CORE } from "./targets.ts";

export const HOST = "127.0.0.1";

export type RunningRegistrar = {
	readonly pid: number;
	/** Rows of its file; undefined where it has none. */
	readonly written: (() => number) | undefined;
	/** Killed by SIGKILL and started again. */
	restart(): Promise<void>;
	stop(): Promise<unknown>;
};
export type Registrar = {
	readonly name: string;
	/** REGISTERs before it is measured: as many as a compiler needs to compile what is hot. */
	readonly warmUp: number;
	/** One that waits for the disk with every answer gets fewer, or it would take all day. */
	readonly bindings: number;
	start(port: number, users: readonly string[]): Promise<RunningRegistrar>;
};

const BINDINGS = 100_000;

function sipwright(name: string, store: "memory" | "sqlite"): Registrar {
	return {
		name,
		warmUp: 15_000,
		bindings: BINDINGS,
		start: async (port, users) => {
			const device = (user: string) => `"${user}": { type: Extension, contact: "*" }\n`;
			const running = await startSipwright({
				prefix: PROXY_CORE,
				config: [
					"listen:",
					`  - { transport: udp, address: "${HOST}:${port}", tcp: no }`,
					"state: ./state",
					`location: { store: ${store} }`,
					"devices: devices.yaml",
				].join("\n"),
				files: { "devices.yaml": users.map(device).join("") },
			});
			const file = join(running.folder.path, "state/location.sqlite");
			return {
				get pid() {
					return running.pid;
				},
				written: store === "memory" ? undefined : () => rowsOf(file),
				restart: () => running.crash(),
				stop: () => running.stop(),
			};
		},
	};
}

function kamailio(name: string, mode: 0 | 1 | 2, bindings: number): Registrar {
	return {
		name,
		warmUp: 2_000,
		bindings,
		start: async (port) => {
			const folder = tempFolder();
			const file = join(folder.path, "kamailio.sqlite");
			if (mode > 0) makeTables(file);
			const start = () => startKamailio(port, folder.path, mode > 0 ? withFile(file, mode) : []);
			let running = await start();
			return {
				get pid() {
					return running.pid;
				},
				written: mode === 0 ? undefined : () => rowsOf(file),
				restart: async () => {
					await running.stop("SIGKILL");
					running = await start();
				},
				stop: async () => {
					await running.stop();
					folder.remove();
				},
			};
		},
	};
}

export const REGISTRARS: readonly Registrar[] = [
	sipwright("Sipwright", "memory"),
	sipwright("Sipwright, SQLite", "sqlite"),
	kamailio("Kamailio", 0, BINDINGS),
	kamailio("Kamailio, SQLite, written once a second", 2, BINDINGS),
	kamailio("Kamailio, SQLite, written before the answer", 1, 3_000),
];

async function startKamailio(port: number, folder: string, more: readonly string[]) {
	const config = ["-f", join(import.meta.dirname, "kamailio-registrar.cfg"), "-DD", "-E"];
	const allocator = ["-x", "tlsf", "-X", "tlsf", "-m", `${KAMAILIO_SHARED_MB}`];
	const place = ["-Y", folder, "-l", `udp:${HOST}:${port}`];
	const [command = "", ...args] = [
		...PROXY_CORE,
		...["kamailio", ...config, ...allocator, ...place, ...more],
	];
	const program = startProgram(command, args);
	await program.printed(/Listening on[\s\S]*Aliases/);
	return program;
}

function withFile(file: string, mode: number): string[] {
	const names = [
		...["WITH_SQLITE", `DB_URL="sqlite:///${file}"`],
		...[`DB_JOURNAL="${file}=WAL;"`, `DB_MODE=${mode}`],
	];
	return names.flatMap((name) => ["-A", name]);
}

function makeTables(file: string): void {
	const database = new Database(file);
	for (const table of ["standard", "usrloc"])
		database.exec(readFileSync(`/usr/share/kamailio/db_sqlite/${table}-create.sql`, "utf8"));
	database.close();
}

function rowsOf(file: string): number {
	const database = new Database(file, { readonly: true, timeout: 5_000 });
	const rows = Number(database.prepare("SELECT count(*) FROM location").pluck().get());
	database.close();
	return rows;
}
