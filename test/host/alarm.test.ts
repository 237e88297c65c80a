import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Alarm } from "../../core/host/alarm.ts";

/** An alarm whose deadline has just come; `turn` is one turn of the event loop that reads so many messages. */
function rung(t: TestContext) {
	t.mock.timers.enable({ apis: ["setTimeout"] });
	let now = 1_000;
	let taken = 0;
	const rings: number[] = [];
	const alarm = new Alarm({ now: () => now, ring: () => rings.push(now), taken: () => taken });
	alarm.set(1_010);
	now = 1_010;
	t.mock.timers.tick(10);
	const turn = async (messages: number, ms = 1) => {
		taken += messages;
		now += ms;
		await setImmediate();
	};
	return { alarm, rings, turn };
}

test("RFC 3261 §17.1.1.2: a timer fires behind the messages that lie in the sockets", async (t) => {
	const { rings, turn } = rung(t);
	assert.deepEqual(rings, []);
	await turn(32);
	await turn(40);
	assert.deepEqual(rings, []);
	await turn(31);
	assert.deepEqual(rings, [1_013]);
});

test("sockets that are never empty hold a timer up for half a second at most", async (t) => {
	const { rings, turn } = rung(t);
	for (let at = 0; at < 60; at += 1) await turn(100, 10);
	assert.deepEqual(rings, [1_510]);
});

test("a deadline that is set while the sockets are read is for the ring to find; a cleared alarm is silent", async (t) => {
	const first = rung(t);
	first.alarm.set(1_020);
	await first.turn(0);
	await first.turn(0);
	assert.deepEqual(first.rings, [1_011]);
	t.mock.timers.reset();
	const second = rung(t);
	second.alarm.clear();
	await second.turn(0);
	assert.deepEqual(second.rings, []);
});

test("an alarm that is closed rings no more, whatever is set: a name server may answer while the process ends", async (t) => {
	const { alarm, rings, turn } = rung(t);
	alarm.close();
	alarm.set(1_011);
	t.mock.timers.tick(100);
	await turn(0);
	await turn(0);
	assert.deepEqual(rings, []);
});
