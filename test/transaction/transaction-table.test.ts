import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import { ClientTransaction } from "../../core/transaction/client-transaction.ts";
import type { ServerTransaction } from "../../core/transaction/server-transaction.ts";
import { TIMING } from "../../core/transaction/timers.ts";
import { seeded } from "../support/seeded.ts";
import { ours, request, TCP, TransactionRig, UDP } from "../support/transaction-rig.ts";

test("the user may call the table from within what it is told; what follows is told afterwards, in order", () => {
	const rig = new TransactionRig();
	rig.on.request = (server) => {
		rig.log.push("  begin");
		rig.send(ours(), TCP);
		rig.respond(100, server);
		rig.log.push("  end");
	};
	rig.on.response = (client) => {
		rig.log.push("  begin");
		rig.table.transportFailed(client.id, rig.now);
		rig.respond(486);
		rig.receive(request({ method: "ACK", to: "<sip:bob@example.com>;tag=callee" }), TCP);
		rig.log.push("  end");
	};
	rig.receive(request(), TCP);
	rig.answer({ text: ours() }, 180);
	assert.deepEqual(rig.log, [
		"0 request INVITE",
		"  begin",
		"0 -> INVITE",
		"0 -> 100 INVITE",
		"  end",
		"0 response 180 INVITE",
		"  begin",
		"0 -> 486 INVITE",
		"  end",
		"0 ended INVITE",
	]);
});

test("an abandoned transaction is not heard of again, not even of what is waiting to be told", () => {
	const rig = new TransactionRig();
	const client = rig.send(ours(), TCP);
	rig.on.failed = () => rig.table.abandon(client);
	rig.table.transportFailed(client.id, rig.now);
	assert.deepEqual(rig.log, ["0 -> INVITE", "0 failed INVITE transport"]);

	const second = rig.send(ours());
	rig.table.abandon(second);
	rig.receive(request());
	rig.table.abandon(rig.server);
	assert.equal(rig.table.size, 0);
	assert.equal(rig.wheel.size, 0);
	rig.answer({ text: ours() }, 200).wait(60_000);
	assert.deepEqual(rig.log.slice(2), ["0 -> INVITE", "0 request INVITE"]);
});

test("RFC 3261 §17.1.1.2 §17.1.2.2 §17.2.1: a process that stood still past Timers B, F and H sends nothing once more", () => {
	const rig = new TransactionRig().receive(request());
	rig.respond(486);
	rig.send(ours());
	rig.send(ours({ method: "OPTIONS", branch: "z9hG4bKoptions" }));
	rig.log.length = 0;
	rig.now = 60_000;
	rig.wheel.advance(rig.now);
	assert.deepEqual(rig.log, [
		"60000 unacknowledged INVITE",
		"60000 ended INVITE",
		"60000 failed INVITE timeout",
		"60000 ended INVITE",
		"60000 failed OPTIONS timeout",
		"60000 ended OPTIONS",
	]);
	assert.equal(rig.wheel.size, 0);
});

test("beyond the limit a request is answered 503 without state, each repeat with the same To tag", () => {
	const rig = new TransactionRig({ limit: 1 }).receive(request());
	const refused = request({ branch: "z9hG4bKnext" });
	rig.receive(refused).receive(refused);
	assert.deepEqual(rig.log, ["0 request INVITE", "0 -> 503 INVITE", "0 -> 503 INVITE"]);
	assert.equal(rig.sent[0]?.text, rig.sent[1]?.text);
	assert.match(rig.lastSent.text, /\r\nTo: <sip:bob@example.com>;tag=[0-9a-f]{16}\r\n/);
	assert.match(rig.lastSent.text, /\r\nRetry-After: 1\r\n/);
	assert.equal(rig.lastSent.owner, 0);
	assert.equal(rig.table.size, 1);
	assert.equal(rig.table.counters.refusedRequests, 2);
});

test("beyond the limit in octets a request is refused too, until enough of what is there is over", () => {
	const rig = new TransactionRig({ memory: 7_000 });
	const large = request({ more: [`X: ${"y".repeat(6_000)}`] });
	rig.receive(large).receive(request({ branch: "z9hG4bKnext" }));
	assert.deepEqual(rig.log, ["0 request INVITE", "0 -> 503 INVITE"]);
	rig.respond(200);
	rig.wait(32_000).receive(request({ branch: "z9hG4bKthird" }));
	rig.send(ours());
	rig.receive(request({ branch: "z9hG4bKfourth" }));
	assert.equal(rig.table.size, 3, "small ones have room together");
	rig.respond(486);
	rig.wait(64_000);
	for (const server of rig.servers) rig.table.abandon(server);
	rig.receive(large);
	assert.equal(rig.table.size, 1, "nothing of the others is counted any more");
});

test("beyond the limit repeats, ACKs and CANCELs of what is there are taken", () => {
	const rig = new TransactionRig({ limit: 1 }).receive(request()).receive(request());
	rig.receive(request({ method: "CANCEL" }));
	rig.receive(request({ method: "CANCEL", branch: "z9hG4bKnext" }));
	rig.respond(487, rig.servers[0]);
	rig.receive(request({ method: "ACK", to: "<sip:bob@example.com>;tag=callee" }));
	assert.deepEqual(rig.log, [
		"0 request INVITE",
		"0 cancel INVITE",
		"0 -> 503 CANCEL",
		"0 -> 487 INVITE",
	]);
	rig.wait(5_000);
	assert.equal(rig.log.at(-1), "5000 ended INVITE");
});

