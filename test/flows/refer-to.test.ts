import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";

const bed = await testBed();
const strict = await testBed(`${YAML}\nsecure-signaling: { policy: rfc5630 }\n`);

function phones(rig: ExchangeRig) {
	const contact = "<sips:5001@192.168.8.57:5061>";
	return {
		bob: rig.phone("5000", { host: "172.21.83.60" }),
		carl: rig.phone("5003", { host: "172.21.83.63", transport: "tcp" }),
		d1: rig.phone("7789", {
			transport: "tls",
			host: "172.21.83.24",
			contact: "<sips:7789@172.21.83.24:5061>",
		}),
		d3: rig.phone("5001", { transport: "tls", host: "192.168.8.57", contact }),
	};
}

/** D1, registered in sips, has called Bob, who is sip. */
function call(rig: ExchangeRig) {
	const all = phones(rig);
	const { bob, d1 } = all;
	const aor = "sips:7789@172.21.83.50:5314";
	d1.request("REGISTER", "sips:172.21.83.50:5314", { from: aor, to: aor });
	d1.take(200);
	d1.request("INVITE", "sips:5000@172.21.83.50:5314", { from: aor });
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK");
	const [a, b] = [d1.caller(d1.take(200)), bob.callee(invite)];
	a.send("ACK");
	bob.take("ACK");
	return { ...all, a, b };
}

const REPLACES = "?Replaces=12345%40192.0.2.1%3Bto-tag%3D7%3bfrom-tag%3D8&x=%00";

/** [what, as D1 sends it, as Bob gets it] */
const DOWN: readonly (readonly [what: string, sent: string, shown: string])[] = [
	["our domain", "<sips:5001@example.com>", "<sip:5001@example.com>"],
	["our domain with a port", "<sips:5001@EXAMPLE.com:5314>", "<sip:5001@EXAMPLE.com:5060>"],
	["our address", "<sips:5001@172.21.83.50>", "<sip:5001@172.21.83.50>"],
	[
		"our listener on the other leg",
		"<sips:5001@172.21.83.50:5314;transport=TCP;foo=1>",
		"<sip:5001@172.21.83.50:5060;foo=1>",
	],
	[
		"a device's contact",
		"<sips:5001@192.168.8.57;transport=tcp>",
		"<sip:5001@192.168.8.57;transport=tcp>",
	],
	["its usual port", "<sips:5001@192.168.8.57:5061>", "<sip:5001@192.168.8.57:5061>"],
	["a live binding", "<sips:7789@172.21.83.24:5061>", "<sip:7789@172.21.83.24:5061>"],
	[
		"with Replaces",
		`"Carl" <sips:5001@172.21.83.50:5314${REPLACES}>;x=y`,
		`"Carl" <sip:5001@172.21.83.50:5060${REPLACES}>;x=y`,
	],
	["without brackets", "sips:5001@example.com", "sip:5001@example.com"],
	[
		"our address for a Contact",
		`<sips:5001@172.21.83.50:5314;transport=TCP;x5c=Abc-_9${REPLACES}>`,
		`<sip:5001@172.21.83.50:5060;x5c=Abc-_9${REPLACES}>`,
	],
	[
		"our address for a Contact, in the user part",
		"<sips:5001;x5c=Abc-_9@172.21.83.50:5314>",
		"<sip:5001;x5c=Abc-_9@172.21.83.50:5060>",
	],
	[
		"a device's Contact as it was shown, with an entry of its own",
		"<sips:5003@172.21.83.63;x5c=Abc>",
		"<sip:5003@172.21.83.63;x5c=Abc>",
	],
	[
		"the same in the scheme already",
		"<sip:5003@172.21.83.63;x5c=A>",
		"<sip:5003@172.21.83.63;x5c=A>",
	],
	["somebody else", "<sips:5001@other.example>", "<sips:5001@other.example>"],
	["another port there", "<sips:5001@192.168.8.57:5071>", "<sips:5001@192.168.8.57:5071>"],
	["another user there", "<sips:5009@192.168.8.57>", "<sips:5009@192.168.8.57>"],
	["a number beyond a trunk", "<sips:8123@gw.example.org>", "<sips:8123@gw.example.org>"],
	["in the scheme already", "<sip:5001@172.21.83.50:5314>", "<sip:5001@172.21.83.50:5314>"],
	["a tel URI", "<tel:+1201>", "<tel:+1201>"],
	["what cannot be read", "<sips:5001@172.21.83.50", "<sips:5001@172.21.83.50"],
	[
		"two",
		"<sips:1@example.com>, <sips:2@example.com>",
		"<sips:1@example.com>, <sips:2@example.com>",
	],
];

for (const [what, sent, shown] of DOWN)
	test(`RFC 3515 §2.1, RFC 5630 §5.1.1.3 SIPS-27, secure-signaling §3.6 Refer-To, ${what}: as a sip phone is shown it`, () => {
		const { a, bob } = call(bed.rig());
		for (const name of ["Refer-To", "r"]) {
			a.send("REFER", [`${name}: ${sent}`, "Contact: <sips:7789@172.21.83.24:5061>"]);
			const came = bob.take("REFER");
			assert.equal(came.value(name), shown);
			bob.answer(came, "202 Accepted");
		}
	});

