/** Two nodes behind one address, with the same signing keys and nothing else in common. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { credentials } from "../auth/phone.ts";
import { DialogSide } from "../support/dialog.ts";
import { testBed } from "../support/test-bed.ts";
import type { PhonePlace } from "../support/virtual-phone.ts";

const bed = await testBed();
const ANN: PhonePlace = { host: "172.21.83.70" };
const TLS: PhonePlace = { transport: "tls", host: "172.21.83.24", port: 49_152 };
const AOR = "sips:7789@172.21.83.50:5314";

/** The other node was started at another time. */
function nodes() {
	return [bed.rig(), bed.rig({ seed: 2 }).restart()] as const;
}

test("RFC 5626 §5.2, secure-signaling E17 OT-25: a call that one node set up between a sips and a sip leg is ended by way of the other", () => {
	const [first, second] = nodes();
	const contact = "<sips:6000@172.21.83.24:5061>";
	const ann = first.phone("6000", { ...TLS, contact });
	const bob = first.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sips:5000@172.21.83.50:5314");
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK");
	const final = ann.take(200);
	ann.caller(final).send("ACK");

	const there = second.phone("6000", { ...TLS, contact });
	const callee = second.phone("5000", { host: "172.21.83.60" });
	DialogSide.caller(there, final).send("BYE");
	const bye = callee.take("BYE");
	assert.equal(bye.uri, "sip:5000@172.21.83.60:5060");
	assert.equal(bye.value("From"), invite.value("From"), "in the scheme of the callee's leg");
	callee.answer(bye, "200 OK");
	assert.equal(there.take(200, "BYE").value("From"), final.value("From"));
	assert.deepEqual(
		first.phones.flatMap(({ unread }) => unread.map(({ inShort }) => inShort)),
		["ACK sip:5000@172.21.83.60:5060"],
	);
});

test("RFC 7616 §5.4 OT-25: what one node challenged the other accepts", () => {
	const [first, second] = nodes();
	const [phone, there] = [first, second].map((rig) => rig.phone("7790", { host: "198.51.100.7" }));
	assert.ok(phone && there);
	const own = { from: "sip:7790@172.21.83.50", to: "sip:7790@172.21.83.50", callId: "c" };
	phone.request("REGISTER", "sip:172.21.83.50", own);
	const [row = ""] = phone.take(401).values("WWW-Authenticate");
	const nonce = /nonce="([^"]+)"/.exec(row)?.[1] ?? "";
	const who = { username: "7790", password: "rosebud", realm: "example.com" };
	const value = credentials({ ...who, nonce, uri: "sip:172.21.83.50" });
	const headers = [`Authorization: ${value}`];
	there.request("REGISTER", "sip:172.21.83.50", { ...own, cseq: 2, headers });
	assert.equal(there.take(200).status, 200);
});

test("RFC 5626 §5.3 OT-25: a Route of ours for a phone on the other node leads to its Contact here, and never to somebody else's connection", () => {
	const [first, second] = nodes();
	const ann = first.phone("6000", ANN);
	const tls = first.phone("7789", { ...TLS, contact: "<sips:7789@172.21.83.24:5061>" });
	tls.request("REGISTER", "sips:172.21.83.50", { from: AOR, to: AOR });
	tls.take(200);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	tls.answer(tls.take("INVITE"), "200 OK");
	const final = ann.take(200);

	const there = second.phone("6000", ANN);
	const stranger = second.phone("other", { transport: "tls", host: "172.21.83.99" });
	stranger.connection = tls.connection;
	DialogSide.caller(there, final).send("BYE");
	assert.deepEqual(stranger.received, []);
	assert.deepEqual(
		second.nowhere.map(({ flow }) => [flow.host, flow.port]),
		[["172.21.83.24", 5061]],
	);
	assert.equal(there.take(500).status, 500);
});
