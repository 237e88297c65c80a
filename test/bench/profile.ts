/** Where Sipwright's CPU time goes: node --cpu-prof around one round, self time by folder and by function. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../support/temp-folder.ts";
import { type Load, runRound } from "./round.ts";
import { TARGETS } from "./targets.ts";

export type Profile = { readonly text: string; readonly table: string };

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

const FUNCTIONS = 30;
const IDLE = new Set(["(idle)", "(root)"]);

export async function profileRound(load: Load): Promise<Profile> {
	const target = TARGETS.find(({ name }) => name === "Sipwright");
	if (target === undefined) throw new Error("no target Sipwright");
	const folder = tempFolder();
	try {
		await runRound(target, load, ["--cpu-prof", `--cpu-prof-dir=${folder.path}`]);
		const [file] = globSync(join(folder.path, "*.cpuprofile"));
		if (file === undefined) throw new Error("node wrote no profile: did it end by itself?");
		return render(shares(JSON.parse(readFileSync(file, "utf8")), load.calls / load.callsPerSecond));
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

function render(all: readonly Share[]): Profile {
	const total = all.reduce((sum, share) => sum + share.micros, 0);
	const percent = (micros: number) => `${((100 * micros) / total).toFixed(1)} %`;
	const folders = new Map<string, number>();
	for (const share of all)
		folders.set(share.folder, (folders.get(share.folder) ?? 0) + share.micros);
	const byFolder = [...folders].sort((a, b) => b[1] - a[1]).slice(0, FUNCTIONS);
	const byFunction = all.slice(0, FUNCTIONS);
	return {
		text: [
			...byFolder.map(([folder, micros]) => `${percent(micros).padStart(7)}  ${folder}`),
			"",
			...byFunction.map(
				({ folder, name, micros }) => `${percent(micros).padStart(7)}  ${folder}  ${name}`,
			),
		].join("\n"),
		table: [
			"| folder | self time |",
			"| --- | --- |",
			...byFolder.map(([folder, micros]) => `| ${folder} | ${percent(micros)} |`),
			"",
			"| function | folder | self time |",
			"| --- | --- | --- |",
			...byFunction.map(
				({ folder, name, micros }) => `| \`${name}\` | ${folder} | ${percent(micros)} |`,
			),
		].join("\n"),
	};
}
