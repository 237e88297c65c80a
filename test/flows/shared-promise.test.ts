/** Hooks that wait for one and the same promise: they all decide at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rigConfig } from "../support/rig-config.ts";
import { scriptedRig } from "../support/scripted-rig.ts";

const CALLS = 1_500;

test("any number of hooks may wait for one promise: each is decided, none within another", async (t) => {
	const rig = await scriptedRig(t, await rigConfig(), [
		"async onRequest(request) { if (request.uri.user !== 'group') return reply(404); globalThis.list ??= kv.get('list'); await globalThis.list; return relay('sip:a@10.0.0.1'); }",
		"onBranch(request) { request.headers.set('X-Leg', '1'); }",
	]);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	for (let call = 0; call < CALLS; call += 1) ann.request("OPTIONS", "sip:group@example.com");
	assert.deepEqual([rig.exchange.waiting, rig.hostCalls.length], [CALLS, 1]);
	rig.hostCalls[0]?.answer({ ok: true, value: null });
	assert.equal(rig.exchange.waiting, 0);
	assert.equal(a.received.length, CALLS);
});
