/**
 * The one interpreter behind the four transaction tables.
 *
 * A table is data: state × event → next state and actions. This file knows nothing of SIP, does no
 * I/O and reads no clock. It tells its `Port` what to do; the caller feeds messages, transport
 * failures and expired timers back in.
 *
 * `compile` works out once per table what a row disarms, arms and keeps, so that a step of a
 * running transaction is a lookup and a few calls. A transaction is its own port: it allocates
 * nothing to be run.
 */
export type Step<S extends string, A extends string> = {
	readonly to: S;
	readonly act: readonly A[];
};

export type Spec<S extends string, E extends string, A extends string, T extends string> = {
	readonly initial: S;
	readonly start: readonly A[];
	readonly table: { readonly [state in S]: { readonly [event in E | `timer-${T}`]?: Step<S, A> } };
	/** Timers that run in a state. One listed in both the old and the new state keeps running. */
	readonly timers: { readonly [state in S]: readonly T[] };
};

/** A timer of a machine. No two timers of one state share a slot. */
export type Timer<T extends string> = { readonly name: T; readonly slot: number };

export type State<A extends string, T extends string> = {
	readonly name: string;
	readonly rows: ReadonlyMap<string, Row<A, T>>;
	/** The `timer-…` rows, by timer. */
	readonly expiries: ReadonlyMap<string, Row<A, T>>;
	readonly timers: readonly Timer<T>[];
};

export type Row<A extends string, T extends string> = {
	readonly to: State<A, T>;
	readonly act: readonly A[];
	readonly disarm: readonly Timer<T>[];
	readonly arm: readonly Timer<T>[];
	/** The timer of this row, when it is still listed in the state it leads to: it repeats. */
	readonly repeat: Timer<T> | undefined;
	/** Some timer runs on, so the count of attempts does too. */
	readonly keeps: boolean;
};

export type Machine<A extends string, T extends string> = {
	readonly initial: State<A, T>;
	readonly start: readonly A[];
	readonly terminated: State<A, T>;
};

export type Port<A extends string, T extends string> = {
	/** Written by this file only, as is `attempt`. */
	state: State<A, T>;
	attempt: number;
	act(action: A): void;
	/**
	 * `attempt` is 0 on entering the state and counts up each time the timer repeats. Answers true
	 * when the delay is zero: the timer then expires at once.
	 */
	arm(timer: Timer<T>, attempt: number): boolean;
	disarm(timer: Timer<T>): void;
};

/** Enters the initial state. The port already names it, so that it can be constructed whole. */
export function start<A extends string, T extends string>(
	machine: Machine<A, T>,
	port: Port<A, T>,
): void {
	for (const action of machine.start) port.act(action);
	armAll(port, machine.initial.timers);
}

/** Returns false for an event the table does not list: on a network, strays are normal. */
export function receive<A extends string, T extends string>(
	port: Port<A, T>,
	event: string,
): boolean {
	const row = port.state.rows.get(event);
	if (row === undefined) return false;
	take(port, row);
	return true;
}

/** A timer that is still listed in the state it led to repeats. */
export function expire<A extends string, T extends string>(port: Port<A, T>, timer: string): void {
	const row = port.state.expiries.get(timer);
	if (row === undefined) return;
	take(port, row);
	if (row.repeat === undefined) return;
	port.attempt += 1;
	port.arm(row.repeat, port.attempt);
}

/** Stops every timer and leaves the machine in `terminated`, without any action. */
export function halt<A extends string, T extends string>(
	machine: Machine<A, T>,
	port: Port<A, T>,
): void {
	for (const timer of port.state.timers) port.disarm(timer);
	port.state = machine.terminated;
}

function take<A extends string, T extends string>(port: Port<A, T>, row: Row<A, T>): void {
	for (const action of row.act) port.act(action);
	if (row.to === port.state) return;
	for (const timer of row.disarm) port.disarm(timer);
	port.state = row.to;
	if (!row.keeps) port.attempt = 0;
	armAll(port, row.arm);
}

function armAll<A extends string, T extends string>(
	port: Port<A, T>,
	timers: readonly Timer<T>[],
): void {
	let due: Timer<T> | undefined;
	for (const timer of timers) if (port.arm(timer, port.attempt)) due = timer;
	if (due !== undefined) expire(port, due.name);
}

/** Links the rows of a table to the states they lead to. */
export function compile<S extends string, E extends string, A extends string, T extends string>(
	spec: Spec<S, E, A, T>,
	terminated: NoInfer<S>,
): Machine<A, T> {
	const slots = new Map<T, Timer<T>>();
	const states = new Map<S, BeingLinked<A, T>>();
	for (const name of keys(spec.timers)) {
		const timers = spec.timers[name].map((timer, slot) => {
			const known = slots.get(timer) ?? { name: timer, slot };
			slots.set(timer, known);
			return known;
		});
		states.set(name, { name, rows: new Map(), expiries: new Map(), timers });
	}

	const state = (name: S) => states.get(name) ?? unknownState(name);
	for (const [name, from] of states) link(from, spec.table[name], state);
	return { initial: state(spec.initial), start: spec.start, terminated: state(terminated) };
}

type BeingLinked<A extends string, T extends string> = {
	readonly name: string;
	readonly rows: Map<string, Row<A, T>>;
	readonly expiries: Map<string, Row<A, T>>;
	readonly timers: readonly Timer<T>[];
};

function link<S extends string, A extends string, T extends string>(
	from: BeingLinked<A, T>,
	steps: { readonly [event: string]: Step<S, A> | undefined },
	state: (name: S) => State<A, T>,
): void {
	for (const [event, step] of Object.entries(steps)) {
		if (step === undefined) continue;
		const to = state(step.to);
		const timer = event.startsWith(TIMER) ? event.slice(TIMER.length) : undefined;
		const own = from.timers.find(({ name }) => name === timer);
		const row: Row<A, T> = {
			to,
			act: step.act,
			disarm: from.timers.filter((running) => running !== own && !to.timers.includes(running)),
			arm: to.timers.filter((next) => !from.timers.includes(next)),
			repeat: own !== undefined && to.timers.includes(own) ? own : undefined,
			keeps: from.timers.some((running) => to.timers.includes(running)),
		};
		if (timer === undefined) from.rows.set(event, row);
		else from.expiries.set(timer, row);
	}
}

function keys<K extends string>(record: { readonly [key in K]: unknown }): K[] {
	return Object.keys(record) as K[];
}

function unknownState(name: string): never {
	throw new RangeError(`no state "${name}" in the table`);
}

const TIMER = "timer-";
