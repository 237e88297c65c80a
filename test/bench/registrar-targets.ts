/** The registrars that the benchmark compares, each on its own core: in memory, and with an SQLite file. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Program } from "../support/process.ts";
import { killTree } from "../support/process-tree.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import {
	certificateFiles,
	KAMAILIO_LISTENS,
	kamailioArgs,
	type ListenPlace,
	listenLines,
	PROXY_CORE,
	startPinned,
} from "./targets.ts";

export const HOST = "127.0.0.1";

export type RunningRegistrar = {
	readonly pid: number;
	/** Rows of its file; undefined where it has none. */
	readonly written: (() => number) | undefined;
	/** Octets that are taken of its own shared memory; undefined where it has none, or does not say. */
	readonly sharedBytes: (() => number) | undefined;
	/** Killed by SIGKILL and started again. */
	restart(): Promise<void>;
	stop(): Promise<unknown>;
};
export type Registrar = {
	readonly name: string;
	readonly transports: readonly ListenPlace["transport"][];
	/** REGISTERs before it is measured: as many as a compiler needs to compile what is hot. */
	readonly warmUp: number;
	/** One that waits for the disk with every answer gets fewer, or it would take all day. */
	readonly bindingsMax: number;
	/** Whether its answers are timed while its bindings expire. */
	readonly expires: boolean;
	start(place: ListenPlace, users: readonly string[]): Promise<RunningRegistrar>;
};

function sipwright(
	name: string,
	store: "memory" | "sqlite",
	transports: Registrar["transports"],
): Registrar {
	return {
		name,
		transports,
		warmUp: 15_000,
		bindingsMax: Infinity,
		expires: true,
		start: async (place, users) => {
			const device = (user: string) => `"${user}": { type: Extension, contact: "*" }\n`;
			const running = await startSipwright({
				prefix: PROXY_CORE,
				config: [
					...listenLines(place),
					"state: ./state",
					`location: { store: ${store} }`,
					"registrar: { min-expires: 1 }",
					"devices: devices.yaml",
				].join("\n"),
				files: {
					...certificateFiles(place.certificate),
					"devices.yaml": users.map(device).join(""),
				},
			});
			const file = join(running.folder.path, "state/location.sqlite");
			return {
				get pid() {
					return running.pid;
				},
				written: store === "memory" ? undefined : () => rowsOf(file),
				sharedBytes: undefined,
				restart: () => running.crash(),
				stop: () => running.stop(),
			};
		},
	};
}

function kamailio(
	name: string,
	mode: 0 | 1 | 2,
	transports: Registrar["transports"],
	bindingsMax = Infinity,
): Registrar {
	return {
		name,
		transports,
		warmUp: 2_000,
		bindingsMax,
		expires: false,
		start: async (place) => {
			const folder = tempFolder();
			const file = join(folder.path, "kamailio.sqlite");
			if (mode > 0) makeTables(file);
			const start = () => startKamailio(place, folder, mode > 0 ? withFile(file, mode) : []);
			let running = await start();
			return {
				get pid() {
					return running.pid;
				},
				written: mode === 0 ? undefined : () => rowsOf(file),
				sharedBytes: place.transport === "udp" ? undefined : () => sharedBytes(folder),
				restart: async () => {
					// Its children outlive it, with its port.
					killTree(running.pid);
					await running.ended;
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
	sipwright("Sipwright", "memory", ["udp", "tls", "tcp", "wss"]),
	sipwright("Sipwright, SQLite", "sqlite", ["udp"]),
	kamailio("Kamailio", 0, ["udp", "tls", "tcp"]),
	kamailio("Kamailio, SQLite, written once a second", 2, ["udp"]),
	kamailio("Kamailio, SQLite, written before the answer", 1, ["udp"], 3_000),
];

/** At a start it reads the whole file into private memory, of which its default, 8 MB, is too little. */
const PRIVATE_MB = "1024";

async function startKamailio(
	place: ListenPlace,
	folder: TempFolder,
	more: readonly string[],
): Promise<Program> {
	const args = [...kamailioArgs("kamailio-registrar.cfg", place, folder), "-M", PRIVATE_MB];
	const control = ["-A", `CONTROL="unix:${controlOf(folder)}"`];
	const program = startPinned("kamailio", [...args, ...control, ...more]);
	try {
		await program.printed(KAMAILIO_LISTENS);
	} catch (error) {
		await program.stop();
		throw error;
	}
	return program;
}

function sharedBytes(folder: TempFolder): number {
	const command = ["-s", `unixs:${controlOf(folder)}`, "core.shmmem"];
	const text = execFileSync("kamcmd", command, { encoding: "utf8" });
	return Number(/real_used: (\d+)/.exec(text)?.[1]);
}

function controlOf({ path }: TempFolder): string {
	return join(path, "control");
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
