/** What the benchmark found, kept in results.json: each part of a run replaces its own figures, the page is rendered from all. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "results.json");
const BIOME = join(import.meta.dirname, "../../node_modules/.bin/biome");

export type Row = {
	readonly target: string;
	/** Start of the run that measured it, to the minute. */
	readonly run: string;
};
/** CPU time a call, in microseconds, one figure a round. */
export type CostRow = Row & {
	readonly micros: readonly number[];
	readonly calls: number;
	readonly failed: number;
	readonly retransmissions: number;
};
export type CostTable = {
	readonly callsPerSecond: number;
	readonly seconds: number;
	readonly rows: readonly CostRow[];
};
/** Calls a second, one figure a search. */
export type HighestRow = Row & { readonly rates: readonly number[] };
/** Proportional set size of the process tree at its peak, one figure a round. */
export type MemoryRow = Row & { readonly megabytes: readonly number[] };
/** A registrar, one figure a round. */
export type RegistrationRow = Row & {
	readonly bindings: number;
	/** CPU time a REGISTER, in microseconds. */
	readonly firstMicros: readonly number[];
	readonly refreshMicros: readonly number[];
	/** Proportional set size of the process tree before the first of them, and with all. */
	readonly megabytes: readonly (readonly [number, number])[];
	/** First registrations a second, until they are in its file. */
	readonly durable: readonly number[];
	/** From SIGKILL until a call arrives at a user who is registered. */
	readonly restartSeconds: readonly number[];
	readonly failed: number;
	readonly retransmissions: number;
	/** Undefined where it was not measured. */
	readonly expiry: ExpiryDelays | undefined;
};
/** How long requests waited for their answers, in milliseconds. */
export type Delays = {
	readonly median: number;
	/** Of a hundred, ninety-nine waited no longer. */
	readonly p99: number;
	readonly longest: number;
	readonly answers: number;
	/** Requests that had none. */
	readonly missing: number;
};
/** Before all bindings expire, and from that moment on. */
export type ExpiryDelays = { readonly before: Delays; readonly during: Delays };
/** A registrar with phones that are connected, one figure a round. */
export type ConnectionRow = Row & {
	readonly transport: "tcp" | "tls" | "wss";
	readonly connections: number;
	/** Proportional set size of the process tree, for each connection. */
	readonly kilobytes: readonly number[];
	/** What its own shared memory says of the same; empty where there is none. */
	readonly shared: readonly number[];
	readonly failed: number;
};
export type MicroRow = {
	readonly what: string;
	readonly octets: number;
	/** Microseconds; null where the package cannot. */
	readonly ours: number;
	readonly theirs: number | null;
};
/** Microseconds an INVITE in a tight loop. */
export type LoopRow = { readonly what: string; readonly micros: number };
/** Microseconds of a question to the script of the guide amid calls; null where not measured yet. */
export type AskedAmidCalls = {
	readonly questions: number;
	readonly mean: number;
	readonly median: number;
	readonly p99: number;
} | null;
export type ProfileShare = { readonly name: string; readonly percent: number };

export type Results = {
	readonly machine: string;
	readonly software: string;
	readonly udp: readonly CostTable[];
	readonly tcp: readonly CostTable[];
	readonly tls: readonly CostTable[];
	readonly highest: { readonly probeSeconds: number; readonly rows: readonly HighestRow[] };
	readonly memory: {
		readonly callsPerSecond: number;
		readonly seconds: number;
		readonly rows: readonly MemoryRow[];
	};
	readonly registrations: readonly RegistrationRow[];
	readonly connections: readonly ConnectionRow[];
	readonly micro: readonly MicroRow[];
	readonly script: {
		readonly loops: readonly LoopRow[];
		readonly calls: CostTable;
		readonly asked: AskedAmidCalls;
	};
	readonly profile: {
		readonly callsPerSecond: number;
		readonly folders: readonly ProfileShare[];
		readonly functions: readonly ProfileShare[];
	};
};

export function readResults(): Results {
	return JSON.parse(readFileSync(FILE, "utf8"));
}

/** Stores some parts; the others stay as they are. */
export function storeResults(parts: Partial<Results>): Results {
	const results = { ...readResults(), ...parts, machine: machine(), software: software() };
	writeFileSync(FILE, JSON.stringify(results));
	// In the layout that npm run lint asks for.
	execFileSync(BIOME, ["format", "--write", FILE], { stdio: "ignore" });
	return results;
}

/** Rows of the same target are replaced, so that one target can be measured alone; what else tells rows apart is in `name`. */
export function mergeRows<R extends Row>(
	old: readonly R[],
	fresh: readonly R[],
	name: (row: R) => string = ({ target }) => target,
): R[] {
	const names = new Set(fresh.map(name));
	return [...old.filter((row) => !names.has(name(row))), ...fresh];
}

/** The table of the same rate is replaced, row by row when the load is the same. */
export function mergeTables(old: readonly CostTable[], fresh: CostTable): CostTable[] {
	const before = old.find(({ callsPerSecond }) => callsPerSecond === fresh.callsPerSecond);
	const rows = mergeRows(before?.seconds === fresh.seconds ? before.rows : [], fresh.rows);
	return [...old.filter((table) => table !== before), { ...fresh, rows }].sort(
		(a, b) => a.callsPerSecond - b.callsPerSecond,
	);
}

export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length / 2;
	const [low = 0, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
	return (low + high) / 2;
}

function machine(): string {
	return `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores`;
}

function software(): string {
	const kamailio = /kamailio ([\d.]+)/.exec(output("kamailio", "-v"))?.[1] ?? "?";
	const sipp = /SIPp v([\d.]+)/.exec(output("sipp", "-v"))?.[1] ?? "?";
	return `Node ${process.versions.node}, Kamailio ${kamailio}, SIPp ${sipp}`;
}

/** SIPp says its version with exit code 99. */
function output(command: string, ...args: readonly string[]): string {
	try {
		return execFileSync(command, args, { encoding: "utf8" });
	} catch (error) {
		return String((error as { stdout?: string }).stdout ?? "");
	}
}
