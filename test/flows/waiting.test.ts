/** Requests whose script waits: what their senders get meanwhile, and that nothing of them is left. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { HostResult } from "../../core/script/host-call.ts";
import { type LoadGiven, load } from "../script/harness.ts";
import { reply } from "../support/decisions.ts";
import { ExchangeRig, type RigOptions } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";

const config = await rigConfig(`${YAML}\nscript: { fetch: [https://api.example.com] }\n`);
const DEADLINE_MS = 5_000;

const SCRIPT = `import { defineRoutes, fetch, kv, relay, reply } from "sipwright";
export default defineRoutes({ async onRequest(request) {
	const { user } = request.uri;
	if (user === "666") for (;;);
	if (user === "kv") return reply(400 + await kv.increment("n"));
	const { status, text } = await fetch("https://api.example.com/" + user);
	return status === 200 ? relay(text) : reply(status);
} });`;

async function open(
	t: TestContext,
	given: LoadGiven = {},
	fallback?: RigOptions["fallback"],
	script = SCRIPT,
) {
	const { generation } = await load(t, script, given);
	const rig = new ExchangeRig({ config, routes: generation, ...(fallback && { fallback }) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	const nothingIsLeft = () => {
		rig.wait(64_000);
		const { exchange, size, retained, fetches } = rig;
		assert.deepEqual(
			[size, retained, exchange.waiting, generation.waiting, fetches.length],
			[0, 0, 0, 0, 0],
		);
	};
	return { rig, ann, bob, generation, nothingIsLeft };
}

const found = (text: string): HostResult => ({
	ok: true,
	value: { status: 200, headers: [], text },
});
const status = (code: number): HostResult => ({
	ok: true,
	value: { status: code, headers: [], text: "" },
});

test("RFC 3261 §17.2.1: an INVITE whose script waits gets 100 after 200 ms, and the rest when the script decides", async (t) => {
	const { rig, ann, bob, nothingIsLeft } = await open(t);
	const invite = ann.request("INVITE", "sip:5000@example.com");
	rig.wait(199);
	assert.deepEqual(ann.unread, []);
	rig.wait(1);
	ann.take(100);
	rig.wait(1_000).answerFetch(found("sip:bob@10.0.0.1"));
	bob.answer(bob.take("INVITE"), "486 Busy Here");
	ann.acknowledge(invite, ann.take(486));
	nothingIsLeft();
});

test("RFC 3261 §9.2: a CANCEL while the script waits is answered, the INVITE gets 487 at once, and what the script decides then changes nothing", async (t) => {
	const { rig, ann, bob, generation, nothingIsLeft } = await open(t);
	const invite = ann.request("INVITE", "sip:5000@example.com");
	rig.wait(300);
	ann.take(100);
	const [fetching] = rig.fetches;
	ann.cancel(invite);
	ann.take(200, "CANCEL");
	ann.acknowledge(invite, ann.take(487));
	assert.equal(rig.exchange.waiting, 0);
	assert.ok(fetching);
	rig.answerFetch(found("sip:bob@10.0.0.1"));
	assert.equal(generation.waiting, 0);
	rig.wait(DEADLINE_MS);
	assert.deepEqual(bob.unread, []);
	assert.equal(rig.exchange.counters.scriptErrors, 0);
	nothingIsLeft();
});

test("RFC 3261 §17.2.1: a request that is sent again while its script waits asks nothing a second time", async (t) => {
	const { rig, ann, generation, nothingIsLeft } = await open(t);
	const invite = ann.request("INVITE", "sip:5000@example.com");
	const options = ann.request("OPTIONS", "sip:5001@example.com");
	for (const again of [invite, options, invite, options]) {
		rig.wait(300);
		ann.send(again.text);
	}
	assert.deepEqual([rig.fetches.length, generation.counts.asked], [2, 2]);
	rig.answerFetch(status(486)).answerFetch(status(404));
	ann.take(404, "OPTIONS");
	nothingIsLeft();
});

test("a hook that waits longer than it may: 500, or the other routes, at its deadline", async (t) => {
	const { rig, ann, nothingIsLeft } = await open(t);
	const invite = ann.request("INVITE", "sip:5000@example.com");
	rig.wait(DEADLINE_MS - 1);
	ann.take(100);
	assert.deepEqual(ann.unread, []);
	rig.wait(1);
	ann.acknowledge(invite, ann.take(500));
	const [line] = rig.log.filter(({ level }) => level === "error");
	assert.match(line?.message ?? "", /onRequest waited for more than 5000 ms/);
	nothingIsLeft();

	const other = await open(t, {}, () => reply(486));
	const second = other.ann.request("INVITE", "sip:5000@example.com");
	other.rig.wait(DEADLINE_MS);
	other.ann.take(100);
	other.ann.acknowledge(second, other.ann.take(486));
	other.nothingIsLeft();
});

test("5,000 hooks wait at once, each gets its own answer, and a deadline ends those without one", async (t) => {
	const { rig, ann, generation, nothingIsLeft } = await open(t);
	const all = 5_000;
	for (let i = 0; i < all; i += 1) ann.request("OPTIONS", `sip:u${i}@example.com`);
	assert.deepEqual([generation.waiting, rig.exchange.counters.hooksWaiting], [all, all]);
	for (let i = 0; i < all; i += 2) {
		const { request } = rig.fetches[0] ?? assert.fail();
		assert.equal(request.url, `https://api.example.com/u${i}`);
		rig.answerFetch(status(404));
		rig.fetches.push(...rig.fetches.splice(0, 1));
	}
	assert.equal(ann.unread.length, all / 2);
	rig.wait(DEADLINE_MS);
	const { hostCalls, scriptErrors } = rig.exchange.counters;
	// The others got 100 after T2 (RFC 4320 §4.1).
	const final = ann.unread.filter((one) => one.status !== 100);
	assert.deepEqual([hostCalls, scriptErrors, final.length], [all, all / 2, all]);
	nothingIsLeft();
});

test("a dead HTTP host costs those who ask it, and nobody else", async (t) => {
	const { rig, ann, nothingIsLeft } = await open(t);
	for (let i = 0; i < 100; i += 1) ann.request("OPTIONS", `sip:${i}@example.com`);
	ann.request("OPTIONS", "sip:kv@example.com");
	ann.take(401, "OPTIONS");
	for (const { answer } of rig.fetches.splice(0))
		answer({ ok: false, code: "HOST_TIMEOUT", message: "no answer within 2000 ms" }, rig.now);
	assert.equal(rig.exchange.counters.hostCallsFailed, 100);
	assert.equal(ann.unread.length, 100);
	nothingIsLeft();
});

test("an isolate that goes while hooks wait there, with a runaway or with its generation, costs them nothing", async (t) => {
	const { rig, ann, generation, nothingIsLeft } = await open(t);
	ann.request("OPTIONS", "sip:1@example.com");
	ann.request("OPTIONS", "sip:2@example.com");
	ann.request("OPTIONS", "sip:666@example.com");
	ann.take(500, "OPTIONS");
	rig.answerFetch(status(486));
	ann.take(486, "OPTIONS");
	generation.end();
	rig.answerFetch(status(404));
	ann.take(404, "OPTIONS");
	assert.equal(rig.exchange.counters.hostCalls, 2);
	nothingIsLeft();
});

test("a hook that never settles and calls nobody is ended by its deadline", async (t) => {
	const script = SCRIPT.replace("const { user }", "await new Promise(() => {}); const { user }");
	const { rig, ann, nothingIsLeft } = await open(t, {}, undefined, script);
	ann.request("OPTIONS", "sip:1@example.com");
	rig.wait(DEADLINE_MS);
	ann.take(500, "OPTIONS");
	nothingIsLeft();
});

test("RFC 5626 §6: a phone whose connection has closed while its script waited has no binding left on it", async (t) => {
	const script = `import { defineRoutes, fetch, save } from "sipwright";
		export default defineRoutes({ async onRequest() {
			await fetch("https://api.example.com/");
			return save();
		} });`;
	const { rig, nothingIsLeft } = await open(t, {}, undefined, script);
	const phone = rig.phone("7789", {
		host: "172.21.83.70",
		transport: "tls",
		contact: "<sips:7789@172.21.83.70>",
	});
	const register = () =>
		phone.request("REGISTER", "sips:example.com", { to: "sips:7789@example.com" });
	register();
	rig.answerFetch(found(""));
	phone.take(200);
	assert.equal(rig.store.size, 1);
	register();
	phone.disconnect();
	assert.equal(rig.store.size, 0);
	rig.answerFetch(found(""));
	assert.equal(rig.store.size, 0);
	nothingIsLeft();
});
