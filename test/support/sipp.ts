/** SIPp as a caller or a callee, one process each, with its counts read from its statistics file. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Program, startProgram } from "./process.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

/** It writes its statistics once a second. */
const LOOK_MS = 200;
/** The first line of its error file. */
const EVENTS = "The following events occurred:";
const SCENARIOS = join(import.meta.dirname, "../interop/scenarios");

export type SippOptions = {
	/** File name in test/interop/scenarios, without `.xml`: the behaviour. */
	readonly scenario: string;
	/** `scenario` is one of SIPp's own. */
	readonly embedded?: boolean;
	/** Own address. */
	readonly host?: string;
	readonly port: number;
	/** `host:port` to send to; a callee needs none. */
	readonly remote?: string;
	/** User part of the Request-URI. */
	readonly service?: string;
	readonly calls?: number;
	readonly callsPerSecond?: number;
	readonly transport?: "u1" | "t1";
	/** Words put before the command, such as `taskset -c 1`. */
	readonly prefix?: readonly string[];
	/** Have it write down how long each call waited for its answer. */
	readonly responseTimes?: boolean;
	readonly args?: readonly string[];
};

export type SippCounts = {
	readonly successful: number;
	readonly failed: number;
	readonly retransmissions: number;
	/** What SIPp says about messages it did not expect. */
	readonly errors: string;
	/** Milliseconds from a request to the response that the scenario names, with `responseTimes`; SIPp rounds them. */
	readonly responseTimes: readonly number[];
};

export type Sipp = {
	readonly program: Program;
	/** Waits until that many calls were successful. */
	under(calls: number): Promise<void>;
	/** Waits until its calls are done and reads its counts. */
	finished(): Promise<SippCounts>;
	/** Stops it and reads its counts; once more does nothing. */
	stop(): Promise<SippCounts>;
};

export function startSipp(options: SippOptions): Sipp {
	const folder = tempFolder();
	const [command = "sipp", ...args] = [
		...(options.prefix ?? []),
		"sipp",
		...sippArgs(options, folder),
	];
	const program = startProgram(command, args, { cwd: folder.path, env: { TERM: "dumb" } });
	const counts = () => {
		const result = { ...readCounts(folder), responseTimes: readResponseTimes(folder) };
		folder.remove();
		return result;
	};
	return {
		program,
		under: async (calls) => {
			const ended = program.ended.then(() => true);
			while (!(readCounts(folder).successful >= calls))
				if (await Promise.race([ended, setTimeout(LOOK_MS, false)]))
					throw new Error(`SIPp ended before ${calls} calls:\n${program.output()}`);
		},
		finished: async () => {
			await program.ended;
			return counts();
		},
		stop: async () => {
			await program.stop("SIGUSR1");
			return counts();
		},
	};
}

function sippArgs(options: SippOptions, folder: TempFolder): string[] {
	const { host = "127.0.0.1", port, remote, service, calls, callsPerSecond, transport } = options;
	const pairs: Record<string, string | number | undefined> = {
		[options.embedded ? "-sn" : "-sf"]: options.embedded
			? options.scenario
			: join(SCENARIOS, `${options.scenario}.xml`),
		"-i": host,
		"-p": port,
		"-t": transport ?? "u1",
		"-s": service,
		"-m": calls,
		"-r": callsPerSecond,
		"-l": callsPerSecond === undefined ? undefined : 20 * callsPerSecond,
		"-stf": join(folder.path, "stat.csv"),
		"-error_file": join(folder.path, "errors.log"),
	};
	const given = Object.entries(pairs).flatMap(([name, value]) =>
		value === undefined ? [] : [name, String(value)],
	);
	const fixed = ["-nostdin", "-trace_stat", "-trace_err", "-fd", "1"];
	const times = options.responseTimes ? ["-trace_rtt", "-rtt_freq", "1"] : [];
	return [
		...given,
		...fixed,
		...times,
		...(options.args ?? []),
		...(remote === undefined ? [] : [remote]),
	];
}

function readCounts(folder: TempFolder): Omit<SippCounts, "responseTimes"> {
	const rows = read(folder, "stat.csv").trim().split("\n");
	const names = (rows[0] ?? "").split(";");
	const last = (rows.at(-1) ?? "").split(";");
	const count = (name: string) => Number(last[names.indexOf(name)] ?? Number.NaN);
	return {
		successful: count("SuccessfulCall(C)"),
		failed: count("FailedCall(C)"),
		retransmissions: count("Retransmissions(C)"),
		errors: complaints(read(folder, "errors.log")),
	};
}

function readResponseTimes(folder: TempFolder): number[] {
	const [file] = globSync("*_rtt.csv", { cwd: folder.path });
	const [, ...rows] = file === undefined ? [] : read(folder, file).trim().split("\n");
	return rows.map((row) => Number(row.split(";")[1]));
}

/** Without the remarks of SIPp's watchdog that this machine is slow, and without the heading when nothing else is there. */
function complaints(log: string): string {
	const lines = log.split("\n").filter((line) => !line.includes("Overload warning"));
	return lines.every((line) => line === "" || line === EVENTS) ? "" : lines.join("\n");
}

function read(folder: TempFolder, name: string): string {
	const file = join(folder.path, name);
	return existsSync(file) ? readFileSync(file, "latin1") : "";
}
