/** Contact and Refer-To as plain URIs, and messages without Content-Length, where Contacts are anchored (RFC 3261 §20.10, §18.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";

const settings = (block: string) => `${YAML}\nsecure-signaling: { ${block} }\n`;
const bare = await testBed(settings("contact: anchor, record-route: no"));
const inUser = await testBed(settings("contact: anchor, record-route: no, contact-state: user"));
const tcp = await testBed(YAML.replace("listen:", "listen:\n  - tcp:172.21.83.50:5060"));
const ANN = { host: "172.21.83.70", contact: "sip:6000@172.21.83.70:5060;expires=60" };
const D2 = { host: "172.21.83.60", contact: "sip:5000@172.21.83.60:5060" };

for (const [name, bed] of Object.entries({ bare, inUser }))
	test(`RFC 3261 §20.10: ${name}: our address in the place of a Contact without brackets gets them`, () => {
		const rig = bed.rig();
		const ann = rig.phone("6000", ANN);
		const d2 = rig.phone("5000", D2);
		ann.request("INVITE", "sip:5000@172.21.83.50");
		const came = d2.take("INVITE");
		d2.answer(came, "200 OK");
		const ok = ann.take(200);
		assert.match(came.value("Contact"), /^<sip:6000[^>]*>;expires=60$/);
		assert.match(ok.value("Contact"), /^<sip:5000[^>]*>$/);
		ann.caller(ok).send("ACK");
		assert.equal(d2.take("ACK").uri, "sip:5000@172.21.83.60:5060");
		d2.callee(came).send("BYE");
		assert.equal(ann.take("BYE").uri, "sip:6000@172.21.83.70:5060");
	});

test("RFC 3515 §2.1: our address in a Refer-To without brackets gets them with its transport", () => {
	const rig = tcp.rig();
	const d1 = rig.phone("7789", {
		transport: "tls",
		host: "172.21.83.24",
		contact: "<sips:7789@172.21.83.24:5061>",
	});
	const carl = rig.phone("5003", { transport: "tcp", host: "172.21.83.63" });
	d1.request("INVITE", "sips:5003@172.21.83.50:5314", { from: "sips:7789@172.21.83.50" });
	carl.answer(carl.take("INVITE"), "200 OK");
	const a = d1.caller(d1.take(200));
	a.send("REFER", ["Refer-To: sips:5000@172.21.83.50:5314", `Contact: ${d1.contact}`]);
	const refer = carl.take("REFER");
	assert.equal(refer.value("Refer-To"), "<sip:5000@172.21.83.50:5060;transport=tcp>");
});

test("RFC 3891 §3: over UDP, without Content-Length: an INVITE with Replaces finds who is behind an anchored Contact", () => {
	for (const bed of [bare, inUser]) {
		const rig = bed.rig();
		const outside = rig.phone("4999", { host: "172.21.83.99" });
		const d2 = rig.phone("5000", { host: "172.21.83.60" });
		const ann = rig.phone("6000", { host: "172.21.83.70" });
		outside.request("INVITE", "sip:5000@172.21.83.50");
		const came = d2.take("INVITE");
		d2.answer(came, "200 OK");
		outside.take(200);
		const contact = came.value("Contact").slice(1, -1);
		const replaces = `Replaces: ${came.value("Call-ID")};to-tag=4999;from-tag=5000`;
		const invite = ann.write("INVITE", contact, {
			to: "sip:4999@172.21.83.50",
			headers: [replaces],
		});
		ann.send(invite.replace("Content-Length: 0\r\n", ""));
		assert.equal(outside.take("INVITE").uri, "sip:4999@172.21.83.99:5060");
	}
});
