/** The measurements with a proxy: CPU time a call, the highest rate, memory. The targets take turns. */
import type { Load } from "./load.ts";
import type { CostRow, CostTable, HighestRow, MemoryRow } from "./results.ts";
import { type Cost, openSession, type Session } from "./session.ts";
import type { Target, Transport } from "./targets.ts";

export type Plan = {
	readonly run: string;
	readonly rounds: number;
	readonly seconds: number;
	readonly say: (text: string) => void;
};

export async function measureCost(
	plan: Plan,
	transport: Transport,
	callsPerSecond: number,
	targets: readonly Target[],
): Promise<CostTable> {
	const load: Load = { callsPerSecond, seconds: plan.seconds };
	const costs = targets.map((target) => ({ target, costs: [] as Cost[] }));
	for (let round = 1; round <= plan.rounds; round += 1)
		for (const one of costs) {
			const cost = await warm(one.target, transport, (session) => session.call(load));
			one.costs.push(cost);
			plan.say(`${transport} ${callsPerSecond}/s  round ${round}  ${line(one.target, cost)}`);
		}
	return { ...load, rows: costs.map(({ target, costs }) => costRow(plan, target, costs)) };
}

export async function measureMemory(
	plan: Plan,
	load: Load,
	targets: readonly Target[],
): Promise<MemoryRow[]> {
	const rows = targets.map(({ name }) => ({
		target: name,
		run: plan.run,
		megabytes: [] as number[],
	}));
	for (let round = 1; round <= plan.rounds; round += 1)
		for (const [at, target] of targets.entries()) {
			const cost = await warm(target, "udp", (session) => session.callAndWeigh(load));
			rows[at]?.megabytes.push(Math.round(cost.peakBytes / 2 ** 20));
			plan.say(
				`memory  round ${round}  ${line(target, cost)}  peak ${(cost.peakBytes / 2 ** 20).toFixed(0)} MB`,
			);
		}
	return rows;
}

/** Undefined: the load without a proxy. Every target is searched with the same steps: doubled until it fails, then halved in between. */
export async function measureHighest(
	plan: Plan,
	probeSeconds: number,
	targets: readonly (Target | undefined)[],
): Promise<HighestRow[]> {
	const rows = targets.map((target) => ({
		target: nameOf(target),
		run: plan.run,
		rates: [] as number[],
	}));
	for (let round = 1; round <= plan.rounds; round += 1)
		for (const [at, target] of targets.entries()) {
			const rate = await new RateSearch(target, probeSeconds, plan.say).run();
			rows[at]?.rates.push(rate);
			plan.say(`highest rate  round ${round}  ${nameOf(target)}: ${rate} calls/s`);
		}
	return rows;
}

const FIRST_RATE = 500;
const RATE_MAX = 16_000;
/** The search ends when the best rate and the worst are this near. */
const NEAR = 0.04;
/** A rate is good when no call failed, nearly nothing had to be repeated, and it was kept up. */
const RETRANSMISSIONS_PER_CALL = 0.005;
/** A call that needs longer has lost a message three times: RFC 3261 §17.1.1.2, T1 doubled each time. */
const PATIENCE_SECONDS = 4;
const LATE = { factor: 1.1, seconds: 0.7 };

class RateSearch {
	readonly #target: Target | undefined;
	readonly #seconds: number;
	readonly #say: (text: string) => void;
	#session: Session | undefined;
	#good = 0;

	constructor(target: Target | undefined, seconds: number, say: (text: string) => void) {
		this.#target = target;
		this.#seconds = seconds;
		this.#say = say;
	}

	/** Calls a second. */
	async run(): Promise<number> {
		try {
			let bad = FIRST_RATE;
			for (; bad <= RATE_MAX && (await this.#bears(bad)); bad *= 2) this.#good = bad;
			if (bad > RATE_MAX) return this.#good;
			while (bad - this.#good > NEAR * bad) {
				const middle = Math.round((bad + this.#good) / 20) * 10;
				if (await this.#bears(middle)) this.#good = middle;
				else bad = middle;
			}
			return this.#good;
		} finally {
			await this.#session?.stop();
		}
	}

	/** One failure may be the machine's: a rate is bad when it fails twice. */
	async #bears(callsPerSecond: number): Promise<boolean> {
		return (await this.#probe(callsPerSecond)) || (await this.#probe(callsPerSecond));
	}

	async #probe(callsPerSecond: number): Promise<boolean> {
		this.#session ??= await this.#open();
		const load = { callsPerSecond, seconds: this.#seconds, patienceSeconds: PATIENCE_SECONDS };
		await this.#session.call({ ...load, seconds: this.#seconds / 2 });
		const cost = await this.#session.call(load);
		const good =
			cost.failed === 0 &&
			cost.retransmissions <= RETRANSMISSIONS_PER_CALL * cost.successful &&
			cost.seconds <= LATE.factor * load.seconds + LATE.seconds;
		this.#say(`  ${callsPerSecond}/s ${good ? "good" : "bad"}  ${counts(cost)}`);
		if (good) return true;
		// What a proxy still has to repeat must not fail the next rate.
		await this.#session.stop();
		this.#session = undefined;
		return false;
	}

	async #open(): Promise<Session> {
		const session = await openSession(this.#target);
		if (this.#target !== undefined) await session.call(warmUpOf(this.#target));
		return session;
	}
}

function warmUpOf({ warmUp: { calls, callsPerSecond } }: Target): Load {
	return { callsPerSecond, seconds: calls / callsPerSecond };
}

function nameOf(target: Target | undefined): string {
	return target?.name ?? "no proxy";
}

async function warm<C>(
	target: Target,
	transport: Transport,
	work: (session: Session) => Promise<C>,
): Promise<C> {
	const session = await openSession(target, transport);
	try {
		await session.call(warmUpOf(target));
		return await work(session);
	} finally {
		await session.stop();
	}
}

function costRow(plan: Plan, { name }: Target, costs: readonly Cost[]): CostRow {
	const sum = (count: (cost: Cost) => number) => costs.reduce((all, cost) => all + count(cost), 0);
	return {
		target: name,
		run: plan.run,
		micros: costs.map(({ microsPerCall }) => Math.round(microsPerCall)),
		calls: sum(({ successful }) => successful),
		failed: sum(({ failed }) => failed),
		retransmissions: sum(({ retransmissions }) => retransmissions),
	};
}

function line({ name }: Target, cost: Cost): string {
	return `${name.padEnd(24)} ${cost.microsPerCall.toFixed(0).padStart(5)} µs CPU a call  (${counts(cost)})`;
}

function counts({ successful, failed, retransmissions, seconds }: Cost): string {
	return `${successful} calls in ${seconds.toFixed(1)} s, ${failed} failed, ${retransmissions} retransmitted`;
}
