import {
	expire,
	type Machine,
	type Port,
	receive,
	type State,
	start,
	type Timer,
} from "../../core/transaction/machine.ts";

/** Runs one machine on a virtual clock. `log` holds a line of `<ms> <action>` per action. */
export function drive<A extends string, T extends string>(
	machine: Machine<A, T>,
	delay: (timer: T, attempt: number, state: string) => number | undefined,
) {
	const log: string[] = [];
	const due = new Map<T, number>();
	let now = 0;

	const port: Port<A, T> = {
		state: machine.initial,
		attempt: 0,
		act: (action) => void log.push(`${now} ${action}`),
		arm: ({ name }: Timer<T>, attempt) => {
			const ms = delay(name, attempt, state().name);
			if (ms !== undefined && ms > 0) due.set(name, now + ms);
			return ms === 0;
		},
		disarm: ({ name }: Timer<T>) => void due.delete(name),
	};
	start(machine, port);

	return {
		log,
		/** Events that the state had no row for. */
		strays: [] as string[],
		get state() {
			return port.state.name;
		},
		get running() {
			return [...due.keys()];
		},
		receive(event: string) {
			if (!receive(port, event)) this.strays.push(event);
			return this;
		},
		wait(ms: number) {
			const until = now + ms;
			for (let next = soonest(); next !== undefined && next[1] <= until; next = soonest()) {
				now = next[1];
				due.delete(next[0]);
				expire(port, next[0]);
			}
			now = until;
			return this;
		},
	};

	function state(): State<A, T> {
		return port.state;
	}

	function soonest(): [T, number] | undefined {
		return [...due].sort((a, b) => a[1] - b[1])[0];
	}
}
