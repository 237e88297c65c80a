import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";

const lenient = await rigConfig();
const strict = await rigConfig(`${YAML}\nsecure-signaling: { mismatch: reject }\n`);

const SIPS: RequestGiven = { contact: "<sips:x@172.21.83.99>" };
const IN_SIPS = "sips:5001@172.21.83.50:5314";
const IN_SIP = "sip:5001@172.21.83.50";

type Case = {
	readonly name: string;
	/** Who calls, from the devices' addresses. */
	readonly host: string;
	readonly transport: "udp" | "tls";
	readonly uri: string;
	readonly given: RequestGiven;
	readonly mismatch: string;
	readonly refused: number;
	readonly warning?: string;
};

const CASES: readonly Case[] = [
	{
		...{ name: "M1: sips from a device configured as sip", host: "172.21.83.60", transport: "tls" },
		...{ uri: IN_SIPS, given: SIPS, mismatch: "sips-from-sip-device", refused: 480 },
		warning: '380 172.21.83.50:5314 "SIPS Not Allowed"',
	},
	{
		...{ name: "M2: sip from a device configured as sips", host: "192.168.8.57", transport: "tls" },
		...{ uri: IN_SIP, given: {}, mismatch: "sip-from-sips-device", refused: 480 },
		warning: '381 172.21.83.50:5314 "SIPS Required"',
	},
	{
		...{ name: "M3: sips from somebody unknown", host: "172.21.83.99", transport: "tls" },
		...{ uri: IN_SIPS, given: SIPS, mismatch: "sips-from-unknown-peer", refused: 403 },
	},
	{
		...{
			name: "M5: a sip Contact under a sips Request-URI",
			host: "172.21.83.99",
			transport: "tls",
		},
		...{ uri: IN_SIPS, given: {}, mismatch: "sip-contact-under-sips", refused: 400 },
	},
	{
		...{ name: "M6: sips in clear", host: "172.21.83.99", transport: "udp" },
		...{ uri: IN_SIPS, given: SIPS, mismatch: "sips-in-clear", refused: 400 },
	},
];

function call(config: typeof lenient, { host, transport, uri, given }: Case) {
	const rig = new ExchangeRig({ config, routes: () => relay("5003") });
	const callee = rig.phone("5003", { host: "172.21.83.63", transport: "tcp" });
	const caller = rig.phone("caller", { host, transport });
	caller.request("INVITE", uri, given);
	return { rig, caller, callee };
}

const mismatches = (rig: ExchangeRig) =>
	rig.log
		.filter(({ level }) => level === "warn")
		.map(({ fields }) => ("mismatch" in fields ? fields.mismatch : undefined));

for (const one of CASES) {
	test(`secure-signaling G20 ${one.name}: the call is made in the scheme it came with, and the log says so`, () => {
		const { rig, caller, callee } = call(lenient, one);
		assert.deepEqual(mismatches(rig), [one.mismatch]);
		const came = callee.take("INVITE");
		assert.equal(came.uri, "sip:5003@172.21.83.63:5060;transport=tcp");
		callee.answer(came, "200 OK");
		const answered = caller.take(200);
		assert.deepEqual(answered.values("Warning"), []);
		const scheme = one.uri.startsWith("sips") ? /^<sips:/ : /^<sip:/;
		assert.match(answered.value("Contact"), scheme);
		assert.match(answered.recordRoutes[0] ?? "", one.transport === "tls" ? scheme : /^<sips?:/);
	});

	test(`secure-signaling G20 ${one.name}: mismatch: reject refuses it with ${one.refused}`, () => {
		const { rig, caller, callee } = call(strict, one);
		const refused = caller.take(one.refused);
		assert.equal(refused.value("Warning"), one.warning ?? "");
		assert.deepEqual(callee.received, []);
		assert.deepEqual(mismatches(rig), [one.mismatch]);
		assert.equal(rig.retained, 0);
	});
}

test("secure-signaling G20 M7: a phone that registered as sips and calls as sip has a sip leg", () => {
	const rig = new ExchangeRig({
		config: lenient,
		routes: (_, text) =>
			text.startsWith("REGISTER") ? { kind: "save", contacts: undefined } : relay("5000"),
	});
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tls" });
	const aor = "sips:7789@172.21.83.50";
	const contact = "<sips:7789@172.21.83.24:5061>";
	phone.request("REGISTER", "sips:172.21.83.50:5314", { from: aor, to: aor, contact });
	assert.equal(phone.take(200).status, 200);
	phone.request("INVITE", "sip:5000@172.21.83.50");
	assert.equal(bob.take("INVITE").value("From"), "<sip:7789@172.21.83.24>;tag=7789");
	assert.ok(mismatches(rig).includes("sip-from-sips-device"));
});

test("secure-signaling G19: what does not match is told once for each device, and counted each time", () => {
	const rig = new ExchangeRig({ config: lenient, routes: () => relay("5003") });
	const callers: readonly VirtualPhone[] = [
		rig.phone("a", { host: "172.21.83.98", transport: "tls" }),
		rig.phone("b", { host: "172.21.83.99", transport: "tls" }),
	];
	for (const caller of [...callers, ...callers]) caller.request("MESSAGE", IN_SIPS, SIPS);
	assert.equal(mismatches(rig).length, 2);
	assert.equal(rig.exchange.counters.mismatches, 4);
});

test("RFC 5630 §5.1.1.1 G16: where mismatches are refused, a phone may still register in the other scheme", async () => {
	const bed = await testBed(`${YAML}\nsecure-signaling: { mismatch: reject }\n`);
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tls" });
	const register = (scheme: string) => {
		const aor = `${scheme}:7789@172.21.83.50`;
		const contact = `<${scheme}:7789@172.21.83.24:5061>`;
		phone.request("REGISTER", `${scheme}:172.21.83.50:5314`, { from: aor, to: aor, contact });
		return phone.received.at(-1)?.status;
	};
	assert.deepEqual([register("sips"), register("sip"), register("sips")], [200, 200, 200]);
});
