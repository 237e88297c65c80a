import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();
const AOR = "sips:7789@172.21.83.50:5314";

/** A phone that registered over TLS is called by one on UDP, and answers. */
function answered(rig: ExchangeRig) {
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const tls = rig.phone("7789", {
		transport: "tls",
		host: "172.21.83.24",
		port: 49_152,
		contact: "<sips:7789@172.21.83.24:5061>",
	});
	tls.request("REGISTER", "sips:172.21.83.50", { from: AOR, to: AOR });
	tls.take(200);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	const invite = tls.take("INVITE");
	tls.answer(invite, "200 OK");
	const [a, b] = [ann.caller(ann.take(200)), tls.callee(invite)];
	a.send("ACK");
	tls.take("ACK");
	return { ann, tls, a, b };
}

test("RFC 5626 §5.2, secure-signaling §3.4 OT-24 PX-106: a dialog survives a restart: the BYE of the side that reconnects reaches the other over UDP", () => {
	const rig = bed.rig();
	const { ann, tls, b } = answered(rig);
	rig.restart();
	b.send("BYE");
	const bye = ann.take("BYE");
	assert.equal(bye.uri, "sip:6000@172.21.83.70:5060");
	ann.answer(bye, "200 OK");
	assert.equal(tls.take(200, "BYE").vias.length, 1);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 5626 §5.3 PX-17: a phone behind a dead connection is found by its new registration", () => {
	const rig = bed.rig();
	const { ann, tls, a } = answered(rig);
	rig.restart();
	tls.request("REGISTER", "sips:172.21.83.50", { from: AOR, to: AOR });
	tls.take(200);
	a.send("BYE");
	const bye = tls.take("BYE");
	assert.equal(bye.uri, "sips:7789@172.21.83.24:5061");
	assert.equal(rig.nowhere.length, 0);
	tls.answer(bye, "200 OK");
	assert.equal(ann.take(200, "BYE").status, 200);
});

test("RFC 5626 §5.3: one that has not registered since is tried at its Contact, and the caller told", () => {
	const rig = bed.rig();
	const { ann, a } = answered(rig);
	rig.restart();
	a.send("BYE");
	assert.deepEqual(
		rig.nowhere.map(({ flow }) => [flow.transport, flow.host, flow.port, flow.connection]),
		[["tls", "172.21.83.24", 5061, 0]],
	);
	assert.equal(ann.take(500).status, 500);
});

test("RFC 5626 §5.2 PX-106: another connection with the number of the dead one is not taken for it", () => {
	const rig = bed.rig();
	const { ann, tls, a } = answered(rig);
	rig.restart();
	const other = rig.phone("other", { transport: "tls", host: "172.21.83.99" });
	other.connection = 1;
	tls.connection = 0;
	a.send("BYE");
	assert.deepEqual(other.received, []);
	assert.equal(ann.take(500).status, 500);
});

test("RFC 3261 §16.7 PX-46: an answer to what the earlier run sent is dropped", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	rig.restart();
	bob.answer(invite, "200 OK");
	assert.deepEqual(ann.received, []);
	assert.equal(rig.size, 0);
	assert.equal(rig.exchange.proxy.transactions.counters.unmatchedResponses, 1);
});

test("RFC 3261 §18.1.2 TR-08: a response that names another proxy's Via is dropped", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	bob.send(bob.answer(invite, "100 Trying").text.replace("172.21.83.50:5060", "10.9.9.9:5060"));
	assert.equal(rig.exchange.proxy.transactions.counters.foreignResponses, 1);
	assert.deepEqual(ann.received, []);
});
