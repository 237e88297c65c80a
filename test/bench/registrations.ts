/** Registrars with many bindings: CPU time a REGISTER, memory, how soon it is on the disk, how soon after a kill calls arrive. */
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../support/ports.ts";
import { treeCpuMicros, treePssBytes } from "../support/process-tree.ts";
import { type Outcome, type Register, RegisterLoad } from "../support/register-load.ts";
import { named } from "./connection-users.ts";
import { ABSENT, delaysAtExpiry } from "./expiry.ts";
import type { Plan } from "./measure.ts";
import { HOST, type Registrar, type RunningRegistrar } from "./registrar-targets.ts";
import type { ExpiryDelays, RegistrationRow } from "./results.ts";

type Sized = { readonly bindings: number };
type Figures = {
	readonly firstMicros: number;
	readonly refreshMicros: number;
	readonly megabytes: readonly [number, number];
	readonly durable: number | null;
	readonly restartSeconds: number | null;
	readonly failed: number;
	readonly retransmissions: number;
	readonly expiry: ExpiryDelays | undefined;
};

export async function measureRegistrations(
	plan: Plan,
	bindings: number,
	registrars: readonly Registrar[],
): Promise<RegistrationRow[]> {
	const all = registrars
		.map((registrar) => ({ ...registrar, bindings: Math.min(bindings, registrar.bindingsMax) }))
		.map((registrar) => ({ registrar, figures: [] as Figures[] }));
	for (let round = 1; round <= plan.rounds; round += 1)
		for (const { registrar, figures } of all) {
			// It takes a minute, and says the same each time.
			const expires = registrar.expires && round === 1;
			const found = await measured(registrar, expires);
			figures.push(found);
			plan.say(`registrations  round ${round}  ${registrar.name}: ${JSON.stringify(found)}`);
		}
	return all.map(({ registrar, figures }) => ({
		target: registrar.name,
		run: plan.run,
		bindings: registrar.bindings,
		firstMicros: figures.map((one) => one.firstMicros),
		refreshMicros: figures.map((one) => one.refreshMicros),
		megabytes: figures.map((one) => one.megabytes),
		durable: figures.map((one) => one.durable).filter((one) => one !== null),
		restartSeconds: figures.map((one) => one.restartSeconds).filter((one) => one !== null),
		failed: figures.reduce((sum, one) => sum + one.failed, 0),
		retransmissions: figures.reduce((sum, one) => sum + one.retransmissions, 0),
		expiry: figures.find(({ expiry }) => expiry !== undefined)?.expiry,
	}));
}

async function measured(registrar: Registrar & Sized, expires: boolean): Promise<Figures> {
	const port = await freePort(HOST);
	const users = named(registrar.bindings, 1_000_000);
	const others = named(WARM_USERS, 2_000_000);
	const place = { transport: "udp", host: HOST, port, certificate: undefined } as const;
	const running = await registrar.start(place, [...users, ...others, ABSENT]);
	const load = await RegisterLoad.open(HOST, port);
	try {
		const rounds = Math.ceil(registrar.warmUp / WARM_USERS);
		for (let round = 1; round <= rounds; round += 1) await registered(running, load, others, round);
		const before = megabytes(running);
		const started = performance.now();
		const first = await registered(running, load, users, 1);
		const durable = await onDisk(running, others.length + users.length, started, users.length);
		const refresh = await registered(running, load, users, 2);
		const after = megabytes(running);
		const restartSeconds = await callableAfter(running, load, users);
		// Registering takes as long as before; after a restart a little longer.
		const seconds = EXPIRES_AFTER.factor * refresh.seconds + EXPIRES_AFTER.seconds;
		const lives = { sequence: 3, seconds, waitingMax: WAITING };
		return {
			firstMicros: first.micros,
			refreshMicros: refresh.micros,
			megabytes: [before, after],
			durable,
			restartSeconds,
			failed: first.failed + refresh.failed,
			retransmissions: first.retransmissions + refresh.retransmissions,
			expiry: expires ? await delaysAtExpiry(load, port, users, lives) : undefined,
		};
	} finally {
		load.close();
		await running.stop();
	}
}

async function registered(
	{ pid }: RunningRegistrar,
	load: RegisterLoad,
	users: readonly string[],
	sequence: number,
): Promise<Outcome & { readonly micros: number; readonly failed: number }> {
	const registers = users.map((user): Register => ({ user, sequence, expires: 3_600 }));
	const before = treeCpuMicros(pid);
	let good = 0;
	const count = ({ status }: { readonly status: number }) => {
		if (status === 200) good += 1;
	};
	const outcome = await load.run(registers, count, { waitingMax: WAITING });
	const micros = (treeCpuMicros(pid) - before) / users.length;
	return { ...outcome, micros: Math.round(micros * 10) / 10, failed: users.length - good };
}

/** REGISTERs a second, from the first that is sent to the last that is in the file. */
async function onDisk(
	{ written }: RunningRegistrar,
	rows: number,
	started: number,
	users: number,
): Promise<number | null> {
	if (written === undefined) return null;
	while (written() < rows) {
		if (performance.now() - started > WRITTEN_WITHIN_MS)
			throw new Error(`${written()} of ${rows} rows are written`);
		await wait(POLL_MS);
	}
	return Math.round((1000 * users) / (performance.now() - started));
}

/** Seconds from a kill until a call to one of them arrives. */
async function callableAfter(
	running: RunningRegistrar,
	load: RegisterLoad,
	users: readonly string[],
): Promise<number | null> {
	if (running.written === undefined) return null;
	// What is not in the file yet is not what is measured.
	await wait(SETTLES_MS);
	const started = performance.now();
	const called = load.call(users[Math.floor(users.length / 2)] ?? "").then(() => performance.now());
	// One that cannot start again is told at once: no call would ever arrive.
	const [arrived] = await Promise.all([called, running.restart()]);
	return Math.round((arrived - started) / 100) / 10;
}

function megabytes({ pid }: RunningRegistrar): number {
	return Math.round(treePssBytes(pid) / 2 ** 20);
}

const WARM_USERS = 1_000;
/** Requests that wait for an answer: the registrar always has the next one. */
const WAITING = 64;
const POLL_MS = 50;
const WRITTEN_WITHIN_MS = 120_000;
const SETTLES_MS = 3_000;
const EXPIRES_AFTER = { factor: 1.5, seconds: 15 };
