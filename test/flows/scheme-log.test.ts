import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();

const grades = (rig: ExchangeRig) =>
	rig.log.filter(({ fields }) => "event" in fields && /grade$/.test(String(fields.event)));

function callers(rig: ExchangeRig) {
	rig.phone("5000", { host: "172.21.83.60" });
	const contact = "<sips:5001@192.168.8.57:5061>";
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		phone: rig.phone("5001", { transport: "tls", host: "192.168.8.57", contact }),
	};
}

const FROM_D3 = { from: "sips:5001@172.21.83.50" };

test("RFC 5630 §5.3, secure-signaling §3.3 D1 D2: a call that changes its scheme is an event with both devices, both schemes and the Call-ID", () => {
	const rig = bed.rig();
	const { ann, phone } = callers(rig);
	const down = phone.request("INVITE", "sips:5000@172.21.83.50:5314", FROM_D3);
	const up = ann.request("INVITE", "sip:5001@172.21.83.50", {
		headers: ["Identity: a;info=<https://x/y>"],
	});
	assert.deepEqual(grades(rig), [
		{
			level: "info",
			fields: {
				...{ event: "sips.downgrade", caller: "sips", callee: "sip", from: "5001", to: "5000" },
				...{ method: "INVITE", callId: down.value("Call-ID"), identity: undefined },
			},
			message: "5001 (sips) to 5000 (sip)",
		},
		{
			level: "info",
			fields: {
				...{ event: "sips.upgrade", caller: "sip", callee: "sips", from: "172.21.83.70" },
				...{ to: "5001", method: "INVITE", callId: up.value("Call-ID"), identity: "keep" },
			},
			message: "172.21.83.70 (sip) to 5001 (sips)",
		},
	]);
	const { sipsDowngrades, sipsUpgrades } = rig.exchange.counters;
	assert.deepEqual([sipsDowngrades, sipsUpgrades], [1, 1]);
});

test("secure-signaling §3.3 D1: a pair of devices is logged once in ten minutes and counted each time; what is in a dialog is not", () => {
	const rig = bed.rig();
	const { phone } = callers(rig);
	const bob = rig.phones[0];
	assert.ok(bob);
	const call = () => phone.request("INVITE", "sips:5000@172.21.83.50:5314", FROM_D3);
	call();
	bob.answer(bob.take("INVITE"), "200 OK");
	phone.caller(phone.take(200)).send("BYE");
	bob.take("BYE");
	call();
	assert.equal(grades(rig).length, 1);
	assert.equal(rig.exchange.counters.sipsDowngrades, 2);
	rig.wait(600_000);
	call();
	assert.equal(grades(rig).length, 2);
});

test("secure-signaling §3.3 D2: however many pairs there are, a hundred lines in ten seconds are enough", () => {
	const rig = bed.rig({ routes: () => relay("5001") });
	callers(rig);
	for (let at = 0; at < 250; at += 1) {
		const ann = rig.phone(`a${at}`, { host: `10.0.0.${at}` });
		ann.request("MESSAGE", "sip:5001@172.21.83.50");
	}
	assert.equal(grades(rig).length, 100);
	assert.equal(rig.exchange.counters.sipsUpgrades, 250);
	rig.wait(10_000);
	rig.phone("last", { host: "10.0.1.1" }).request("MESSAGE", "sip:5001@172.21.83.50");
	assert.match(JSON.stringify(grades(rig).at(-1)?.fields), /"leftOut":150/);
});

test("secure-signaling G6: a call in one scheme is no event", () => {
	const rig = bed.rig();
	const { ann } = callers(rig);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	assert.deepEqual(grades(rig), []);
});
