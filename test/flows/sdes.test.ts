import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed(`${YAML}\nsecure-signaling: { sdes-downgrade: reject }\n`);
/** Only the phone in clear says so. */
const one = await testBed(
	YAML.replace('"5000": {', '"5000": { secure-signaling: { sdes-downgrade: reject },'),
);

const KEY = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
const SDP = "v=0\r\nm=audio 4000 RTP/SAVP 0\r\n";
const WITH_KEY = `${SDP}${KEY}\r\na=sendrecv\r\n`;
const WITHOUT = `${SDP}a=sendrecv\r\n`;
const TYPE = "Content-Type: application/sdp";
const FROM_D3 = { from: "sips:5001@172.21.83.50" };

function phones(rig: ExchangeRig) {
	const contact = "<sips:5001@192.168.8.57:5061>";
	return {
		bob: rig.phone("5000", { host: "172.21.83.60" }),
		d3: rig.phone("5001", { transport: "tls", host: "192.168.8.57", contact }),
		media: rig.phone("media", { transport: "tls", host: "10.0.0.9" }),
	};
}

const TO_BOB = "sips:5000@172.21.83.50:5314";

const BODIES: readonly (readonly [what: string, type: string, body: string, refused: boolean])[] = [
	["SDP", TYPE, WITH_KEY, true],
	["compact", "c: Application/SDP;charset=x", WITH_KEY.toUpperCase(), true],
	[
		"a part of several",
		"Content-Type: multipart/mixed;boundary=b",
		`--b\r\nContent-Type: application/sdp\r\n\r\n${WITH_KEY}\r\n--b--\r\n`,
		true,
	],
	["no key", TYPE, WITHOUT, false],
	["not at the start of a line", TYPE, `${WITHOUT}i=${KEY}\r\n`, false],
	["no SDP", "Content-Type: text/plain", WITH_KEY, false],
];

for (const [what, type, body, refused] of BODIES)
	test(`RFC 4568 §8.3, secure-signaling §3.6 sdes-downgrade: reject, ${what}: keys of a sips caller do not go to a phone in clear`, () => {
		const rig = bed.rig();
		const { bob, d3 } = phones(rig);
		d3.request("INVITE", TO_BOB, { ...FROM_D3, headers: [type], body });
		if (refused) {
			assert.equal(d3.take(488).value("Warning"), "");
			assert.deepEqual(bob.received, []);
		} else assert.equal(bob.take("INVITE").body, body);
	});

test("RFC 4568 §8.3, secure-signaling §3.6: an offer in clear whose answer would bring keys of a sips phone is refused too", () => {
	const rig = bed.rig();
	const { bob, d3 } = phones(rig);
	const from = "sip:5000@172.21.83.50";
	bob.request("INVITE", "sip:5001@172.21.83.50", { from, headers: [TYPE], body: WITH_KEY });
	bob.take(488);
	assert.deepEqual(d3.received, []);
});

test("secure-signaling §3.6: over TLS keys go on, whatever the scheme; where neither side refuses them they go in clear", async () => {
	const rig = bed.rig();
	const { d3, media } = phones(rig);
	const given = { ...FROM_D3, headers: [TYPE], body: WITH_KEY };
	d3.request("INVITE", "sips:media@172.21.83.50:5314", given);
	assert.equal(media.take("INVITE").body, WITH_KEY);
	const open = phones((await testBed()).rig());
	open.d3.request("INVITE", TO_BOB, given);
	assert.equal(open.bob.take("INVITE").body, WITH_KEY);
});

test("secure-signaling §2.3: one side that refuses is enough", () => {
	const { d3 } = phones(one.rig());
	d3.request("INVITE", TO_BOB, { ...FROM_D3, headers: [TYPE], body: WITH_KEY });
	d3.take(488);
});

test("RFC 4568 §8.3, secure-signaling §3.6: what cannot be refused, a late offer in a 200 or an answer in an ACK, loses its keys", () => {
	const rig = bed.rig();
	const { bob, d3 } = phones(rig);
	bob.request("INVITE", "sip:5001@172.21.83.50", { from: "sip:5000@172.21.83.50" });
	const came = d3.take("INVITE");
	d3.answer(came, "200 OK", { headers: [TYPE], body: WITH_KEY });
	const offered = bob.take(200);
	assert.equal(offered.body, WITHOUT);
	assert.equal(offered.value("Content-Length"), String(WITHOUT.length));
	bob.caller(offered).send("ACK");
	d3.take("ACK");

	d3.request("INVITE", TO_BOB, FROM_D3);
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK", { headers: [TYPE], body: WITHOUT });
	d3.caller(d3.take(200)).send("ACK", [TYPE], WITH_KEY);
	assert.equal(bob.take("ACK").body, WITHOUT);
});

test("RFC 4568 §8.3, secure-signaling §3.6: in a dialog a re-INVITE with keys is refused, and the dialog goes on", () => {
	const rig = bed.rig();
	const { bob, d3 } = phones(rig);
	d3.request("INVITE", TO_BOB, FROM_D3);
	bob.answer(bob.take("INVITE"), "200 OK");
	const side = d3.caller(d3.take(200));
	side.send("ACK");
	bob.take("ACK");
	side.send("INVITE", [TYPE], WITH_KEY);
	d3.take(488);
	side.send("BYE");
	bob.take("BYE");
	assert.equal(bob.received.filter(({ method }) => method === "INVITE").length, 1);
});

test("RFC 4568 §8.3: keys in a body of the script are keys, and those that it took out are none", () => {
	const outcome = (sent: string, made: string) => {
		const edit = { op: "body", name: "Content-Type", value: "", body: made } as const;
		const rig = bed.rig({ routes: () => ({ ...relay("5000"), edits: [edit] }) });
		const { d3, bob } = phones(rig);
		d3.request("INVITE", TO_BOB, { ...FROM_D3, headers: [TYPE], body: sent });
		return bob.received[0]?.body ?? d3.take(488).status;
	};
	assert.equal(outcome(WITHOUT, WITH_KEY), 488);
	assert.equal(outcome(WITH_KEY, WITHOUT), WITHOUT);
});