/** [what, as Bob sends it, as D1 gets it] */
const UP: readonly (readonly [what: string, sent: string, shown: string])[] = [
	["our domain", "<sip:5003@example.com>", "<sips:5003@example.com>"],
	[
		"our address, which has no usual port there",
		"<sip:5003@172.21.83.50>",
		"<sips:5003@172.21.83.50:5314>",
	],
	["our listener", "<sip:5003@172.21.83.50:5060;transport=udp>", "<sips:5003@172.21.83.50:5314>"],
	["a device", "<sip:5003@172.21.83.63;transport=tcp>", "<sips:5003@172.21.83.63;transport=tcp>"],
	["a device over UDP", "<sip:5000@172.21.83.60;transport=udp>", "<sips:5000@172.21.83.60>"],
	["somebody else", "<sip:5003@other.example>", "<sip:5003@other.example>"],
];

for (const [what, sent, shown] of UP)
	test(`RFC 3515 §2.1, RFC 5630 §5.1.1.3 SIPS-27, secure-signaling §3.6 Refer-To, ${what}: as a sips phone is shown it`, () => {
		const { b, d1 } = call(bed.rig());
		b.send("REFER", [`Refer-To: ${sent}`, "Contact: <sip:5000@172.21.83.60>"]);
		assert.equal(d1.take("REFER").value("Refer-To"), shown);
	});

test("RFC 5630 §5.1.1.3 SIPS-27: with policy rfc5630 Refer-To is never altered", () => {
	const rig = strict.rig();
	const { bob, carl } = phones(rig);
	carl.request("INVITE", "sip:5000@172.21.83.50", { from: "sip:5003@172.21.83.50" });
	bob.answer(bob.take("INVITE"), "200 OK");
	const side = carl.caller(carl.take(200));
	for (const uri of ["sips:5001@172.21.83.50:5314", "sips:5001@172.21.83.50:5314;x5c=Abc"]) {
		const sent = side.send("REFER", [`Refer-To: <${uri}>`, `Contact: ${carl.contact}`]);
		const came = bob.take("REFER");
		assertUntouched(sent, came);
		assert.equal(came.value("Refer-To"), `<${uri}>`);
		bob.answer(came, "202 Accepted");
	}
});

test("secure-signaling E9: a blind transfer from sips to sip that refers to a device: its INVITE reaches the device, and the NOTIFYs the transferor", () => {
	const rig = bed.rig();
	const { a, bob, d1, d3 } = call(rig);
	a.send("REFER", ["Refer-To: <sips:5001@172.21.83.50:5314>", `Contact: ${d1.contact}`]);
	const refer = bob.take("REFER");
	bob.answer(refer, "202 Accepted");
	d1.take(202);
	const target = /<([^>]*)>/.exec(refer.value("Refer-To"))?.[1] ?? "";
	bob.request("INVITE", target, { from: "sip:5000@172.21.83.50" });
	const came = d3.take("INVITE");
	assert.equal(came.uri, "sips:5001@192.168.8.57;transport=tcp");
	d3.answer(came, "200 OK");
	bob.take(200, "INVITE");
	const state = ["Event: refer", "Subscription-State: terminated", `Contact: ${bob.contact}`];
	bob.callee(refer).send("NOTIFY", state, "SIP/2.0 200 OK\r\n");
	assert.equal(d1.take("NOTIFY").body, "SIP/2.0 200 OK\r\n");
});

test("RFC 3891 §5, secure-signaling §3.6: an INVITE with Replaces to a Contact as it was shown goes to the device, in its own scheme and on its flow", () => {
	const rig = bed.rig();
	const { bob, d1, d3 } = call(rig);
	const replaces = "Replaces: 12345@192.0.2.1;to-tag=7;from-tag=8";
	const given = { from: "sip:5000@172.21.83.50", headers: [replaces] };
	for (const uri of ["sip:5001@192.168.8.57:5061", "sip:5001@192.168.8.57"]) {
		bob.request("INVITE", uri, given);
		const came = d3.take("INVITE");
		assert.equal(came.uri, "sips:5001@192.168.8.57;transport=tcp");
		assert.equal(came.value("Replaces"), replaces.slice("Replaces: ".length));
	}
	bob.request("INVITE", "sip:7789@172.21.83.24:5061", given);
	assert.equal(d1.take("INVITE").uri, "sips:7789@172.21.83.24:5061");
	assert.equal(rig.questions.length + rig.nowhere.length, 0);
});

test("RFC 3327 §5.4: what came along the Path of a binding is not sent along it again", () => {
	const rig = bed.rig();
	const { bob } = phones(rig);
	const edge = rig.phone("edge", { host: "172.21.83.90" });
	const bound = { headers: ["Path: <sip:172.21.83.90;lr>", "Supported: path"] };
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const aor = "sip:7789@172.21.83.50";
	phone.request("REGISTER", "sip:172.21.83.50", { ...bound, from: aor, to: aor });
	phone.take(200);
	bob.request("INVITE", "sip:7789@172.21.83.24:5060", { from: "sip:5000@172.21.83.50" });
	assert.equal(phone.take("INVITE").values("Route").length, 0);
	assert.deepEqual(edge.received, []);
});
