/** What number a device is called by, where a script says so: withNumber(). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision, Forking } from "../../core/proxy/decision.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const config = await rigConfig(
	`${YAML}  away: { type: Trunk, prefix: "77", contact: "sip:1@10.0.0.1", contact-backup: "sip:2@10.0.0.2" }\n`,
);
const NUMBER = "+49301234";

function calling(name: string, fork?: Forking) {
	const target = { kind: "device", name, number: NUMBER, exact: true } as const;
	const made = { kind: "relay", targets: [target], callee: undefined, edits: [] } as const;
	const decision: Decision = fork === undefined ? made : { ...made, fork };
	const rig = new ExchangeRig({
		config,
		routes: (_context, text) =>
			text.startsWith("REGISTER") ? { kind: "save", contacts: undefined } : decision,
	});
	return { rig, ann: rig.phone("ann", { host: "172.21.83.70" }) };
}

function register(phone: VirtualPhone, contact: string): void {
	phone.request("REGISTER", "sip:example.com", { to: "sip:7789@example.com", contact });
	assert.equal(phone.take(200, "REGISTER").status, 200);
}

test("RFC 3261 §16.6 step 2: the number of a script stands in place of the contact's own, at its backups too", () => {
	const { rig, ann } = calling("away");
	const first = rig.phone("first", { host: "10.0.0.1" });
	const second = rig.phone("second", { host: "10.0.0.2" });
	ann.request("INVITE", "sip:5000@example.com");
	const invite = first.take("INVITE");
	assert.equal(invite.uri, `sip:${NUMBER}@10.0.0.1`);
	first.answer(invite, "503 Service Unavailable");
	assert.equal(second.take("INVITE").uri, `sip:${NUMBER}@10.0.0.2`);
});

test("RFC 3261 §16.6 step 2: and of the one that a device registered with, whose parameters stay; places that register late are no exception", () => {
	const fork = { order: "q", timeout: undefined, recurse: false, late: true } as const;
	const { rig, ann } = calling("7789", fork);
	const desk = rig.phone("7789", { host: "10.0.0.1" });
	const mobile = rig.phone("7789", { host: "10.0.0.2" });
	register(desk, "<sip:7789:pw@10.0.0.1:5060;line=x7>");
	ann.request("INVITE", "sip:5000@example.com");
	assert.equal(desk.take("INVITE").uri, `sip:${NUMBER}@10.0.0.1:5060;line=x7`);
	register(mobile, "<sip:7789@10.0.0.2:5060>");
	assert.equal(mobile.take("INVITE").uri, `sip:${NUMBER}@10.0.0.2:5060`);
});
