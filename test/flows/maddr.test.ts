import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();
const { config } = bed;

/** The Request-URI as a script sees it, and whether it is ours. */
function asked(uri: string, transport: "udp" | "tls" = "udp") {
	const seen: { uri: string; ours: boolean }[] = [];
	const rig = new ExchangeRig({
		config,
		routes: ({ ours }, text) => {
			seen.push({ uri: text.split(" ")[1] ?? "", ours });
			return relay("5000");
		},
	});
	const ann = rig.phone("ann", { host: "172.21.83.70", transport });
	const bob = rig.phone("bob", { host: "172.21.83.60" });
	ann.request("INVITE", uri);
	assert.equal(bob.take("INVITE").uri, "sip:5000@172.21.83.60:5060");
	return [seen[0]?.uri, seen[0]?.ours];
}

test("RFC 3261 §16.4 PX-12: a maddr of ours is stripped, with a port or transport that is not the usual one", () => {
	const plain = ["sip:bob@example.com", true];
	assert.deepEqual(asked("sip:bob@example.com;maddr=172.21.83.50"), plain);
	assert.deepEqual(asked("sip:bob@example.com;maddr=EXAMPLE.com;transport=UDP"), plain);
	assert.deepEqual(asked("sip:bob@example.com:5060;maddr=172.21.83.50"), [
		"sip:bob@example.com:5060",
		true,
	]);
	assert.deepEqual(asked("sip:bob@example.com;x=1;maddr=172.21.83.50;user=phone"), [
		"sip:bob@example.com;x=1;user=phone",
		true,
	]);
	const secure = "sips:bob@example.com:5314;maddr=172.21.83.50;transport=tcp";
	assert.deepEqual(asked(secure, "tls"), ["sips:bob@example.com", true]);
});

test("RFC 3261 §16.4 PX-12: one that asks for another port or transport than it came on stays as it is", () => {
	for (const uri of [
		"sip:bob@example.com:5314;maddr=172.21.83.50",
		"sip:bob@example.com;maddr=172.21.83.50;transport=tcp",
	])
		assert.deepEqual(asked(uri), [uri, true], uri);
});

test("RFC 3261 §16.4 PX-12: behind it a foreign host is as foreign as it was", () => {
	const [uri, ours] = asked("sip:bob@other.example.org;maddr=172.21.83.50");
	assert.deepEqual([uri, ours], ["sip:bob@other.example.org", false]);
});

test("RFC 3261 §18.3 PX-12: a request over UDP may leave Content-Length out, and is stripped all the same", () => {
	const seen: string[] = [];
	const rig = new ExchangeRig({
		config,
		routes: (_context, text) => {
			seen.push(text.split(" ")[1] ?? "");
			return relay("5000");
		},
	});
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const invite = ann.write("INVITE", "sip:bob@example.com;maddr=172.21.83.50");
	ann.send(invite.replace("Content-Length: 0\r\n", ""));
	assert.deepEqual(seen, ["sip:bob@example.com"]);
});

test("RFC 3261 §16.5 PX-18: with a maddr that is not ours the Request-URI is the only target, and goes there", () => {
	const rig = bed.rig();
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "172.21.83.60" });
	const there = rig.phone("there", { host: "10.0.0.7" });
	const uri = "sip:5000@172.21.83.50;maddr=10.0.0.7";
	ann.request("INVITE", uri);
	assert.equal(there.take("INVITE").uri, uri);
	assert.deepEqual(bob.received, [], "5000 is a device of ours, and is not meant");
});

test("RFC 3261 §16.3 PX-16 PX-18: a maddr does not open a relay for strangers", () => {
	const rig = bed.rig();
	const eve = rig.phone("eve", { host: "198.51.100.66" });
	eve.request("INVITE", "sip:5000@172.21.83.50;maddr=203.0.113.9");
	eve.take(407);
	assert.deepEqual(rig.nowhere, []);
});
