import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, type Machine, type Timer } from "../../core/transaction/machine.ts";
import { MACHINE_TABLES, type Table } from "../support/machine-tables.ts";

test("every table: a state has a timer row for exactly the timers it runs", () => {
	for (const { name, spec } of MACHINE_TABLES)
		for (const [state, timers] of Object.entries(spec.timers)) {
			const rows = Object.keys(spec.table[state] ?? {})
				.filter((row) => row.startsWith("timer-"))
				.map((row) => row.slice("timer-".length));
			assert.deepEqual(rows.sort(), [...timers].sort(), `${name}: ${state}`);
		}
});

test("every table: table and timers name the same states, and all can be reached", () => {
	for (const { name, spec } of MACHINE_TABLES) {
		assert.deepEqual(Object.keys(spec.timers), Object.keys(spec.table), name);
		assert.deepEqual(reachable(spec).sort(), Object.keys(spec.table).sort(), name);
	}
});

test("every table: nothing leaves terminated, and every other state can lead there", () => {
	for (const { name, spec } of MACHINE_TABLES) {
		assert.deepEqual(spec.table.terminated, {}, name);
		for (const state of Object.keys(spec.table))
			assert.ok(reachable({ ...spec, initial: state }).includes("terminated"), `${name}: ${state}`);
	}
});

test("every table: a state without a timer is one that the proxy core bounds (RFC 3261 §16.6 step 11), or that costs nothing", () => {
	const unbounded = MACHINE_TABLES.flatMap(({ name, spec }) =>
		Object.entries(spec.timers)
			.filter(([state, timers]) => timers.length === 0 && state !== "terminated")
			.map(([state]) => `${name}: ${state}`),
	);
	assert.deepEqual(unbounded, [
		"INVITE client transaction: proceeding",
		"INVITE server transaction: proceeding",
		"Service of a device: on-trial",
	]);
});

test("every table: the timers of one state have places of their own, two at most", () => {
	for (const { name, machine } of MACHINE_TABLES)
		for (const timers of timersOfStates(machine)) {
			const slots = timers.map((timer) => timer.slot);
			assert.equal(new Set(slots).size, slots.length, name);
			assert.ok(
				slots.every((slot) => slot === 0 || slot === 1),
				name,
			);
		}
});

test("a table whose row leads to no state is refused when it is compiled", () => {
	const broken = { ...MACHINE_TABLES[0]?.spec, table: { calling: { x: { to: "?", act: [] } } } };
	assert.throws(() => compile(broken as never, "terminated" as never), RangeError);
});

function reachable(spec: Table): string[] {
	const found = new Set([spec.initial]);
	for (const state of found)
		for (const { to } of Object.values(spec.table[state] ?? {})) found.add(to);
	return [...found];
}

function timersOfStates(machine: Machine<string, string>): (readonly Timer<string>[])[] {
	const states = new Set([machine.initial]);
	for (const state of states)
		for (const row of [...state.rows.values(), ...state.expiries.values()]) states.add(row.to);
	return [...states].map((state) => state.timers);
}
