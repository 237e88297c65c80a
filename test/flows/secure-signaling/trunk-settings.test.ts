/** The settings of a trunk hold for its leg in the whole dialog, whatever numbers stand in From and To (RFC 3261 §12.2). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertCrossed, assertSchemes, exchange, readable } from "../../support/crossing.ts";
import { call, DEVICES, secureBed, secureYaml } from "../../support/secure-bed.ts";
import type { PhonePlace } from "../../support/virtual-phone.ts";
import { answered } from "./whole-call.ts";

const trunks = (first: string, second = "") => `${DEVICES}
  t1: { type: Trunk, prefix: "6", priority: 1, contact: "sips:172.21.83.81:5061", secure-signaling: { ${first} } }
  t2: { type: Trunk, prefix: "6", priority: 2, contact: "sips:172.21.83.82:5061", secure-signaling: { ${second} } }
`;
const at = (host: string, number: string): PhonePlace => ({
	...{ transport: "tls", host, contact: `<sips:${number}@${host}:5061>` },
});

/** An outside number, and one of ours that the trunk brings back. */
for (const number of ["4930123", "5001"])
	test(`secure-signaling §2.3: a call from a trunk with the caller id ${number}: the callee's re-INVITE is shown as the trunk is set`, async () => {
		for (const setting of ["contact: anchor", "contact: anchor, record-route: no"]) {
			const { rig, d2 } = (await secureBed(secureYaml("", trunks(setting)))).open();
			const trunk = rig.phone(number, at("172.21.83.81", number));
			const { a, b, ok } = answered(trunk, d2, "5000");
			const shown = "<sips:5000@172.21.83.50:5314;x5c=E>";
			assert.equal(readable(ok.value("Contact")), shown);
			const { request } = exchange(b, [d2, trunk], "INVITE");
			assert.equal(readable(request.value("Contact")), shown);
			assertCrossed(b.send("ACK"), trunk.take("ACK"));
			const bye = exchange(a.refreshed(request.value("Contact")), [trunk, d2], "BYE").request;
			assert.equal(bye.uri, "sip:5000@172.21.83.60:5060");
			assertSchemes(trunk, d2);
		}
	});

test("secure-signaling §2.3: a call that the second trunk for a number took is shown to it as that one is set", async () => {
	const { rig, ann } = (await secureBed(secureYaml("", trunks("", "contact: anchor")))).open();
	rig.phone("t1", at("172.21.83.81", "t1")).reachable = false;
	const second = rig.phone("t2", at("172.21.83.82", "t2"));
	const came = assertCrossed(call(ann, "6123"), second.take("INVITE"));
	const shown = "<sips:6000@172.21.83.50:5314;x5c=E>";
	assert.equal(readable(came.value("Contact")), shown);
	const ok = assertCrossed(second.answer(came, "200 OK"), ann.take(200));
	const { request } = exchange(ann.caller(ok), [ann, second], "INVITE");
	assert.equal(readable(request.value("Contact")), shown);
});
