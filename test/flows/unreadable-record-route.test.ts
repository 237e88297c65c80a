import assert from "node:assert/strict";
import { test } from "node:test";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";

const hiding = await testBed(
	YAML.replace("domains:", "secure-signaling: { far-route-set: hide }\ndomains:"),
);
const unrecorded = await testBed(
	YAML.replace("domains:", "secure-signaling: { contact: anchor, record-route: no }\ndomains:"),
);

for (const [name, bed] of [
	["far-route-set: hide", hiding],
	["record-route: no", unrecorded],
] as const)
	test(`RFC 3261 §16.3 step 1: with ${name} a Record-Route that is none goes back to its caller as it came`, () => {
		const rig = bed.rig();
		const d1 = rig.phone("7789", { transport: "tls", host: "172.21.83.24" });
		const d2 = rig.phone("5000", { host: "172.21.83.60" });
		const headers = ['Record-Route: <sip:192.0.2.1;lr>, "'];
		d1.request("INVITE", "sips:5000@172.21.83.50:5314", { headers });
		const invite = d2.take("INVITE");
		d2.answer(invite, "180 Ringing");
		assert.equal(d1.take(180).values("Record-Route").at(-1), '<sip:192.0.2.1;lr>, "');
		d2.answer(invite, "200 OK", { headers: ['Record-Route: "'] });
		assert.equal(d1.take(200).status, 200);
	});
