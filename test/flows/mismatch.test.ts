import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { DialogSide } from "../support/dialog.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";

const lenient = await rigConfig();
const strict = await rigConfig(`${YAML}\nsecure-signaling: { mismatch: reject }\n`);
const byConfig = await rigConfig(`${YAML}\nsecure-signaling: { mismatch: follow-config }\n`);
/** One device alone is set so. */
const own = (name: string, mismatch: string) =>
	testBed(
		YAML.replace(`"${name}": {`, `"${name}": { secure-signaling: { mismatch: ${mismatch} },`),
	);

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
	/** The scheme that the entry of the device says. */
	readonly configured?: "sip" | "sips";
	readonly warning?: string;
};

const CASES: readonly Case[] = [
	{
		...{ name: "M1: sips from a device configured as sip", host: "172.21.83.60", transport: "tls" },
		...{ uri: IN_SIPS, given: SIPS, mismatch: "sips-from-sip-device", refused: 480 },
		configured: "sip",
		warning: '380 172.21.83.50:5314 "SIPS Not Allowed"',
	},
	{
		...{ name: "M2: sip from a device configured as sips", host: "192.168.8.57", transport: "tls" },
		...{ uri: IN_SIP, given: {}, mismatch: "sip-from-sips-device", refused: 480 },
		configured: "sips",
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

/** The event in the log, whole. */
function event(rig: ExchangeRig) {
	const [entry, ...more] = rig.log.filter(({ fields }) => "mismatch" in fields);
	assert.equal(more.length, 0);
	return entry?.fields;
}

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

	test(`secure-signaling G20 ${one.name}: mismatch: follow-config takes the scheme of the entry, where there is one`, () => {
		const { rig, caller, callee } = call(byConfig, one);
		const seen = one.uri.startsWith("sips") ? "sips" : "sip";
		const leg = one.configured ?? seen;
		assert.deepEqual(event(rig), {
			...{ event: "sips.mismatch", mismatch: one.mismatch, source: one.host, seen, leg },
			...{ device: deviceAt(one.host), configured: one.configured, done: "followed" },
		});
		callee.answer(callee.take("INVITE"), "200 OK");
		const answered = caller.take(200);
		assert.match(answered.value("Contact"), new RegExp(`^<${leg}:`));
		assert.match(answered.recordRoutes[0] ?? "", new RegExp(`^<${leg}:`));
	});
}

function deviceAt(host: string): string | undefined {
	return { "172.21.83.60": "5000", "192.168.8.57": "5001" }[host];
}

test("secure-signaling G20x M1 M2 M3 M5 M6: the event says device, seen, configured and what was done, and the 200 has no Warning", () => {
	for (const one of CASES) {
		const seen = one.uri.startsWith("sips") ? "sips" : "sip";
		const told = {
			...{ event: "sips.mismatch", mismatch: one.mismatch, source: one.host, seen, leg: seen },
			...{ device: deviceAt(one.host), configured: one.configured },
		};
		const { rig, caller, callee } = call(lenient, one);
		callee.answer(callee.take("INVITE"), "200 OK");
		const answered = caller.take(200);
		assert.match(answered.value("Contact"), new RegExp(`^<${seen}:`));
		assert.deepEqual(answered.values("Warning"), []);
		assert.deepEqual(event(rig), { ...told, done: "followed" });
		assert.deepEqual(event(call(strict, one).rig), { ...told, done: "refused" });
	}
});

for (const setting of ["follow-message", "follow-config", "reject"] as const)
	test(`secure-signaling G20 M4: a sips REGISTER of a device with a configured contact, mismatch: ${setting} for that device`, async () => {
		const rig = (await own("5001", setting)).rig();
		const phone = rig.phone("5001", { host: "192.168.8.57", transport: "tls" });
		const aor = "sips:5001@172.21.83.50";
		const contact = "<sips:5001@192.168.8.57:5061>";
		phone.request("REGISTER", "sips:172.21.83.50:5314", { from: aor, to: aor, contact });
		const refused = setting === "reject";
		phone.take(refused ? 403 : 200);
		assert.equal(rig.store.bindings("5001", rig.now).length, refused ? 0 : 1);
		assert.deepEqual(event(rig), {
			...{ event: "sips.mismatch", mismatch: "sips-register-with-contact", leg: "sips" },
			...{ device: "5001", source: "192.168.8.57", seen: "sips", configured: "sips" },
			done: refused ? "refused" : "followed",
		});
		rig.phone("ann", { host: "172.21.83.70" }).request("INVITE", "sip:5001@172.21.83.50");
		assert.equal(phone.take("INVITE").uri, "sips:5001@192.168.8.57;transport=tcp", "its contact");
	});

for (const setting of ["follow-message", "follow-config", "reject"] as const)
	test(`secure-signaling G20 M7: a phone that registered as sips and calls as sip, mismatch: ${setting} for that device`, async () => {
		const rig = (await own("7789", setting)).rig();
		const bob = rig.phone("5000", { host: "172.21.83.60" });
		const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tls" });
		const aor = "sips:7789@172.21.83.50";
		const contact = "<sips:7789@172.21.83.24:5061>";
		phone.request("REGISTER", "sips:172.21.83.50:5314", { from: aor, to: aor, contact });
		phone.take(200);
		const invite = phone.request("INVITE", "sip:5000@172.21.83.50");
		if (setting === "reject") {
			assert.equal(phone.take(480).value("Warning"), '381 172.21.83.50:5314 "SIPS Required"');
			return;
		}
		bob.answer(bob.take("INVITE"), "200 OK");
		const got = phone.take(200);
		assert.match(got.value("Contact"), setting === "follow-message" ? /^<sip:/ : /^<sips:/);
		assert.equal(got.value("From"), invite.value("From"));
	});

test("secure-signaling G20: a request of a dialog that comes in clear from its sips side is judged as M6", async () => {
	for (const setting of ["follow-message", "reject"]) {
		const rig = (await own("5001", setting)).rig();
		const bob = rig.phone("5000", { host: "172.21.83.60" });
		const contact = "<sips:5001@192.168.8.57:5061>";
		const phone = rig.phone("5001", { host: "192.168.8.57", transport: "tls", contact });
		const clear = rig.phone("5001", { host: "192.168.8.57", contact });
		bob.request("INVITE", "sip:5001@172.21.83.50", { from: "sip:5000@172.21.83.50" });
		const came = phone.take("INVITE");
		phone.answer(came, "200 OK");
		const dialog = DialogSide.callee(clear, came, `${came.value("To")};tag=5001`);
		const mine = bob.caller(bob.take(200));
		mine.send("ACK");
		dialog.send("ACK");
		dialog.send("BYE");
		assert.equal(rig.exchange.counters.mismatches, 2);
		assert.match(JSON.stringify(event(rig)), /"sips-in-clear","device":"5001"/);
		if (setting === "reject") {
			assert.equal(clear.take(400).startLine, "SIP/2.0 400 SIPS over Insecure Transport");
			assert.deepEqual(bob.unread, []);
		} else {
			bob.take("ACK");
			bob.take("BYE");
		}
	}
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
