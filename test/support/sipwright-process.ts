/** The real program as a child process, with a configuration and a state folder of its own. */
import { join } from "node:path";
import type { ProcessStatus } from "../../core/admin/status.ts";
import { askAdmin } from "../../core/commands/admin-client.ts";
import { freePort } from "./ports.ts";
import { type Program, startProgram } from "./process.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
const MAIN = join(REPOSITORY, "core/main.ts");
const LAUNCHER = join(REPOSITORY, "core/sipwright.js");

export type SipwrightOptions = {
	/** The YAML text. Paths in it are relative to the folder; the admin API gets a free port. */
	readonly config: string;
	/** More files of that folder, by name: route scripts, certificates. */
	readonly files?: Record<string, string>;
	/** Words put before the command, such as `taskset -c 0`. */
	readonly prefix?: readonly string[];
	readonly nodeArgs?: readonly string[];
	readonly logLevel?: "debug";
	/** A supervisor and its worker, as `sipwright run` starts them; without it one process. */
	readonly supervised?: boolean;
};

export type LogLine = { readonly [field: string]: unknown };

export type Sipwright = {
	/** Of the supervisor, where there is one. */
	readonly pid: number;
	readonly folder: TempFolder;
	/** The log so far, one object per line. */
	log(): LogLine[];
	/** Resolves with the match once the log has it. */
	logged(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
	signal(name: NodeJS.Signals): void;
	/** Ends it by SIGKILL, as a crash would, and starts it again with the same configuration and state. */
	crash(): Promise<void>;
	/** Writes another configuration and runs `sipwright reload`; rejects with what that says when it is refused. */
	reload(config: string): Promise<void>;
	/** What `sipwright status` says. */
	status(): Promise<ProcessStatus>;
	/** What that counts. */
	counters(): Promise<ProcessStatus["counters"]>;
	readonly ended: Promise<number | null>;
	/** Ends it and removes its folder; rejects when SIGTERM did not end it in good order. */
	stop(): Promise<void>;
};

/** Resolves when the log says `"event":"ready"`. */
export async function startSipwright(options: SipwrightOptions): Promise<Sipwright> {
	const folder = tempFolder();
	for (const [name, text] of Object.entries(options.files ?? {})) folder.write(name, text);
	const admin = `admin: { address: "127.0.0.1:${await freePort()}" }`;
	const write = (config: string) => folder.write("sipwright.yaml", `${config}\n${admin}\n`);
	const file = write(options.config);
	const flags = options.supervised ? [] : ["--no-node-snapshot"];
	const [command = "", ...args] = [
		...(options.prefix ?? []),
		process.execPath,
		...flags,
		...(options.nodeArgs ?? []),
		options.supervised ? LAUNCHER : MAIN,
		"run",
		"--config",
		file,
		...(options.logLevel === undefined ? [] : ["--log-level", options.logLevel]),
	];
	const start = async () => {
		const program = startProgram(command, args, { cwd: folder.path });
		try {
			await program.printed(/"event":"ready"/);
		} catch (error) {
			await program.stop();
			folder.remove();
			throw error;
		}
		return program;
	};
	const reload = async (config: string) => {
		const command = startProgram(process.execPath, [MAIN, "reload", "--config", write(config)]);
		if ((await command.ended) !== 0) throw new Error(command.output());
	};
	const status = async () => {
		const answer = await askAdmin("GET", "/status", file);
		if (answer.kind === "silence") throw new Error(answer.reason);
		return answer.body as ProcessStatus;
	};
	return running(await start(), { start, reload, status, folder });
}

type Surroundings = Pick<Sipwright, "reload" | "status" | "folder"> & {
	start(): Promise<Program>;
};

function running(first: Program, { start, reload, status, folder }: Surroundings): Sipwright {
	let program = first;
	return {
		get pid() {
			return program.pid;
		},
		folder,
		log: () => logLines(program.output()),
		logged: (pattern, withinMs) => program.printed(pattern, withinMs),
		signal: (name) => process.kill(program.pid, name),
		crash: async () => {
			await program.stop("SIGKILL");
			program = await start();
		},
		reload,
		status,
		counters: async () => (await status()).counters,
		get ended() {
			return program.ended;
		},
		stop: async () => {
			const code = await program.stop();
			folder.remove();
			if (code !== 0) throw new Error(`ended with ${code ?? "SIGKILL"}:\n${program.output()}`);
		},
	};
}

function logLines(output: string): LogLine[] {
	return output
		.split("\n")
		.filter((line) => line.startsWith("{") && line.endsWith("}"))
		.map((line) => JSON.parse(line));
}
