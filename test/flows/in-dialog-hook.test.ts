/** `onInDialog`: what passes within a dialog. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { rigConfig } from "../support/rig-config.ts";
import { CALL_A, scriptedRig } from "../support/scripted-rig.ts";

const config = await rigConfig();

async function talking(t: TestContext, body: string, wait = "") {
	const rig = await scriptedRig(t, config, [
		CALL_A,
		`${wait} onInDialog(request, dialog) { ${body} }`,
	]);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	ann.request("INVITE", "sip:group@example.com");
	const invite = a.take("INVITE");
	a.answer(invite, "200 OK");
	const caller = ann.caller(ann.take(200));
	caller.send("ACK");
	a.take("ACK");
	return { rig, ann, a, caller, callee: a.callee(invite) };
}

test("RFC 3261 §12.2 §16.6: a request of either side goes on with the edits of onInDialog, ACK and CANCEL unasked", async (t) => {
	const { rig, ann, a, caller, callee } = await talking(
		t,
		"request.headers.set('X-Told', [dialog.from, dialog.caller.scheme, dialog.callee.scheme, request.method].join(' '));",
	);
	caller.send("INFO");
	const info = a.take("INFO");
	assert.equal(info.value("X-Told"), "caller sip sip INFO");
	a.answer(info, "200 OK");
	callee.send("INVITE");
	const again = ann.take("INVITE");
	assert.equal(again.value("X-Told"), "callee sip sip INVITE");
	ann.answer(again, "200 OK");
	a.take(200);
	callee.send("ACK");
	assert.deepEqual(ann.take("ACK").values("X-Told"), []);
	assert.equal(rig.exchange.counters.scriptErrors, 0);
});

test("onInDialog answers or drops a request: nobody else sees it", async (t) => {
	const { rig, ann, a, caller } = await talking(
		t,
		"if (request.method === 'INFO') return reply(405, 'Not Here'); if (request.method === 'MESSAGE') return drop();",
	);
	caller.send("INFO");
	assert.equal(ann.take(405).startLine, "SIP/2.0 405 Not Here");
	caller.send("MESSAGE");
	assert.deepEqual([ann.unread, a.unread], [[], []]);
	caller.send("BYE");
	a.answer(a.take("BYE"), "200 OK");
	assert.equal(ann.take(200).status, 200);
	rig.wait(64_000);
	assert.deepEqual([rig.size, rig.retained], [0, 0]);
});

test("an onInDialog that fails or may not answer so lets the request go on", async (t) => {
	for (const body of ["throw new Error('no');", "return relay('sip:x@10.0.0.3');", "return 1;"]) {
		const { rig, a, caller } = await talking(t, body);
		caller.send("BYE");
		assert.equal(a.take("BYE").cseqMethod, "BYE", body);
		assert.equal(rig.exchange.counters.scriptErrors, 1, body);
	}
});

test("RFC 3261 §9.2: an onInDialog may wait; a re-INVITE that is cancelled meanwhile goes nowhere", async (t) => {
	const body = "await kv.get('a'); request.headers.set('X-Waited', 'yes');";
	const { rig, ann, a, caller } = await talking(t, body, "async");
	caller.send("INFO");
	assert.deepEqual(a.unread, []);
	rig.hostCalls[0]?.answer({ ok: true });
	const info = a.take("INFO");
	assert.equal(info.value("X-Waited"), "yes");
	a.answer(info, "200 OK");

	const text = caller.send("INVITE");
	ann.send(
		text
			.replace(/^INVITE/, "CANCEL")
			.replace(/^(CSeq: \d+) INVITE/m, "$1 CANCEL")
			.replace(/^Contact:.*\r\n/m, ""),
	);
	assert.equal(ann.take(487).status, 487);
	rig.hostCalls[1]?.answer({ ok: true });
	assert.deepEqual(a.unread, []);
});
