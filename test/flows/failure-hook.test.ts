/** `onFailure`: who is called, or what is answered, when everybody who was called has failed. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { rigConfig } from "../support/rig-config.ts";
import { CALL_A, scriptedRig } from "../support/scripted-rig.ts";

const config = await rigConfig();

async function calling(t: TestContext, hooks: readonly string[], method = "INVITE") {
	const rig = await scriptedRig(t, config, hooks);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const b = rig.phone("b", { host: "10.0.0.2" });
	const c = rig.phone("c", { host: "10.0.0.3" });
	const sent = ann.request(method, "sip:group@example.com");
	return { rig, ann, a, b, c, sent };
}

const failing = (body: string) => [CALL_A, `onFailure(failure, call) { ${body} }`];
const scriptErrors = ({ rig }: Awaited<ReturnType<typeof calling>>) =>
	rig.exchange.counters.scriptErrors;

test("RFC 3261 §16.5 §16.7 step 6: who is called after a failure joins the target set, and nothing of the failure is seen", async (t) => {
	const made = await calling(t, failing("return relay('sip:b@10.0.0.2');"));
	const { rig, ann, a, b } = made;
	const first = a.take("INVITE");
	a.answer(first, "180 Ringing");
	ann.take(180);
	a.answer(first, "486 Busy Here");
	const second = b.take("INVITE");
	assert.notEqual(second.vias[0], first.vias[0]);
	assert.deepEqual(second.without("Via", "Record-Route"), first.without("Via", "Record-Route"));
	b.answer(second, "200 OK");
	ann.caller(ann.take(200)).send("ACK");
	assert.equal(b.take("ACK").uri, "sip:b@10.0.0.2:5060");
	rig.wait(300_000);
	assert.equal(ann.received.filter(({ status = 0 }) => status > 199).length, 1);
	assert.deepEqual([rig.size, rig.retained, rig.exchange.next()], [0, 0, undefined]);
	assert.equal(scriptErrors(made), 0);
});

test("a hook that returns nothing, or fails, leaves the best response as it is", async (t) => {
	for (const [body, errors] of [
		["", 0],
		["throw new Error('no');", 1],
		["return save();", 1],
		["return 'relay';", 1],
	] as const) {
		const made = await calling(t, failing(body));
		made.a.answer(made.a.take("INVITE"), "486 Busy Here", { headers: ["X-From: a"] });
		assert.equal(made.ann.take(486).value("X-From"), "a", body);
		assert.equal(scriptErrors(made), errors, body);
	}
});

test("what a failure tells: the best response, its headers, who was called, how often it failed", async (t) => {
	const { ann, a, b } = await calling(t, [
		"onRequest: () => fork(['sip:a@10.0.0.1', 'sip:b@10.0.0.2'])",
		`onFailure({ status, reason, headers, targets, attempt, request }, call) {
			const tried = targets.map((one) => one.uri.text + ' ' + one.status).join(', ');
			const text = [status, reason, headers?.get('retry-after'), attempt, request.uri.user, call.caller.scheme];
			return reply(480, 'No', { 'X-Told': text.join(' '), 'X-Tried': tried });
		}`,
	]);
	a.answer(a.take("INVITE"), "486 Busy Here", { headers: ["Retry-After: 5"] });
	b.answer(b.take("INVITE"), "503 Service Unavailable");
	const got = ann.take(480);
	assert.equal(got.startLine, "SIP/2.0 480 No");
	assert.equal(got.value("X-Told"), "486 response 5 1 group sip");
	assert.equal(got.value("X-Tried"), "sip:a@10.0.0.1 486, sip:b@10.0.0.2 503");
});

test("RFC 3261 §16.7 §16.8 §16.9: nobody answered is 408, nobody there 503, nobody to call 480", async (t) => {
	const tell = (first: string) => [
		`onRequest: () => ${first}`,
		"onFailure: ({ status, reason, headers }) => reply(404, [status, reason, headers].join(' '))",
	];
	const silent = await calling(t, tell("relay('sip:a@10.0.0.1')"));
	silent.rig.wait(33_000);
	assert.equal(silent.ann.take(404).startLine, "SIP/2.0 404 408 timeout ");

	const rings = await calling(t, tell("relay('sip:a@10.0.0.1', { timeout: 20 })"));
	const invite = rings.a.take("INVITE");
	rings.a.answer(invite, "180 Ringing");
	rings.rig.wait(20_000);
	rings.a.answer(rings.a.take("CANCEL"), "200 OK");
	rings.a.answer(invite, "487 Request Terminated");
	assert.equal(rings.ann.take(404).startLine, "SIP/2.0 404 408 timeout ");

	const nowhere = await calling(t, tell("relay('sip:a@10.0.0.77')"));
	nowhere.rig.wait(100);
	assert.equal(nowhere.ann.take(404).startLine, "SIP/2.0 404 503 unreachable ");

	const nobody = await calling(t, tell("relay(device('7789'))"));
	assert.equal(nobody.ann.take(404).startLine, "SIP/2.0 404 480 unreachable ");
});

test("RFC 3261 §16.7 step 5: after a 6xx nobody else is called; it may be answered otherwise", async (t) => {
	const made = await calling(t, failing("return relay('sip:b@10.0.0.2');"));
	made.a.answer(made.a.take("INVITE"), "603 Decline");
	assert.equal(made.ann.take(603).status, 603);
	assert.deepEqual([made.b.received, scriptErrors(made)], [[], 1]);

	const other = await calling(t, failing("return reply(486);"));
	other.a.answer(other.a.take("INVITE"), "603 Decline");
	assert.equal(other.ann.take(486).status, 486);
});

test("RFC 3261 §16.5: where the Request-URI is not ours nobody is added, and no URI is called twice", async (t) => {
	const rig = await scriptedRig(t, config, failing("return relay('sip:b@10.0.0.2');"));
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const [a, b] = [rig.phone("a", { host: "10.0.0.1" }), rig.phone("b", { host: "10.0.0.2" })];
	ann.request("INVITE", "sip:group@elsewhere.example.org");
	a.answer(a.take("INVITE"), "486 Busy Here");
	assert.equal(ann.take(486).status, 486);
	assert.deepEqual(b.received, []);
	assert.equal(rig.exchange.counters.scriptErrors, 1);

	const twice = await calling(t, failing("return relay('sip:a@10.0.0.1');"));
	twice.a.answer(twice.a.take("INVITE"), "486 Busy Here");
	assert.equal(twice.ann.take(486).status, 486);
	assert.deepEqual(
		twice.a.unread.map(({ method }) => method),
		["ACK"],
	);
});

test("a request fails at most eight times: then the best response goes to the caller", async (t) => {
	const hooks = failing("return relay('sip:' + failure.attempt + '@10.0.0.2');");
	const { ann, a, b } = await calling(t, hooks);
	a.answer(a.take("INVITE"), "486 Busy Here");
	for (let attempt = 1; attempt <= 8; attempt += 1) {
		const invite = b.take("INVITE");
		assert.equal(invite.uri, `sip:${attempt}@10.0.0.2`);
		b.answer(invite, "404 Not Found");
	}
	assert.equal(ann.take(486).status, 486);
	assert.deepEqual(
		b.unread.filter(({ method }) => method === "INVITE"),
		[],
	);
});

test("edits of earlier hooks stay, are seen, and those of onFailure come on top", async (t) => {
	const { a, b } = await calling(t, [
		"onRequest(request) { request.headers.set('X-Tenant', 'blue'); request.headers.set('X-Way', 'desk'); return relay('sip:a@10.0.0.1'); }",
		`onFailure({ request: { headers } }) {
			headers.set('X-Seen', headers.get('X-Way') + ' ' + headers.get('X-Tenant'));
			headers.remove('X-Way');
			return relay('sip:b@10.0.0.2');
		}`,
	]);
	const first = a.take("INVITE");
	assert.deepEqual([first.value("X-Tenant"), first.value("X-Way")], ["blue", "desk"]);
	a.answer(first, "486 Busy Here");
	const second = b.take("INVITE");
	assert.deepEqual(second.values("X-Way"), []);
	assert.deepEqual([second.value("X-Tenant"), second.value("X-Seen")], ["blue", "desk blue"]);
});

test("RFC 3261 §9.2: a CANCEL while the hook waits is answered 487 at once, and its decision counts no more", async (t) => {
	const hooks = [
		CALL_A,
		"async onFailure() { await kv.get('vm'); return relay('sip:b@10.0.0.2'); }",
	];
	const { rig, ann, a, b, sent } = await calling(t, hooks);
	a.answer(a.take("INVITE"), "486 Busy Here");
	assert.equal(rig.hostCalls.length, 1);
	rig.wait(300);
	assert.deepEqual(
		ann.received.map(({ status }) => status),
		[100],
	);
	ann.cancel(sent);
	assert.equal(ann.take(200, "CANCEL").status, 200);
	ann.acknowledge(sent, ann.take(487));
	rig.hostCalls[0]?.answer({ ok: true });
	rig.wait(64_000);
	assert.deepEqual([b.received, rig.size], [[], 0]);
});

test("a hook that waits calls somebody when it has its answer, with Timer C of its own (RFC 3261 §16.6 step 11)", async (t) => {
	const hooks = [
		CALL_A,
		"async onFailure({ attempt }) { if (attempt > 1) return; await kv.get('vm'); return relay('sip:b@10.0.0.2'); }",
	];
	const { rig, ann, a, b } = await calling(t, hooks);
	const first = a.take("INVITE");
	a.answer(first, "180 Ringing");
	rig.wait(170_000);
	a.answer(first, "486 Busy Here");
	rig.wait(1_000);
	rig.hostCalls[0]?.answer({ ok: true });
	const second = b.take("INVITE");
	b.answer(second, "180 Ringing");
	rig.wait(184_000);
	assert.deepEqual(b.unread, []);
	rig.wait(2_000);
	b.answer(b.take("CANCEL"), "200 OK");
	b.answer(second, "487 Request Terminated");
	assert.equal(ann.take(486).status, 486);
});

test("a hook that waits for too long leaves the best response as it is", async (t) => {
	const hooks = [CALL_A, "async onFailure() { await kv.get('vm'); return reply(404); }"];
	const made = await calling(t, hooks);
	made.a.answer(made.a.take("INVITE"), "486 Busy Here");
	made.rig.wait(5_100);
	assert.equal(made.ann.take(486).status, 486);
	assert.equal(scriptErrors(made), 1);
});

test("RFC 4320 §4.2: a request that is no INVITE is sent elsewhere after a failure, but not after a silence", async (t) => {
	const hooks = failing("return relay('sip:b@10.0.0.2');");
	const { ann, a, b } = await calling(t, hooks, "MESSAGE");
	a.answer(a.take("MESSAGE"), "404 Not Found");
	b.answer(b.take("MESSAGE"), "202 Accepted");
	assert.equal(ann.take(202).status, 202);

	const silent = await calling(t, hooks, "MESSAGE");
	silent.rig.wait(40_000);
	assert.deepEqual(silent.b.received, []);
	assert.deepEqual(
		silent.ann.received.filter(({ status = 0 }) => status > 100),
		[],
	);
	assert.equal(silent.rig.size, 0);
});

test("RFC 3261 §16.7 step 7: the challenges of all rounds go to the caller together", async (t) => {
	const { ann, a, b } = await calling(
		t,
		failing("return failure.attempt === 1 ? relay('sip:b@10.0.0.2') : undefined;"),
	);
	const asks = (realm: string) => ({ headers: [`Proxy-Authenticate: Digest realm="${realm}"`] });
	a.answer(a.take("INVITE"), "407 Proxy Authentication Required", asks("a"));
	b.answer(b.take("INVITE"), "407 Proxy Authentication Required", asks("b"));
	assert.deepEqual(ann.take(407).values("Proxy-Authenticate"), [
		'Digest realm="a"',
		'Digest realm="b"',
	]);
});

test("secure-signaling G7: forceSips in onFailure makes the legs of that round sips, and no others", async (t) => {
	const hooks = [
		CALL_A,
		"onFailure({ attempt }, call) { if (attempt === 2) return; forceSips(call.callee); return relay(device('5001')); }",
	];
	const rig = await scriptedRig(t, config, hooks);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const c = rig.phone("5001", { transport: "tls", host: "192.168.8.57", port: 5061 });
	ann.request("INVITE", "sip:group@example.com");
	const first = a.take("INVITE");
	assert.equal(first.uri, "sip:a@10.0.0.1");
	a.answer(first, "486 Busy Here");
	assert.equal(c.take("INVITE").uri, "sips:5001@192.168.8.57;transport=tcp");
});

test("secure-signaling §2.2: capacity is counted once for a caller, and asked anew for whom a later round calls", async (t) => {
	const yaml = await rigConfig(`
listen: ["udp:172.21.83.50:5060"]
domains: [example.com]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  ann: { type: Trunk, prefix: "7", contact: "sip:172.21.83.70", capacity: 5 }
  one: { type: Trunk, prefix: "8", contact: "sip:10.0.0.1", capacity: 1 }
`);
	const rig = await scriptedRig(t, yaml, [
		"onRequest: () => relay('sip:b@10.0.0.2')",
		"onFailure: ({ attempt }) => attempt > 1 ? undefined : relay(device('one'))",
	]);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("one", { host: "10.0.0.1" });
	const b = rig.phone("b", { host: "10.0.0.2" });
	const calls = () =>
		Object.fromEntries(
			rig.exchange.proxy.candidates.status().map(({ device, calls: of }) => [device, of?.now]),
		);
	ann.request("INVITE", "sip:group@example.com");
	b.answer(b.take("INVITE"), "486 Busy Here");
	assert.deepEqual(calls(), { ann: 1, one: 1 });
	const invite = a.take("INVITE");
	ann.request("INVITE", "sip:other@example.com");
	b.answer(b.take("INVITE"), "486 Busy Here");
	assert.equal(ann.take(486).status, 486);
	assert.deepEqual(a.unread, []);
	a.answer(invite, "404 Not Found");
	assert.deepEqual(calls(), { ann: 0, one: 0 });
});

test("trunks by failover in onFailure: one after the other, and the fork before is over", async (t) => {
	const { a, b, c, ann } = await calling(t, [
		"onRequest: () => fork(['sip:a@10.0.0.1'], { order: 'serial', timeout: 20 })",
		"onFailure: ({ attempt }) => attempt > 1 ? undefined : fork(['sip:b@10.0.0.2', 'sip:c@10.0.0.3'], { order: 'failover' })",
	]);
	a.answer(a.take("INVITE"), "486 Busy Here");
	b.answer(b.take("INVITE"), "503 Service Unavailable");
	c.answer(c.take("INVITE"), "404 Not Found");
	assert.equal(ann.take(404).status, 404);
});

test("RFC 5393 §4.2.2: a later round that would loop is answered 482", async (t) => {
	const { rig, ann, a, b } = await calling(t, [
		"onRequest: () => relay('sip:a@10.0.0.1')",
		"onFailure: () => relay('sip:b@10.0.0.2')",
	]);
	a.answer(a.take("INVITE"), "486 Busy Here");
	const back = b.take("INVITE").text.replace(/^INVITE \S+/, "INVITE sip:group@example.com");
	b.send(back.replace("\r\nVia:", "\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKback\r\nVia:"));
	a.answer(a.take("INVITE"), "486 Busy Here");
	assert.equal(b.take(482).status, 482);
	assert.equal(
		ann.unread.some(({ status }) => status === 482),
		false,
	);
	assert.equal(rig.exchange.counters.scriptErrors, 0);
});
