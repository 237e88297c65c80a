/** Where Sipwright's CPU time goes: node --cpu-prof around one round, self time by folder and by function. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../support/temp-folder.ts";
import type { Load } from "./load.ts";
import type { ProfileShare, Results } from "./results.ts";
import { openSession } from "./session.ts";
import { sipwright } from "./targets.ts";

type CpuProfile = {
	readonly nodes: readonly {
		readonly id: number;
		readonly callFrame: {
			readonly functionName: string;
			readonly url: string;
			readonly lineNumber: number;
		};
	}[];
	readonly samples: readonly number[];
	readonly timeDeltas: readonly number[];
};
type Share = { readonly folder: string; readonly name: string; readonly micros: number };

const FUNCTIONS = 25;
const LEAST_PERCENT = 0.1;
const WARM_UP_SECONDS = 15;
const IDLE = new Set(["(idle)", "(root)"]);

export async function measureProfile(load: Load): Promise<Results["profile"]> {
	const folder = tempFolder();
	try {
		const args = ["--cpu-prof", `--cpu-prof-dir=${folder.path}`];
		const session = await openSession(sipwright, "udp", args);
		try {
			await session.call({ ...load, seconds: WARM_UP_SECONDS });
			await session.call(load);
		} finally {
			await session.stop();
		}
		const [file] = globSync(join(folder.path, "*.cpuprofile"));
		if (file === undefined) throw new Error("node wrote no profile: did it end by itself?");
		const profile: CpuProfile = JSON.parse(readFileSync(file, "utf8"));
		return { callsPerSecond: load.callsPerSecond, ...sums(shares(profile, load.seconds)) };
	} finally {
		folder.remove();
	}
}

/** Of the last `seconds`: the process ends with the load, and what it did to start does not count. */
function shares(profile: CpuProfile, seconds: number): Share[] {
	const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
	const totals = new Map<string, Share>();
	let left = profile.timeDeltas.reduce((sum, micros) => sum + micros, 0);
	for (const [at, id] of profile.samples.entries()) {
		left -= profile.timeDeltas[at] ?? 0;
		const frame = nodes.get(id);
		if (left > seconds * 1e6 || frame === undefined || IDLE.has(frame.functionName)) continue;
		const folder = folderOf(frame.url);
		const name = `${frame.functionName || "(anonymous)"} ${place(frame)}`.trim();
		const key = `${folder} ${name}`;
		const micros = (totals.get(key)?.micros ?? 0) + (profile.timeDeltas[at] ?? 0);
		totals.set(key, { folder, name, micros });
	}
	return [...totals.values()].sort((a, b) => b.micros - a.micros);
}

function folderOf(url: string): string {
	const own = /\/(core|routes)\/(?:([\w-]+)\/)?[\w.-]+$/.exec(url);
	if (own) return own[2] ? `${own[1]}/${own[2]}` : `${own[1]}`;
	const dependency = /\/node_modules\/((?:@[\w-]+\/)?[\w.-]+)\//.exec(url);
	if (dependency) return dependency[1] ?? "";
	return url.startsWith("node:") ? "node" : "engine and system";
}

function place(frame: { url: string; lineNumber: number }): string {
	const file = /[\w.-]+$/.exec(frame.url)?.[0];
	return file === undefined ? "" : `${file}:${frame.lineNumber + 1}`;
}

function sums(all: readonly Share[]): Omit<Results["profile"], "callsPerSecond"> {
	const total = all.reduce((sum, share) => sum + share.micros, 0);
	const percent = (micros: number) => Number(((100 * micros) / total).toFixed(1));
	const folders = new Map<string, number>();
	for (const { folder, micros } of all) folders.set(folder, (folders.get(folder) ?? 0) + micros);
	const listed = (name: string, micros: number): ProfileShare => ({
		name,
		percent: percent(micros),
	});
	return {
		folders: [...folders]
			.sort((a, b) => b[1] - a[1])
			.map(([folder, micros]) => listed(folder, micros))
			.filter((share) => share.percent >= LEAST_PERCENT),
		functions: all
			.slice(0, FUNCTIONS)
			.map(({ folder, name, micros }) => listed(`${name} (${folder})`, micros)),
	};
}
