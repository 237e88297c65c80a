/** Registrars with a thousand phones that are connected: the memory that each takes. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../support/ports.ts";
import { startProgram } from "../support/process.ts";
import { treePssBytes } from "../support/process-tree.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { CONNECTIONS, LEAVING, STAYING } from "./connection-users.ts";
import type { Plan } from "./measure.ts";
import { HOST, type Registrar, type RunningRegistrar } from "./registrar-targets.ts";
import type { ConnectionRow } from "./results.ts";
import { LOAD_CORE } from "./session.ts";
import { certificateFor, type ListenPlace } from "./targets.ts";

type Transport = ConnectionRow["transport"];
type Figures = {
	/** Proportional set size of the process tree, before and with all, in kilobytes. */
	readonly before: number;
	readonly after: number;
	/** Kilobytes of it for each connection. */
	readonly each: number;
	/** The same by what it says of its own shared memory; null where it says nothing. */
	readonly shared: number | null;
	readonly failed: number;
};

const TRANSPORTS: readonly Transport[] = ["tls", "tcp", "wss"];
/** Connections that leave before it is measured: as many as it takes until what is hot is compiled and the heap has its size. */
export const WARM_UP = 1_000;
const SETTLES_MS = 1_500;
const PINGS = 2;
const SCRIPT = join(import.meta.dirname, "connection-load.ts");
const PATIENCE_MS = 60_000;

export async function measureConnections(
	plan: Plan,
	registrars: readonly Registrar[],
): Promise<ConnectionRow[]> {
	const all = TRANSPORTS.flatMap((transport) =>
		registrars
			.filter(({ transports }) => transports.includes(transport))
			.map((registrar) => ({ registrar, transport, figures: [] as Figures[] })),
	);
	for (let round = 1; round <= plan.rounds; round += 1)
		for (const { registrar, transport, figures } of all) {
			const found = await measured(registrar, transport);
			figures.push(found);
			const what = `${transport} round ${round}  ${registrar.name}`;
			plan.say(`connections  ${what}: ${JSON.stringify(found)}`);
		}
	return all.map(({ registrar, transport, figures }) => ({
		target: registrar.name,
		run: plan.run,
		transport,
		connections: CONNECTIONS,
		kilobytes: figures.map(({ each }) => each),
		shared: figures.map(({ shared }) => shared).filter((one) => one !== null),
		failed: figures.reduce((sum, { failed }) => sum + failed, 0),
	}));
}

async function measured(registrar: Registrar, transport: Transport): Promise<Figures> {
	const port = await freePort(HOST);
	const place = { transport, host: HOST, port, certificate: await certificateFor(transport) };
	const running = await registrar.start(place, [...STAYING, ...LEAVING]);
	const load = await startLoad(place);
	try {
		const warm = await load({ come: WARM_UP, stay: false });
		// These take what room the others have left, so that the next find none.
		const first = await load({ come: CONNECTIONS, stay: true });
		await settled(load);
		const before = weighed(running);
		const next = await load({ come: CONNECTIONS, stay: true });
		const kept = await settled(load);
		const after = weighed(running);
		const good = warm + Math.min(first + next, kept);
		return {
			before: Math.round(before.pss),
			after: Math.round(after.pss),
			each: eachOf(before.pss, after.pss),
			shared: after.shared === null ? null : eachOf(before.shared ?? 0, after.shared),
			failed: WARM_UP + 2 * CONNECTIONS - good,
		};
	} finally {
		await load.stop();
		await running.stop();
	}
}

/** Every phone that stays pings twice; resolves with how many had their last pong. */
async function settled(load: Load): Promise<number> {
	let good = 0;
	for (let at = 0; at < PINGS; at += 1) {
		await wait(SETTLES_MS);
		good = await load({ ping: true });
	}
	await wait(SETTLES_MS);
	return good;
}

type Order = { readonly come: number; readonly stay: boolean } | { readonly ping: true };
/** Gives an order; resolves with how many phones did well. */
type Load = { (order: Order): Promise<number>; stop(): Promise<void> };

async function startLoad({ transport, host, port, certificate }: ListenPlace): Promise<Load> {
	const folder = tempFolder();
	folder.write("cert.pem", certificate?.cert ?? "");
	const words = [process.execPath, SCRIPT, transport, host, `${port}`, folder.path];
	const [command = "", ...args] = [...LOAD_CORE, ...words];
	const program = startProgram(command, args, { input: true });
	await program.printed(/"event":"ready"/);
	let runs = 0;
	const load = async (order: Order) => {
		runs += 1;
		program.write(`${JSON.stringify({ run: runs, ...order })}\n`);
		const done = new RegExp(`^\\{"run":${runs},.*\\}$`, "m");
		const [line] = await program.printed(done, PATIENCE_MS);
		return Number(JSON.parse(line).good);
	};
	const stop = async () => {
		await program.stop();
		folder.remove();
	};
	return Object.assign(load, { stop });
}

function weighed({ pid, sharedBytes }: RunningRegistrar): {
	readonly pss: number;
	readonly shared: number | null;
} {
	return { pss: treePssBytes(pid) / 1024, shared: sharedBytes ? sharedBytes() / 1024 : null };
}

function eachOf(before: number, after: number): number {
	return Math.round((10 * (after - before)) / CONNECTIONS) / 10;
}
