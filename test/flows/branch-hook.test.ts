/** `onBranch`: the scheme of one leg, and edits on its request alone. */
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

test("RFC 3261 §16.6 step 5: onBranch edits the request of one branch, on top of those of onRequest", async (t) => {
	const { a, b } = await calling(t, [
		"onRequest(request) { request.headers.set('X-Tenant', 'blue'); return fork(['sip:a@10.0.0.1', 'sip:b@10.0.0.2']); }",
		`onBranch(request, leg) {
			request.headers.add('X-Leg', [leg.attempt, leg.uri.user, leg.scheme, leg.device?.name, request.headers.get('X-Tenant')].join(' '));
			if (leg.uri.user === 'b') request.headers.remove('X-Tenant');
		}`,
	]);
	const [first, second] = [a.take("INVITE"), b.take("INVITE")];
	assert.deepEqual([first.value("X-Leg"), first.value("X-Tenant")], ["1 a sip  blue", "blue"]);
	assert.deepEqual([second.value("X-Leg"), second.values("X-Tenant")], ["2 b sip  blue", []]);
	const own = ["Via", "Record-Route", "X-Leg", "X-Tenant"];
	assert.deepEqual(first.without(...own), second.without(...own));
});

test("a branch keeps its edits at its next address, and a later round has none of them", async (t) => {
	const { rig, ann, a, b } = await calling(t, [
		"onRequest: () => relay('sip:a@host.example.org:5060')",
		"onBranch(request, leg) { if (leg.attempt === 1) request.headers.set('X-Leg', 'one'); }",
		"onFailure: ({ attempt }) => attempt > 1 ? undefined : relay('sip:b@10.0.0.1')",
	]);
	const addresses = ["10.0.0.1", "10.0.0.2"].map((address) => ({ type: "A", address }) as const);
	rig.answerDns(addresses, "A host.example.org");
	const first = a.take("INVITE");
	a.answer(first, "503 Service Unavailable");
	const second = b.take("INVITE");
	assert.deepEqual([first.value("X-Leg"), second.value("X-Leg")], ["one", "one"]);
	b.answer(second, "404 Not Found");
	const third = a.take("INVITE");
	assert.deepEqual([third.uri, third.values("X-Leg")], ["sip:b@10.0.0.1", []]);
	a.answer(third, "486 Busy Here");
	assert.equal(ann.take(404).status, 404);
});

test("secure-signaling G7: onBranch makes one leg sips, the others keep their scheme", async (t) => {
	const rig = await scriptedRig(t, config, [
		BOTH,
		"onBranch(request, leg) { if (leg.uri.user === 'b') forceSips(leg); request.headers.set('X-Scheme', leg.scheme); }",
	]);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const b = rig.phone("b", { transport: "tls", host: "10.0.0.2", port: 5061 });
	ann.request("INVITE", "sip:group@example.com");
	const [first, second] = [a.take("INVITE"), b.take("INVITE")];
	assert.deepEqual([first.uri, first.value("X-Scheme")], ["sip:a@10.0.0.1", "sip"]);
	assert.deepEqual([second.uri, second.value("X-Scheme")], ["sips:b@10.0.0.2", "sips"]);
	assert.match(second.value("To"), /<sips:/);
	b.answer(second, "200 OK");
	assert.match(ann.take(200).value("Contact"), /<sip:/);
});

test("RFC 5630 §5.3: a scheme that is not the request's fails the branch, with the Warning where it is the only one", async (t) => {
	const keeps = await rigConfig(`
listen: ["udp:172.21.83.50:5060", "tls:172.21.83.50:5061"]
domains: [example.com]
trusted: [172.21.83.0/24, 10.0.0.0/24]
secure-signaling: { policy: rfc5630 }
devices:
  one: { type: Extension, contact: "sip:one@10.0.0.1" }
`);
	const hooks = (targets: string) => [
		`onRequest: () => fork(${targets})`,
		"onBranch(request, leg) { if (leg.uri.user === 'one') forceSips(leg); }",
	];
	const alone = await scriptedRig(t, keeps, hooks("[device('one')]"));
	const ann = alone.phone("ann", { host: "172.21.83.70" });
	const one = alone.phone("one", { host: "10.0.0.1" });
	ann.request("INVITE", "sip:group@example.com");
	const got = ann.take(480);
	assert.match(got.value("Warning"), /^381 /);
	assert.deepEqual(one.received, []);

	const both = await scriptedRig(t, keeps, hooks("[device('one'), 'sip:b@10.0.0.2']"));
	const caller = both.phone("ann", { host: "172.21.83.70" });
	const b = both.phone("b", { host: "10.0.0.2" });
	caller.request("INVITE", "sip:group@example.com");
	b.answer(b.take("INVITE"), "200 OK");
	assert.equal(caller.take(200).status, 200);
	both.wait(300_000);
});

test("a session timer that onBranch asks for holds for its branch (RFC 4028 §8.2)", async (t) => {
	const rig = await scriptedRig(t, config, [
		BOTH,
		"onBranch(request, leg) { if (leg.uri.user === 'b') request.headers.set('Session-Expires', '1800'); }",
	]);
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const a = rig.phone("a", { host: "10.0.0.1" });
	const b = rig.phone("b", { host: "10.0.0.2" });
	ann.request("INVITE", "sip:group@example.com", { headers: ["Supported: timer"] });
	assert.deepEqual(a.take("INVITE").values("Session-Expires"), []);
	const invite = b.take("INVITE");
	assert.equal(invite.value("Session-Expires"), "1800");
	b.answer(invite, "200 OK");
	assert.equal(ann.take(200).value("Session-Expires"), "1800;refresher=uac");
});

test("setBody in onBranch sends another body to one target", async (t) => {
	const { a, b } = await calling(
		t,
		[
			BOTH,
			"onBranch(request, leg) { if (leg.uri.user === 'b') setBody(request, 'hello', 'text/plain'); }",
		],
		"MESSAGE",
	);
	assert.equal(a.take("MESSAGE").body, "");
	const other = b.take("MESSAGE");
	assert.deepEqual([other.body, other.value("Content-Type")], ["hello", "text/plain"]);
});

test("an onBranch that fails, answers or waits leaves the branch as it is", async (t) => {
	for (const body of [
		"request.headers.set('X-A', '1'); throw new Error('no');",
		"return relay();",
		"return kv.get('a');",
		"return Promise.resolve();",
	]) {
		const { rig, ann, a } = await calling(t, [CALL_A, `onBranch(request, leg) { ${body} }`]);
		const invite = a.take("INVITE");
		assert.deepEqual(invite.values("X-A"), [], body);
		a.answer(invite, "200 OK");
		assert.equal(ann.take(200).status, 200, body);
		assert.deepEqual([rig.exchange.counters.scriptErrors, rig.hostCalls], [1, []], body);
	}
});

test("requests within a dialog, ACK and CANCEL make no branch that onBranch is asked about", async (t) => {
	const { ann, a, b } = await calling(t, [
		BOTH,
		"onBranch(request, leg) { request.headers.set('X-Leg', 'yes'); }",
	]);
	b.answer(b.take("INVITE"), "180 Ringing");
	a.answer(a.take("INVITE"), "200 OK");
	assert.deepEqual(b.take("CANCEL").values("X-Leg"), []);
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK");
	dialog.send("INFO");
	assert.deepEqual(a.take("ACK").values("X-Leg"), []);
	assert.deepEqual(a.take("INFO").values("X-Leg"), []);
});
