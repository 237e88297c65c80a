import assert from "node:assert/strict";
import { test } from "node:test";
import {
	isWatched,
	serviceMachine,
	serviceTimer,
	type Watching,
} from "../../core/proxy/service-state.ts";
import { drive } from "../support/drive.ts";
import { seeded } from "../support/seeded.ts";

const OFF: Watching = { oosCheck: 0, oosForce: 0, recoveryTimeout: 0 };

const watch = (watching: Partial<Watching>) =>
	drive(serviceMachine, (timer) => serviceTimer(timer, { ...OFF, ...watching }));

test("secure-signaling §2.2 oos-check: a device that answers is pinged at the interval, and stays in service", () => {
	const device = watch({ oosCheck: 30 });
	for (let count = 0; count < 3; count += 1) device.wait(30_000).receive("answered");
	assert.deepEqual(device.log, [
		...["30000 ping", "30000 end-ping", "60000 ping", "60000 end-ping"],
		...["90000 ping", "90000 end-ping"],
	]);
	assert.equal(device.state, "in-service");
	assert.deepEqual(device.running, ["check"]);
});

test("secure-signaling §2.2 oos-force: a ping that nobody answers puts the device out of service after that time", () => {
	const device = watch({ oosCheck: 30, oosForce: 5 }).wait(34_990);
	assert.equal(device.state, "checking");
	device.wait(10);
	assert.deepEqual(device.log, ["30000 ping", "35000 end-ping", "35000 report-out"]);
	assert.equal(device.state, "out-of-service");
});

test("secure-signaling §2.2 oos-force: 0 waits for as long as the transaction of the ping does", () => {
	const device = watch({ oosCheck: 30 }).wait(30_000);
	assert.deepEqual(device.running, []);
	device.receive("failed");
	assert.equal(device.state, "out-of-service");
});

test("secure-signaling §2.2 recovery-timeout: it is left alone for that long, then pinged, and comes back once it answers", () => {
	const device = watch({ oosCheck: 30, oosForce: 5, recoveryTimeout: 10 }).wait(30_000);
	device.receive("failed").wait(10_000);
	assert.equal(device.state, "rechecking");
	device.wait(5_000);
	assert.equal(device.state, "out-of-service");
	device.wait(10_000).receive("answered");
	assert.equal(device.state, "in-service");
	assert.deepEqual(device.log.slice(1), [
		...["30000 end-ping", "30000 report-out", "40000 ping", "45000 end-ping"],
		...["55000 ping", "55000 end-ping", "55000 report-in"],
	]);
});

test("secure-signaling §2.2 recovery-timeout: without it a device out of service is pinged at the usual interval", () => {
	const device = watch({ oosCheck: 30 }).receive("failed").wait(30_000);
	assert.deepEqual(device.log, ["0 report-out", "30000 ping"]);
});

test("secure-signaling §2.2 recovery-timeout: without oos-check one call tries it again, and no other until that is decided", () => {
	const device = watch({ recoveryTimeout: 10 }).wait(100_000);
	assert.deepEqual([device.log, device.running], [[], []]);
	device.receive("failed").wait(10_000);
	assert.equal(device.state, "on-trial");
	device.receive("called");
	assert.equal(device.state, "tried");
	device.receive("failed").wait(10_000).receive("called").receive("answered");
	assert.equal(device.state, "in-service");
	assert.deepEqual(device.log, ["100000 report-out", "120000 report-in"]);
});

test("secure-signaling §2.2 recovery-timeout: a trial that comes to nothing leaves room for another", () => {
	const device = watch({ recoveryTimeout: 10 }).receive("failed").wait(10_000).receive("called");
	device.wait(31_990);
	assert.equal(device.state, "tried");
	device.wait(10);
	assert.equal(device.state, "on-trial");
});

test("secure-signaling §2.2: from any history a device that is configured no more has no timer left", () => {
	const events = ["answered", "failed", "called"] as const;
	for (let seed = 1; seed <= 1_000; seed += 1) {
		const random = seeded(seed);
		const oosCheck = random.pick([0, 5]);
		const device = watch({ oosCheck, oosForce: random.pick([0, 3]), recoveryTimeout: 7 });
		for (let step = 0; step < 12; step += 1)
			device.receive(random.pick(events)).wait(random.below(9_000));
		device.receive("removed").wait(60_000);
		assert.equal(device.state, "terminated", `seed ${seed}`);
		assert.deepEqual(device.running, [], `seed ${seed}`);
	}
});

test("secure-signaling §2.2: a device is watched when it is pinged or may recover", () => {
	assert.equal(isWatched(OFF), false);
	assert.equal(isWatched({ ...OFF, oosCheck: 1 }), true);
	assert.equal(isWatched({ ...OFF, recoveryTimeout: 1 }), true);
});
