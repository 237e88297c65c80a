import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device } from "../../core/leg/device.ts";
import { Calls } from "../../core/proxy/calls.ts";
import { request } from "./fixtures.ts";

const devices = (capacity: number) => [{ name: "fly", capacity } as Device];
const invite = (callId: string) => request({ callId }).head;

test("secure-signaling §2.2 capacity: the oldest of 100,000 dialogs is counted no more when another begins", () => {
	const calls = new Calls();
	calls.configure(devices(1_000_000));
	for (let count = 0; count < 100_001; count += 1) calls.begin("fly", invite(`call-${count}`), 0);
	assert.equal(calls.of("fly"), 100_000);
});

test("secure-signaling §2.2 capacity: a device without one has nothing kept", () => {
	const calls = new Calls();
	calls.configure(devices(0));
	assert.equal(calls.size, 0);
	assert.equal(calls.begin("fly", invite("a"), 0), undefined);
	assert.equal(calls.of("fly"), undefined);
});

test("secure-signaling §2.2 capacity: a BYE ends the call with its tags, from either side, and no other", () => {
	const calls = new Calls();
	calls.configure(devices(10));
	const call = calls.begin("fly", invite("a"), 0);
	call?.answered(request({ to: "<sip:5000@172.21.83.50>;tag=b" }).head);
	const bye = (callId: string, from: string, to: string) =>
		calls.hungUp(
			request({ method: "BYE", callId, from: `<sip:a@h>;tag=${from}`, to: `<sip:b@h>;tag=${to}` })
				.head,
		);
	bye("b", "a", "b");
	bye("a", "a", "c");
	bye("a", "c", "a");
	assert.equal(calls.of("fly"), 1);
	bye("a", "b", "a");
	assert.equal(calls.of("fly"), 0);
	bye("a", "a", "b");
	assert.equal(calls.of("fly"), 0);
});

test("secure-signaling §2.2 capacity: taken away and given again, it finds the calls that are still up", () => {
	const calls = new Calls();
	calls.configure(devices(10));
	calls.begin("fly", invite("a"), 0);
	calls.configure(devices(0));
	assert.equal(calls.of("fly"), undefined);
	calls.configure([{ name: "other", capacity: 1 } as Device]);
	calls.configure(devices(10));
	assert.equal(calls.of("fly"), 1);
});