test("the request of an answered transaction can still be read, in short", () => {
	const rig = new TransactionRig().receive(request({ via: "SIP/2.0/UDP 10.0.0.1;rport" }));
	const { text, uri, head } = rig.server.request;
	rig.respond(200);
	rig.wait(10_000);
	const short = rig.server.request;
	assert.ok(short.text.length < text.length);
	assert.deepEqual([short.method, short.uri], ["INVITE", uri]);
	assert.deepEqual([short.head.callId, short.head.cseq.number], ["call-1", head.cseq.number]);
	assert.equal(short.head.via.text, head.via.text);
	assert.equal(short.head.via.params.get("received"), "192.0.2.10");
	assert.deepEqual([short.head.fromTag, short.head.toTag], [head.fromTag, head.toTag]);
});

test("RFC 3261 §18.2.1: so can one whose Via line our stamp made longer than a line may be", () => {
	const via = "SIP/2.0/UDP 10.0.0.1;rport;x=";
	const filler = "y".repeat(16_384 - `Via: ${via};branch=z9hG4bKclient\r\n`.length);
	const rig = new TransactionRig().receive(request({ via: via + filler }));
	rig.respond(200);
	assert.ok(rig.server.request.head.via.text.endsWith(";received=192.0.2.10;rport=5060"));
});

test("RFC 3261 §17.1.1.2 TX-43: each flow may have base values of its own", () => {
	const timing = (flow: Flow) => ({ ...TIMING, T1: flow.host === "192.0.2.10" ? 500 : 2_000 });
	const rig = new TransactionRig({ timing });
	rig.send(ours());
	rig.send(ours({ branch: "z9hG4bKfar" }), { ...UDP, host: "198.51.100.7" });
	rig.wait(3_000);
	const hosts = rig.sent.map(({ flow }) => flow.host.slice(0, 3)).join(" ");
	assert.equal(hosts, "192 198 192 192 198");
});

test("a request that an edit of the user made unreadable gets neither ACK nor CANCEL", () => {
	const rig = new TransactionRig();
	const client = rig.table.request(
		ours().replace("CSeq: 1", "CSeq: x"),
		"INVITE",
		"z9hG4bKproxy",
		UDP,
		undefined,
		0,
	);
	rig.answer({ text: ours() }, 180);
	rig.table.cancel(client, undefined, 0);
	rig.answer({ text: ours() }, 487);
	assert.deepEqual(rig.log, ["0 -> ?", "0 response 180 INVITE", "0 response 487 INVITE"]);
});

test("two methods under one branch are two transactions, whichever ends first", () => {
	const rig = new TransactionRig().receive(request({ method: "OPTIONS" })).receive(request());
	const [options, invite] = rig.servers;
	assert.ok(options && invite);
	rig.respond(200, options);
	rig.wait(40_000);
	assert.equal(rig.table.size, 1);
	rig.receive(request());
	assert.equal(rig.servers.length, 2, "the INVITE is found under its second key");
	rig.respond(200, invite);
	rig.wait(40_000);
	assert.equal(rig.table.size, 0);
});

test("RFC 3261 §17 TX-42: 100,000 mixed failures leave nothing behind 40 s later", () => {
	const rig = new TransactionRig({ limit: 400 });
	const live = new Set<ServerTransaction | ClientTransaction>();
	const random = seeded(42);
	rig.on = {
		request: (server) => {
			live.add(server);
			const choice = random.below(5);
			if (choice === 0) rig.table.drop(server, rig.now);
			else if (choice < 4) rig.respond(random.pick([180, 200, 404, 503]), server);
		},
		cancel: (server) => random.below(2) === 0 && rig.respond(200, server),
		failed: (client) => random.below(9) === 0 && rig.table.abandon(client),
		ended: (transaction) => live.delete(transaction),
	};
	for (let step = 0; step < 100_000; step += 1) {
		const client = disturb(rig, random);
		if (client !== undefined) live.add(client);
		if (step % 50 === 0) rig.wait(random.below(1_000)).forget();
	}
	assert.ok(rig.table.size > 0);

	// What Timer C does in the proxy core: nothing else bounds an INVITE that is being answered.
	for (const transaction of live) {
		if (transaction instanceof ClientTransaction) rig.table.cancel(transaction, undefined, rig.now);
		else rig.respond(480, transaction);
	}
	rig.wait(40_000);
	assert.equal(rig.table.size, 0);
	assert.equal(rig.wheel.size, 0);
	assert.deepEqual(
		[...live].filter((transaction) => !transaction.terminated),
		[],
	);
});

/** One message, request or failure, from few enough branches that they meet. */
function disturb(
	rig: TransactionRig,
	random: ReturnType<typeof seeded>,
): ClientTransaction | undefined {
	const flow = random.pick([UDP, TCP]);
	const branch = random.pick(["", `z9hG4bK${random.below(200)}`]);
	const method = random.pick(["INVITE", "BYE", "ACK", "CANCEL", "OPTIONS"]);
	switch (random.below(5)) {
		case 0:
		case 1:
			rig.receive(request({ method, branch, cseq: random.below(20) }), flow);
			return undefined;
		case 2:
			if (method === "ACK" || method === "CANCEL") return undefined;
			return rig.send(ours({ method, branch: `z9hG4bK${random.hex(12)}` }), flow);
		case 3:
			if (rig.sent.length > 0) rig.table.transportFailed(random.pick(rig.sent).owner, rig.now);
			return undefined;
		default:
			answerSome(rig, random);
			return undefined;
	}
}

function answerSome(rig: TransactionRig, random: ReturnType<typeof seeded>): void {
	const sent = rig.sent.length > 0 ? random.pick(rig.sent).text : "";
	if (/^(INVITE|BYE|OPTIONS|CANCEL) /.test(sent))
		rig.answer({ text: sent }, random.pick([100, 180, 200, 404, 487]));
}
