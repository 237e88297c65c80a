/**
 * npm run bench: Sipwright beside Kamailio and npm `sip`, one core each. It writes docs/performance.md, which
 * lists the options, and test/bench/results.json, which the page is rendered from.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measureConnections } from "./connections.ts";
import { measureCost, measureHighest, measureMemory, type Plan } from "./measure.ts";
import { measureMicro } from "./micro.ts";
import { PAGE, renderPage } from "./page.ts";
import { measureProfile } from "./profile.ts";
import { REGISTRARS } from "./registrar-targets.ts";
import { measureRegistrations } from "./registrations.ts";
import {
	type ConnectionRow,
	mergeRows,
	mergeTables,
	type Results,
	readResults,
	storeResults,
} from "./results.ts";
import { measureAsked, measureLoops, SCRIPT_TARGETS } from "./script-cost.ts";
import { kamailio, sipwright, TARGETS, type Target, type Transport } from "./targets.ts";

const RATES = { udp: "500,1500", stream: "500,1000" };
/** Above it the package falls behind, and every round takes minutes. */
const NPM_SIP_RATE_MAX = 1_000;
const PROBE_SECONDS = 4;
/** Longer than transactions live: RFC 3261 §17, 64·T1. */
const MEMORY_LOAD = { callsPerSecond: 1_500, seconds: 45 };

const PARTS: Record<string, () => Promise<void>> = {
	page: async () => writePage(readResults()),
	micro: async () => store({ micro: measureMicro() }),
	udp: () => measureRates("udp", RATES.udp),
	stream: async () => {
		await measureRates("tcp", RATES.stream);
		await measureRates("tls", RATES.stream);
	},
	highest: async () => {
		const targets = [...chosen(TARGETS), ...(words ? [] : [undefined])];
		const rows = await measureHighest(longPlan, PROBE_SECONDS, targets);
		const { highest } = readResults();
		store({ highest: { probeSeconds: PROBE_SECONDS, rows: mergeRows(highest.rows, rows) } });
	},
	memory: async () => {
		const rows = await measureMemory(longPlan, MEMORY_LOAD, chosen([sipwright, kamailio]));
		store({ memory: { ...MEMORY_LOAD, rows: mergeRows(readResults().memory.rows, rows) } });
	},
	registrations: async () => {
		const registrars = REGISTRARS.filter(named);
		const rows = await measureRegistrations(longPlan, Number(values.bindings), registrars);
		store({ registrations: mergeRows(readResults().registrations, rows) });
	},
	connections: async () => {
		const rows = await measureConnections(longPlan, REGISTRARS.filter(named));
		const name = ({ target, transport }: ConnectionRow) => `${target} ${transport}`;
		store({ connections: mergeRows(readResults().connections, rows, name) });
	},
	script: async () => {
		const callsPerSecond = Math.max(...rates(RATES.udp));
		const loops = await measureLoops();
		const asked = await measureAsked({ callsPerSecond, seconds: plan.seconds });
		const calls = await measureCost(plan, "udp", callsPerSecond, SCRIPT_TARGETS);
		store({ script: { loops, calls, asked } });
	},
	profile: async () => {
		const callsPerSecond = Math.max(...rates(RATES.udp));
		store({ profile: await measureProfile({ callsPerSecond, seconds: plan.seconds }) });
	},
};

const { values } = parseArgs({
	options: {
		part: { type: "string", default: Object.keys(PARTS).slice(1).join() },
		only: { type: "string" },
		rate: { type: "string" },
		rounds: { type: "string", default: "5" },
		seconds: { type: "string", default: "8" },
		bindings: { type: "string", default: "100000" },
		dry: { type: "boolean", default: false },
	},
});
const words = values.only?.toLowerCase().split(",");
const plan: Plan = {
	run: new Date().toISOString().slice(0, 16).replace("T", " "),
	rounds: Number(values.rounds),
	seconds: Number(values.seconds),
	say,
};
/** A search and a weighing take minutes each. */
const longPlan: Plan = { ...plan, rounds: Math.ceil(plan.rounds / 2) };

// What samples and watches must not take time from the proxy.
execFileSync("taskset", ["-cp", "1", `${process.pid}`], { stdio: "ignore" });
for (const part of values.part.split(",")) {
	const measure = PARTS[part];
	if (measure === undefined)
		throw new Error(`no part ${part}: there are ${Object.keys(PARTS).join(", ")}`);
	await measure();
}

async function measureRates(transport: Transport, byDefault: string): Promise<void> {
	for (const rate of rates(byDefault)) {
		const targets = chosen(TARGETS).filter(
			({ name, transports }) =>
				transports.includes(transport) && (name !== "npm sip" || rate <= NPM_SIP_RATE_MAX),
		);
		const table = await measureCost(plan, transport, rate, targets);
		store({ [transport]: mergeTables(readResults()[transport], table) });
	}
}

function rates(byDefault: string): number[] {
	return (values.rate ?? byDefault).split(",").map(Number);
}

function chosen(targets: readonly Target[]): Target[] {
	return targets.filter(named);
}

function named({ name }: { readonly name: string }): boolean {
	return words?.some((word) => name.toLowerCase().includes(word)) ?? true;
}

function store(parts: Partial<Results>): void {
	if (values.dry) return say(JSON.stringify(parts, undefined, "  "));
	writePage(storeResults(parts));
}

function writePage(results: Results): void {
	writeFileSync(PAGE, renderPage(results));
	say(`written: ${PAGE}`);
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}
