/** Transactions as the caller and the callee see them: what is repeated, absorbed and passed on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settledHeap } from "../simulation/heap.ts";
import { relay, reply } from "../support/decisions.ts";
import { type Decide, ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const config = await rigConfig();
const bed = await testBed();

function place(routes: Decide = () => relay("sip:bob@10.0.0.1")) {
	const rig = new ExchangeRig({ config, routes });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	return { rig, ann, bob };
}

const methods = (phone: VirtualPhone) =>
	phone.received.map(({ method, status }) => method ?? status);

test("RFC 3261 §17.1.1.2 TX-03: after a 100 and silence nothing is sent again, and there is no 408 at 32 s", () => {
	const { rig, ann, bob } = place();
	ann.request("INVITE", "sip:bob@example.com");
	bob.answer(bob.take("INVITE"), "100 Trying");
	rig.wait(33_000);
	assert.deepEqual(methods(bob), ["INVITE"]);
	assert.deepEqual(methods(ann), [100]);
});

test("RFC 3261 §17.1.1.2 TX-06: a 486 that comes three times is acknowledged three times and passed on once", () => {
	const { ann, bob } = place();
	ann.request("INVITE", "sip:bob@example.com");
	const came = bob.take("INVITE");
	for (let times = 0; times < 3; times += 1) bob.answer(came, "486 Busy Here");
	assert.deepEqual(methods(bob), ["INVITE", "ACK", "ACK", "ACK"]);
	assert.deepEqual(methods(ann), [486]);
});

test("RFC 6026 §7.2 TX-08 TX-09: two 200s with tags of their own both reach the caller; one after Timer M does not", () => {
	const { rig, ann, bob } = place();
	ann.request("INVITE", "sip:bob@example.com");
	const came = bob.take("INVITE");
	bob.answer(came, "200 OK", { tag: "one" });
	bob.answer(came, "200 OK", { tag: "two" });
	const tags = [ann.take(200), ann.take(200)].map((final) => final.value("To").split(";tag=")[1]);
	assert.deepEqual(tags, ["one", "two"]);
	rig.wait(33_000);
	bob.answer(came, "200 OK", { tag: "three" });
	assert.deepEqual(methods(ann), [200, 200]);
	assert.deepEqual(methods(bob), ["INVITE"], "no ACK is ours to send");
});

test("RFC 6026 Fig. 5 TX-10: a 486 behind the 200 goes nowhere, and gets no ACK of ours", () => {
	const { ann, bob } = place();
	ann.request("INVITE", "sip:bob@example.com");
	const came = bob.take("INVITE");
	bob.answer(came, "200 OK");
	bob.answer(came, "486 Busy Here");
	assert.deepEqual(methods(ann), [200]);
	assert.deepEqual(methods(bob), ["INVITE"]);
});

test("RFC 3261 §17.2.1 TX-15: the ACK for a 404 of ours ends here", () => {
	const { rig, ann, bob } = place(() => reply(404));
	const sent = ann.request("INVITE", "sip:bob@10.0.0.1");
	ann.acknowledge(sent, ann.take(404));
	assert.deepEqual(bob.received, []);
	rig.wait(5_000);
	assert.equal(rig.size, 0);
});

test("RFC 6026 §7.1 TX-16: a repeat of an INVITE that was accepted brings no second INVITE and no answer of ours", () => {
	const { ann, bob } = place();
	const { text } = ann.request("INVITE", "sip:bob@example.com");
	bob.answer(bob.take("INVITE"), "200 OK");
	ann.send(text);
	assert.deepEqual(methods(bob), ["INVITE"]);
	assert.deepEqual(methods(ann), [200]);
});

test("RFC 6026 §7.1 TX-17: an ACK for a 2xx with the branch of its INVITE, as of RFC 2543, is forwarded", () => {
	const { ann, bob } = place();
	const sent = ann.request("INVITE", "sip:bob@example.com");
	bob.answer(bob.take("INVITE"), "200 OK");
	const final = ann.take(200);
	const [route = ""] = final.recordRoutes;
	ann.send(
		sent.text
			.replaceAll("INVITE", "ACK")
			.replace("sip:bob@example.com SIP", "sip:bob@10.0.0.1:5060 SIP")
			.replace(/To: .*/, `To: ${final.value("To")}\r\nRoute: ${route}`),
	);
	assert.equal(bob.take("ACK").value("To"), final.value("To"));
});

