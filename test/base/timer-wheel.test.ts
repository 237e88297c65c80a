import assert from "node:assert/strict";
import { test } from "node:test";
import {
	type Expiring,
	NO_TIMER,
	type TimerHandle,
	TimerWheel,
} from "../../core/base/timer-wheel.ts";
import { seeded } from "../support/seeded.ts";

/** A line of `<ms> <tag>` per timer that fired. */
function recorder() {
	const log: string[] = [];
	const owner: Expiring = { expire: (tag, now) => void log.push(`${now} ${tag}`) };
	return { log, owner };
}

/** What the engine does: advance whenever `next` says so. */
function run(wheel: TimerWheel, until: number): void {
	for (let at = wheel.next(); at !== undefined && at <= until; at = wheel.next()) wheel.advance(at);
	wheel.advance(until);
}

test("a timer fires at its time, never before", () => {
	const { log, owner } = recorder();
	const wheel = new TimerWheel(0);
	wheel.arm(owner, "on-tick", 500);
	wheel.arm(owner, "between-ticks", 501);
	wheel.advance(499);
	assert.deepEqual(log, []);
	wheel.advance(509);
	assert.deepEqual(log, ["509 on-tick"]);
	wheel.advance(510);
	assert.deepEqual(log, ["509 on-tick", "510 between-ticks"]);
	assert.equal(wheel.size, 0);
});

test("timers fire soonest first, and those of one tick in arming order", () => {
	const { log, owner } = recorder();
	const wheel = new TimerWheel(0);
	for (const [tag, at] of [
		["c", 300],
		["a", 100],
		["d", 300],
		["b", 200],
	] as const)
		wheel.arm(owner, tag, at);
	wheel.advance(1_000);
	assert.deepEqual(log, ["1000 a", "1000 b", "1000 c", "1000 d"]);
});

test("next is undefined when nothing is armed, else never later than the first timer", () => {
	const { owner } = recorder();
	const wheel = new TimerWheel(1_000);
	assert.equal(wheel.next(), undefined);
	const handle = wheel.arm(owner, "x", 5_000);
	assert.equal(wheel.next(), 5_000);
	wheel.arm(owner, "y", 2_000);
	assert.equal(wheel.next(), 2_000);
	wheel.disarm(handle);
	wheel.advance(2_000);
	assert.equal(wheel.next(), undefined);
});

test("a time that has passed fires at the next tick", () => {
	const { log, owner } = recorder();
	const wheel = new TimerWheel(1_000);
	wheel.arm(owner, "late", 0);
	run(wheel, 2_000);
	assert.deepEqual(log, ["1010 late"]);
});

test("timers beyond one turn of the wheel wait for theirs", () => {
	const { log, owner } = recorder();
	const wheel = new TimerWheel(0);
	wheel.arm(owner, "timer-C", 181_000);
	wheel.arm(owner, "hour", 3_600_000);
	wheel.arm(owner, "timer-B", 32_000);
	run(wheel, 4_000_000);
	assert.deepEqual(log, ["32000 timer-B", "181000 timer-C", "3600000 hour"]);
});

test("expire may disarm what is due in the same tick, and arm more", () => {
	const log: string[] = [];
	const wheel = new TimerWheel(0);
	let second: TimerHandle = NO_TIMER;
	const owner: Expiring = {
		expire(tag, now) {
			log.push(`${now} ${tag}`);
			if (tag !== "first") return;
			wheel.disarm(second);
			wheel.arm(owner, "again", now + 40_960);
			wheel.arm(owner, "soon", now);
		},
	};
	wheel.arm(owner, "first", 100);
	second = wheel.arm(owner, "second", 100);
	wheel.arm(owner, "third", 100);
	run(wheel, 100_000);
	assert.deepEqual(log, ["100 first", "100 third", "110 soon", "41060 again"]);
	assert.equal(wheel.size, 0);
});

test("a handle of a fired or disarmed timer does not touch the timer that reuses its row", () => {
	const { log, owner } = recorder();
	const wheel = new TimerWheel(0);
	const fired = wheel.arm(owner, "fired", 10);
	wheel.advance(10);
	const disarmed = wheel.arm(owner, "disarmed", 20);
	wheel.disarm(disarmed);
	wheel.arm(owner, "kept", 20);
	wheel.disarm(fired);
	wheel.disarm(disarmed);
	wheel.disarm(NO_TIMER);
	wheel.advance(20);
	assert.deepEqual(log, ["10 fired", "20 kept"]);
});

test("a clock that jumps by a year fires everything due, in order, at once", () => {
	const { log, owner } = recorder();
	const wheel = new TimerWheel(0);
	wheel.arm(owner, "b", 41_000);
	wheel.arm(owner, "a", 40_970);
	wheel.arm(owner, "c", 10_000_000);
	wheel.arm(owner, "later", 31_600_000_000);
	wheel.advance(31_536_000_000);
	assert.deepEqual(
		log.map((line) => line.split(" ")[1]),
		["a", "b", "c"],
	);
	assert.equal(wheel.size, 1);
	run(wheel, 31_600_000_000);
	assert.equal(log.at(-1), "31600000000 later");
});

test("a clock that steps back fires nothing and loses nothing", () => {
	const { log, owner } = recorder();
	const wheel = new TimerWheel(10_000);
	wheel.arm(owner, "x", 10_500);
	wheel.advance(9_000);
	wheel.arm(owner, "y", 9_500);
	wheel.advance(10_500);
	assert.deepEqual(log, ["10500 y", "10500 x"]);
});

test("any history fires what a sorted list fires, in the same order", () => {
	for (let seed = 1; seed <= 60; seed += 1) history(seed);
});

function history(seed: number): void {
	const random = seeded(seed);
	const wheel = new TimerWheel(0);
	const expected = new Map<string, { tick: number; order: number }>();
	const handles: [string, TimerHandle][] = [];
	const fired: string[] = [];
	const owner: Expiring = { expire: (tag) => void fired.push(tag) };
	let now = 0;

	const arm = (order: number) => {
		const at = now + random.below(random.pick([50, 5_000, 32_000, 200_000]));
		const tick = Math.max(Math.ceil(at / 10), Math.floor(now / 10) + 1);
		expected.set(`${order}`, { tick, order });
		handles.push([`${order}`, wheel.arm(owner, `${order}`, at)]);
	};
	const disarm = () => {
		const [tag, handle] = handles[random.below(handles.length)] ?? ["", NO_TIMER];
		expected.delete(tag);
		wheel.disarm(handle);
	};
	const advance = () => {
		now += random.below(random.pick([20, 500, 100_000]));
		const due = [...expected]
			.filter(([, timer]) => timer.tick * 10 <= now)
			.sort(([, a], [, b]) => a.tick - b.tick || a.order - b.order)
			.map(([tag]) => tag);
		for (const tag of due) expected.delete(tag);
		wheel.advance(now);
		assert.deepEqual(fired.splice(0), due, `seed ${seed}`);
	};

	for (let step = 0; step < 3_000; step += 1) {
		const choice = random.below(10);
		if (choice < 5) arm(step);
		else if (choice < 8) disarm();
		else advance();
		assert.equal(wheel.size, expected.size, `seed ${seed}`);
	}
}
