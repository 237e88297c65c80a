/** `onResponse`: what the caller of a request that a script routed gets to see. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { rigConfig } from "../support/rig-config.ts";
import { CALL_A, scriptedRig } from "../support/scripted-rig.ts";

const config = await rigConfig();
const BOTH = "onRequest: () => fork(['sip:a@10.0.0.1', 'sip:b@10.0.0.2'])";

async function calling(t: TestContext, hooks: readonly string[], method = "INVITE") {
	const rig = await scriptedRig(t, config, hooks);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const b = rig.phone("b", { host: "10.0.0.2" });
	const sent = ann.request(method, "sip:group@example.com");
	return { rig, ann, a, b, sent };
}

const TELLS = `onResponse(response, leg) {
	const { status, reason, method, headers, body } = response;
	headers.set('X-Told', [status, reason, method, headers.get('X-Of'), body.length, leg.uri.text, leg.scheme, leg.device?.name].join(' '));
	headers.remove('X-Of');
}`;

test("RFC 3261 §16.7 step 9: onResponse edits every response that goes back, and the rest stays byte for byte", async (t) => {
	const { ann, a } = await calling(t, [CALL_A, TELLS]);
	const invite = a.take("INVITE");
	const sent = a.answer(invite, "183 Session Progress", { headers: ["X-Of: a"], body: "v=0" });
	const got = ann.take(183);
	assert.equal(got.value("X-Told"), "183 Session Progress INVITE a 3 sip:a@10.0.0.1 sip");
	assert.deepEqual(got.without("Via", "X-Told"), sent.without("Via", "X-Of"));
	assert.equal(got.body, "v=0");
	a.answer(invite, "486 Busy Here");
	assert.match(ann.take(486).value("X-Told"), /^486 Busy Here INVITE {2}0 sip:a@10\.0\.0\.1 sip/);
});

test("RFC 3261 §16.7 step 6: of several failures it is asked about the one that goes to the caller", async (t) => {
	const { ann, a, b } = await calling(t, [BOTH, TELLS]);
	a.answer(a.take("INVITE"), "404 Not Found");
	b.answer(b.take("INVITE"), "401 Unauthorized");
	assert.match(ann.take(401).value("X-Told"), /^401 Unauthorized INVITE {2}0 sip:b@10\.0\.0\.2/);
});

test("100 and our own answers are none of its business", async (t) => {
	const { rig, ann, a } = await calling(t, [CALL_A, TELLS]);
	a.answer(a.take("INVITE"), "100 Trying");
	rig.wait(300);
	assert.deepEqual(ann.take(100).values("X-Told"), []);
	const silent = await calling(t, [CALL_A, TELLS]);
	silent.rig.wait(40_000);
	assert.deepEqual(silent.ann.take(408).values("X-Told"), []);
});

test("RFC 6026 §8.9: a repeated 2xx goes on as the first did, and one of another branch is asked about", async (t) => {
	const { ann, a, b, rig } = await calling(t, [
		BOTH,
		"onResponse(response, leg) { globalThis.n = (globalThis.n ?? 0) + 1; response.headers.set('X-N', globalThis.n + ' ' + leg.uri.user); }",
	]);
	const [first, second] = [a.take("INVITE"), b.take("INVITE")];
	a.answer(first, "200 OK");
	assert.equal(ann.take(200).value("X-N"), "1 a");
	a.answer(first, "200 OK");
	assert.equal(ann.take(200).value("X-N"), "1 a");
	b.answer(second, "200 OK");
	assert.equal(ann.take(200).value("X-N"), "2 b");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("requests within a dialog are answered without it", async (t) => {
	const { ann, a } = await calling(t, [CALL_A, TELLS]);
	a.answer(a.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK");
	dialog.send("INFO");
	a.answer(a.take("INFO"), "200 OK");
	assert.deepEqual(ann.take(200, "INFO").values("X-Told"), []);
});

test("an onResponse that fails, answers, waits or edits the session timer (RFC 4028 §8.2) changes nothing", async (t) => {
	for (const body of [
		"response.headers.set('X-A', '1'); throw new Error('no');",
		"return reply(404);",
		"return kv.get('a');",
		"response.headers.set('Session-Expires', '90');",
		"response.headers.set('Via', 'x');",
		"setBody(response, '');",
	]) {
		const { rig, ann, a } = await calling(t, [CALL_A, `onResponse(response) { ${body} }`]);
		const sent = a.answer(a.take("INVITE"), "200 OK");
		const got = ann.take(200);
		assert.deepEqual(got.without("Via"), sent.without("Via"), body);
		assert.equal(rig.exchange.counters.scriptErrors, 1, body);
	}
});

test("secure-signaling §3.6 G7: what onResponse writes is shown in the scheme of the caller's leg", async (t) => {
	const listed = await rigConfig(`
listen: ["udp:172.21.83.50:5060", "tls:172.21.83.50:5061"]
domains: [example.com]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  ann: { type: Extension, contact: "sips:ann@172.21.83.70", secure-signaling: { headers: [X-Uri] } }
  one: { type: Extension, contact: "sip:one@10.0.0.1" }
`);
	const rig = await scriptedRig(t, listed, [
		"onRequest: () => relay(device('one'))",
		"onResponse(response) { response.headers.set('X-Uri', '<sip:help@example.com>'); response.headers.set('X-Other', '<sip:help@example.com>'); }",
	]);
	const ann = rig.phone("ann", {
		transport: "tls",
		host: "172.21.83.70",
		port: 5061,
		contact: "<sips:ann@172.21.83.70>",
	});
	const one = rig.phone("one", { host: "10.0.0.1" });
	ann.request("INVITE", "sips:group@example.com", { from: "sips:ann@example.com" });
	one.answer(one.take("INVITE"), "200 OK");
	const got = ann.take(200);
	assert.equal(got.value("X-Uri"), "<sips:help@example.com>");
	assert.equal(got.value("X-Other"), "<sip:help@example.com>");
});

test("RFC 3325 §5: an asserted identity that onResponse sets goes to the caller, one of a phone does not", async (t) => {
	const { ann, a } = await calling(t, [
		CALL_A,
		"onResponse(response) { response.headers.set('P-Asserted-Identity', '<sip:help@example.com>'); }",
	]);
	a.answer(a.take("INVITE"), "200 OK", { headers: ["P-Asserted-Identity: <sip:a@example.com>"] });
	assert.deepEqual(ann.take(200).values("P-Asserted-Identity"), ["<sip:help@example.com>"]);
});