test("RFC 3261 §17.2.2 TX-23: an OPTIONS repeated after 20 s gets the same 200, and the callee hears nothing", () => {
	const { rig, ann, bob } = place();
	const { text } = ann.request("OPTIONS", "sip:bob@example.com");
	bob.answer(bob.take("OPTIONS"), "200 OK");
	const first = ann.take(200);
	rig.wait(20_000);
	ann.send(text);
	assert.equal(ann.take(200).text, first.text);
	assert.deepEqual(methods(bob), ["OPTIONS"]);
});

test("RFC 4320 §4.1 TX-24: a 180 to a MESSAGE is not passed on", () => {
	const { ann, bob } = place();
	ann.request("MESSAGE", "sip:bob@example.com");
	const came = bob.take("MESSAGE");
	bob.answer(came, "180 Ringing");
	assert.deepEqual(methods(ann), []);
	bob.answer(came, "202 Accepted");
	assert.deepEqual(methods(ann), [202]);
});

test("RFC 4320 §4.2 TX-27 TX-28: neither a 408 to a MESSAGE nor a 200 that comes too late is passed on", () => {
	const { rig, ann, bob } = place();
	ann.request("MESSAGE", "sip:bob@example.com");
	bob.answer(bob.take("MESSAGE"), "408 Request Timeout");
	rig.wait(64_000);
	ann.request("MESSAGE", "sip:bob@example.com");
	const came = bob.take("MESSAGE");
	rig.wait(33_000);
	bob.answer(came, "200 OK");
	assert.deepEqual(
		ann.received.filter(({ status }) => status !== 100),
		[],
	);
});

test("RFC 3261 §16.3 §17 TX-34: an ACK that has no hop left, or nowhere to go, brings nothing", () => {
	const { rig, ann, bob } = place();
	const ack = ann.write("ACK", "sip:bob@10.0.0.1");
	ann.send(ack.replace("Max-Forwards: 70", "Max-Forwards: 0"));
	ann.request("ACK", "sip:nobody@172.21.83.50");
	ann.request("ACK", "sip:bob@10.0.0.1", { headers: ["Route: <sip:172.21.83.50;lr;x5=forged>"] });
	assert.deepEqual([...ann.received, ...bob.received], []);
	assert.deepEqual(rig.nowhere, []);
	ann.send(ack);
	assert.equal(bob.take("ACK").value("Max-Forwards"), "69");
});

test("RFC 3261 §16.3 TX-36: one INVITE that comes by two ways is forwarded twice", () => {
	const { ann, bob } = place();
	const { text } = ann.request("INVITE", "sip:bob@example.com");
	ann.send(text.replace("branch=z9hG4bK", "branch=z9hG4bK-other-way"));
	assert.deepEqual(methods(bob), ["INVITE", "INVITE"]);
});

test("RFC 3261 §8.2.2.2 TX-37: a REGISTER that comes by two ways gets 200 and 482", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const aor = "sip:7789@172.21.83.50";
	const { text } = phone.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
	phone.send(text.replace("branch=z9hG4bK", "branch=z9hG4bK-other-way"));
	assert.deepEqual(methods(phone), [200, 482]);
});

test("RFC 3261 §8.2.2.3 §22.1 TX-38: Require and Proxy-Require in CANCEL and ACK mean nothing, and neither is challenged", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const odd = ["Proxy-Require: x", "Require: y"];
	const sent = ann.request("INVITE", "sip:5000@172.21.83.50");
	const came = bob.take("INVITE");
	bob.answer(came, "180 Ringing");
	ann.cancel(sent, ...odd);
	assert.equal(ann.take(200).cseqMethod, "CANCEL");
	const cancel = bob.take("CANCEL");
	assert.deepEqual([...cancel.values("Require"), ...cancel.values("Proxy-Require")], []);

	// 7790 is asked for its password with everything else.
	const stranger = rig.phone("7790", { host: "198.51.100.7" });
	const invite = stranger.request("INVITE", "sip:5000@172.21.83.50");
	stranger.unread.length = 0;
	stranger.cancel(invite, ...odd);
	assert.deepEqual(
		stranger.unread.map(({ status }) => status),
		[481],
	);

	const { ann: caller, bob: callee } = place();
	caller.request("INVITE", "sip:bob@example.com");
	callee.answer(callee.take("INVITE"), "200 OK");
	caller.caller(caller.take(200)).send("ACK", odd);
	assert.equal(callee.take("ACK").method, "ACK");
	assert.deepEqual(caller.unread, []);
});

