/** CPU time and memory of a process and everything it started, from /proc; and its sudden end. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number };

/** User and system time of the tree under `root`, children that ended included, in microseconds. */
export function treeCpuMicros(root: number): number {
	const perSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
	return (tree(root).reduce((sum, stat) => sum + stat.ticks, 0) * 1e6) / perSecond;
}

/**
 * Proportional set size of the tree under `root`, in bytes: what is in memory, a page that several
 * processes share counted once.
 */
export function treePssBytes(root: number): number {
	return tree(root).reduce((sum, { pid }) => sum + pssBytes(pid), 0);
}

/** Ends the tree under `root` by SIGKILL. */
export function killTree(root: number): void {
	for (const { pid } of tree(root)) {
		try {
			process.kill(pid, "SIGKILL");
		} catch {
			// It ended meanwhile.
		}
	}
}

function tree(root: number): Stat[] {
	const stats = allStats();
	const inTree = new Set([root]);
	for (let size = 0; size !== inTree.size; ) {
		size = inTree.size;
		for (const stat of stats) if (inTree.has(stat.parent)) inTree.add(stat.pid);
	}
	return stats.filter(({ pid }) => inTree.has(pid));
}

function allStats(): Stat[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map((name) => readStat(Number(name)))
		.filter((stat) => stat !== undefined);
}

/** Undefined for a process that ended meanwhile. Fields as in proc(5), counted after the name. */
function readStat(pid: number): Stat | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "latin1");
		const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
		const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
		return { pid, parent: Number(fields[1]), ticks };
	} catch {
		return undefined;
	}
}

function pssBytes(pid: number): number {
	try {
		const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
		return 1024 * Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
	} catch {
		return 0;
	}
}
