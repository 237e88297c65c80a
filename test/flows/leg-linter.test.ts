import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();
const one = await testBed(
	YAML.replace('sip:5000@172.21.83.60:5060"', "$&, secure-signaling: { lint: on }"),
);

const pinging = await testBed(YAML.replace(/contact: "sips?:500[01]/g, "oos-check: 30, $&"));

function phones(rig: ExchangeRig) {
	return {
		d1: rig.phone("7789", {
			transport: "tls",
			host: "172.21.83.24",
			contact: "<sips:7789@172.21.83.24:5061>",
		}),
		d2: rig.phone("5000", { host: "172.21.83.60" }),
	};
}

/** A call in which the caller writes our Route entry twice into its BYE. */
function call(rig: ExchangeRig) {
	const { d1, d2 } = phones(rig);
	const cancelled = d1.request("INVITE", "sips:5000@172.21.83.50:5314");
	const ended = d2.take("INVITE");
	d2.answer(ended, "180 Ringing");
	d1.cancel(cancelled);
	d2.answer(d2.take("CANCEL"), "200 OK");
	d2.answer(ended, "487 Cancelled");
	d1.request("INVITE", "sips:5000@172.21.83.50:5314");
	const invite = d2.take("INVITE");
	d2.answer(invite, "180 Ringing");
	d2.answer(invite, "200 OK");
	const [a, b] = [d1.caller(d1.take(200, "INVITE")), d2.callee(invite)];
	a.send("ACK");
	b.send("INVITE");
	d1.answer(d1.take("INVITE"), "200 OK");
	b.send("ACK");
	a.send(
		"BYE",
		["<sip:172.21.83.60;lr>", ...a.routes].map((route) => `Route: ${route}`),
	);
	d2.answer(d2.take("BYE"), "200 OK");
	return { d1, d2 };
}

/** INVITE, 180, 487; INVITE, 180, 200, ACK; re-INVITE, 200, ACK; BYE, 200. */
const FORWARDED = 12;
/** Of these, what 5000 gets. */
const TO_5000 = 5;

const EXPECTED = ["own-route"];
const count = (rig: ExchangeRig, name: string) => rig.exchange.proxy.counters[name];

test("secure-signaling lint: on: every message of a call is checked where it leaves, whatever made it leave", () => {
	const rig = bed.rig({ violations: EXPECTED });
	call(rig);
	assert.equal(count(rig, "legMessagesChecked"), FORWARDED);
});

test("secure-signaling lint: on: a violation is counted, in all and by rule, and logged at debug; the message goes out", () => {
	const rig = bed.rig({ violations: EXPECTED });
	const { d2 } = call(rig);
	assert.equal(count(rig, "legViolations"), 1);
	assert.equal(count(rig, "legViolations.own-route"), 1);
	assert.equal(count(rig, "legViolations.contact"), 0);
	const logged = rig.log.findLast(({ message }) => message === "leg.violation");
	assert.equal(logged?.level, "debug");
	const { value = "", ...fields } = { ...logged.fields } as { value?: string };
	assert.match(value, /^sips:172\.21\.83\.50:5314;lr;x5=/);
	const bye = d2.received.find(({ method }) => method === "BYE");
	assert.deepEqual(fields, {
		event: "leg.violation",
		rule: "own-route",
		header: "Route",
		device: "5000",
		peer: "udp:172.21.83.60:5060",
		callId: bye?.value("Call-ID"),
	});
});

test("secure-signaling lint: it is off unless configured, for all or for one device", () => {
	const rig = bed.rig({ linted: false });
	call(rig);
	assert.equal(count(rig, "legMessagesChecked"), 0);
	const some = one.rig({ linted: false, violations: EXPECTED });
	call(some);
	assert.equal(count(some, "legMessagesChecked"), TO_5000);
	assert.equal(count(some, "legViolations"), 1);
});

test("secure-signaling G2c lint: on: pings are checked too, on sip and on sips legs", () => {
	const rig = pinging.rig();
	const peers = [
		rig.phone("5000", { host: "172.21.83.60" }),
		rig.phone("5001", { host: "192.168.8.57", transport: "tls" }),
	];
	rig.wait(31_000);
	for (const peer of peers) assert.ok(peer.unread.some(({ method }) => method === "OPTIONS"));
	const texts = new Set(peers.flatMap(({ received }) => received.map(({ text }) => text)));
	assert.equal(count(rig, "legMessagesChecked"), texts.size);
});

test("secure-signaling lint: a rig fails a test in which a message breaks a rule", () => {
	assert.throws(() => call(bed.rig()), /a message breaks the rules of its leg/);
});