test("RFC 3261 §9.2 §16.10 TX-39: a CANCEL gets 200, then the INVITE 487; one that fits nothing gets 481", () => {
	const { ann, bob } = place();
	const sent = ann.request("INVITE", "sip:bob@example.com");
	const came = bob.take("INVITE");
	bob.answer(came, "180 Ringing");
	ann.cancel(sent);
	bob.answer(bob.take("CANCEL"), "200 OK");
	bob.answer(came, "487 Request Terminated");
	assert.deepEqual(
		ann.received.map(({ inShort }) => inShort),
		["180 INVITE", "200 CANCEL", "487 INVITE"],
	);
	ann.unread.length = 0;
	ann.send(ann.write("CANCEL", "sip:bob@example.com"));
	assert.equal(ann.take(481).cseqMethod, "CANCEL");
});

test("RFC 3261 §17.1.1.1 Table 4 TX-43: timers.t1 of the configuration scales the timers of both sides", async () => {
	const fast = await rigConfig(`${YAML}\ntimers: { t1: 200 }\n`);
	const rig = new ExchangeRig({ config: fast, routes: () => relay("sip:bob@10.0.0.1") });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	ann.request("INVITE", "sip:bob@example.com");
	rig.wait(40_000);
	const times = (what: string) =>
		rig.transcript.filter((line) => line.includes(what)).map((line) => Number.parseInt(line, 10));
	assert.deepEqual(times("bob < INVITE"), [0, 200, 600, 1400, 3000, 6200, 12_600]);
	assert.deepEqual(times("ann < 408 INVITE").slice(0, 4), [12_800, 13_000, 13_400, 14_200]);
	assert.equal(bob.received.length, 7);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §17.1.2.2 TX-21: a MESSAGE that got a 100 goes out again every 4 s, until Timer F", () => {
	const { rig, ann, bob } = place();
	ann.request("MESSAGE", "sip:bob@example.com");
	rig.wait(1_000);
	bob.answer(bob.take("MESSAGE"), "100 Trying");
	rig.wait(40_000);
	const times = rig.transcript
		.filter((line) => line.includes("bob < MESSAGE"))
		.map((line) => Number.parseInt(line, 10));
	assert.deepEqual(times, [0, 500, 1500, 5500, 9500, 13_500, 17_500, 21_500, 25_500, 29_500]);
	assert.equal(rig.size, 0);
});

test("RFC 6026 §7.1: what waits for the repeats of an answered INVITE does not keep the whole of it", () => {
	const toWhomItSays: Decide = () => ({
		...relay("unused"),
		targets: [{ kind: "request-uri" }],
	});
	const { rig, ann, bob } = place(toWhomItSays);
	const long = ["X-Long: ", "x".repeat(12_000)].join("");
	const answered = () => {
		bob.answer(bob.take("INVITE"), "200 OK");
		return ann.take(200);
	};
	const kept = (call: () => void) => {
		for (let count = 0; count < 100; count += 1) call();
		for (const list of [rig.transcript, ann.received, bob.received, ann.unread, bob.unread])
			list.length = 0;
		const before = settledHeap();
		rig.wait(40_000);
		assert.equal(rig.size, 0);
		return (before - settledHeap()) / 100;
	};
	const uri = "sip:bob-with-a-long-name@10.0.0.1";
	ann.request("INVITE", uri);
	const side = ann.caller(answered());
	const first = kept(() => {
		ann.request("INVITE", uri, { headers: [long] });
		answered();
	});
	assert.ok(first < 8_000, `${first} octets for each first INVITE`);
	const later = kept(() => {
		side.send("INVITE", [long]);
		answered();
	});
	assert.ok(later < 8_000, `${later} octets for each INVITE of the dialog`);
});
