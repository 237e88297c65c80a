/** Devices in and out of service: pings, calls that fail, and what comes of both (secure signaling §2.2, G2c). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../core/proxy/decision.ts";
import { binding } from "../support/bindings.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const HEAD = `
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5314]
trusted: [172.21.83.0/24]
`;

const bed = await testBed(`${HEAD}
devices:
  fly:  { type: Trunk, prefix: "9", contact: "sips:fly.example.com;transport=tls", oos-check: 30 }
`);

/** What the log says of the service of a device. */
function told({ log }: ExchangeRig, name: string): readonly string[] {
	return log.flatMap(({ level, fields, message }) => {
		const { event = "", device = "" } = fields as { event?: string; device?: string };
		return device === name && event.endsWith("-service") ? [`${level} ${message}`] : [];
	});
}

/** The first ping comes at a time of its own. */
function pinged(rig: ExchangeRig, phone: VirtualPhone): WireMessage {
	for (let tries = 0; tries < 1_000; tries += 1) {
		if (phone.unread.some(({ method }) => method === "OPTIONS")) break;
		rig.wait(50);
	}
	return phone.take("OPTIONS");
}

function asked(rig: ExchangeRig): void {
	for (let tries = 0; tries < 1_000 && rig.questions.length === 0; tries += 1) rig.wait(50);
}

test("secure-signaling G2c: the ping to a sips trunk is four-way sips over TLS", () => {
	const rig = bed.rig();
	const fly = rig.phone("fly", { host: "192.0.2.7", transport: "tls" });
	asked(rig);
	rig.answerDns([], "SRV _sips._tcp.fly.example.com");
	rig.answerDns([{ type: "A", address: "192.0.2.7" }], "A fly.example.com");
	const ping = fly.take("OPTIONS");
	assert.equal(ping.text.split("\r\n")[0], "OPTIONS sips:fly.example.com;transport=tls SIP/2.0");
	assert.match(ping.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;branch=z9hG4bK/);
	assert.match(ping.value("From"), /^<sips:172\.21\.83\.50>;tag=/);
	assert.equal(ping.value("To"), "<sips:fly.example.com>");
	assert.equal(ping.value("Contact"), "<sips:172.21.83.50:5314>");
	assert.equal(ping.value("Max-Forwards"), "70");
	fly.answer(ping, "200 OK");
	assert.deepEqual(told(rig, "fly"), []);
	rig.wait(29_980);
	assert.equal(rig.questions.length, 0);
	rig.wait(20);
	assert.equal(rig.questions.length, 1, "the next one is 30 s later");
});

test("secure-signaling §2.2 oos-check: any address that a name resolves to may answer", () => {
	const rig = bed.rig();
	const [dead, live] = ["192.0.2.7", "192.0.2.8"].map((host) =>
		rig.phone(host, { host, transport: "tls" }),
	);
	assert.ok(dead && live);
	dead.reachable = false;
	asked(rig);
	rig.answerDns([]);
	rig.answerDns([
		{ type: "A", address: "192.0.2.7" },
		{ type: "A", address: "192.0.2.8" },
	]);
	live.answer(live.take("OPTIONS"), "404 Not Found");
	assert.deepEqual(told(rig, "fly"), []);
});

test("secure-signaling §2.2 oos-check: a name that leads nowhere is out of service", () => {
	const rig = bed.rig();
	asked(rig);
	rig.answerDns([]).answerDns([]);
	assert.deepEqual(told(rig, "fly"), ["warn fly is out of service: no address"]);
});

const phones = await testBed(`${HEAD}
devices:
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60", oos-check: 10, oos-force: 3, recovery-timeout: 20 }
  "5001": { type: Extension, contact: "sip:172.21.83.61", contact-backup: "sip:172.21.83.62", oos-check: 10 }
  "7789": { type: Extension, contact: "*", oos-check: 10 }
`);

function desk() {
	const rig = phones.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const phone = rig.phone("5000", { host: "172.21.83.60" });
	const call = (number: string) => ann.request("INVITE", `sip:${number}@172.21.83.50`);
	return { rig, ann, phone, call };
}

test("secure-signaling §2.2 oos-force: no answer for that long, and calls get 480 without a Warning until it answers again", () => {
	const { rig, ann, phone, call } = desk();
	pinged(rig, phone);
	rig.wait(3_000);
	assert.deepEqual(told(rig, "5000"), ["warn 5000 is out of service: no answer"]);
	call("5000");
	const refused = ann.take(480);
	assert.equal(refused.values("Warning").length, 0);
	assert.ok(phone.received.every(({ method }) => method === "OPTIONS"));
	phone.unread.length = 0;
	rig.wait(19_900);
	assert.equal(phone.unread.length, 0, "it is left alone");
	phone.answer(pinged(rig, phone), "200 OK");
	assert.deepEqual(told(rig, "5000").slice(1), ["info 5000 is in service"]);
	call("5000");
	assert.equal(phone.take("INVITE").uri, "sip:5000@172.21.83.60");
});

test("secure-signaling §2.2 oos-check: 486 is an answer, 503 and 408 are none", () => {
	for (const [answer, out] of [
		["486 Busy Here", false],
		["503 Service Unavailable", true],
		["408 Request Timeout", true],
	] as const) {
		const { rig, phone } = desk();
		phone.answer(pinged(rig, phone), answer);
		assert.equal(told(rig, "5000").length === 1, out, answer);
	}
});

test("secure-signaling §2.2 oos-check: the transport says so at once", () => {
	const { rig, phone } = desk();
	phone.reachable = false;
	rig.wait(10_000);
	assert.deepEqual(told(rig, "5000").slice(0, 1), ["warn 5000 is out of service: transport"]);
});

test("secure-signaling §2.2 oos-check: a device is there as long as one of its backups is", () => {
	const { rig } = desk();
	const [contact, backup] = ["172.21.83.61", "172.21.83.62"].map((host) =>
		rig.phone(host, { host }),
	);
	assert.ok(contact && backup);
	contact.reachable = false;
	const ping = pinged(rig, backup);
	assert.equal(ping.uri, "sip:172.21.83.62");
	backup.answer(ping, "200 OK");
	assert.deepEqual(told(rig, "5001"), []);
});

test("secure-signaling §2.2 oos-check: a device that registers is pinged on its flow, and not before", () => {
	const { rig } = desk();
	rig.wait(60_000);
	const aor = "sips:7789@172.21.83.50";
	const phone = rig.phone("7789", {
		...{ host: "172.21.83.24", transport: "tls", port: 40_001 },
		contact: "<sips:7789@172.21.83.24:5061;transport=TCP>",
	});
	phone.request("REGISTER", "sips:172.21.83.50:5314", { from: aor, to: aor });
	phone.take(200);
	const ping = pinged(rig, phone);
	assert.equal(ping.uri, "sips:7789@172.21.83.24:5061");
	assert.equal(ping.value("To"), "<sips:7789@172.21.83.24>");
	phone.answer(ping, "200 OK");
	phone.disconnect();
	rig.wait(60_000);
	assert.deepEqual(told(rig, "7789"), []);
});

test("secure-signaling §2.2 oos-check: a phone that was lost is back as soon as it registers", () => {
	const { rig, ann, call } = desk();
	const aor = "sip:7789@172.21.83.50";
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const register = () => phone.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
	register();
	phone.reachable = false;
	rig.wait(12_000);
	assert.deepEqual(told(rig, "7789"), ["warn 7789 is out of service: transport"]);
	phone.reachable = true;
	call("7789");
	assert.equal(ann.take(480).status, 480);
	register();
	call("7789");
	assert.equal(phone.take("INVITE").method, "INVITE");
});

test("secure-signaling §2.2 oos-check: the first pings of many devices are spread over the interval", async () => {
	const devices = Array.from(
		{ length: 40 },
		(_, count) =>
			`  "1${count}": { type: Extension, contact: "sip:10.0.0.${count + 1}", oos-check: 40 }`,
	);
	const config = await rigConfig(`${HEAD}\ndevices:\n${devices.join("\n")}\n`);
	const seconds = new Map<number, number>();
	const rig = phones.rig({
		config,
		routes: () => ({ kind: "drop" }),
		watch: (text) => {
			if (!text.startsWith("OPTIONS")) return;
			const second = Math.floor(rig.now / 1000);
			seconds.set(second, (seconds.get(second) ?? 0) + 1);
		},
	});
	rig.wait(40_000);
	assert.ok(seconds.size >= 15, `in ${seconds.size} of 40 seconds`);
	assert.ok(Math.max(...seconds.values()) <= 8);
});

const trunks = await testBed(`${HEAD}
devices:
  first:  { type: Trunk, prefix: "9", priority: 1, contact: "sip:10.0.0.1", recovery-timeout: 60 }
  second: { type: Trunk, prefix: "9", priority: 2, contact: "sip:10.0.0.2" }
`);

function network() {
	const rig = trunks.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const second = rig.phone("second", { host: "10.0.0.2" });
	const call = () => ann.request("INVITE", "sip:9123@172.21.83.50");
	return { rig, ann, first, second, call };
}

test("secure-signaling §2.2 recovery-timeout: a trunk whose call failed is left alone for that long, then one call tries it", () => {
	const { rig, first, second, call } = network();
	call();
	first.answer(first.take("INVITE"), "503 Service Unavailable");
	second.take("INVITE");
	assert.deepEqual(told(rig, "first"), ["warn first is out of service: 503"]);
	call();
	second.take("INVITE");
	assert.equal(first.unread.filter(({ method }) => method === "INVITE").length, 0);
	rig.wait(60_000);
	call();
	const trial = first.take("INVITE");
	call();
	second.take("INVITE");
	first.answer(trial, "486 Busy Here");
	assert.deepEqual(told(rig, "first").slice(1), ["info first is in service"]);
	call();
	first.take("INVITE");
});

test("secure-signaling §2.2 recovery-timeout: a trunk that answers nothing, or cannot be sent to, is out of service", () => {
	const silent = network();
	silent.call();
	silent.rig.wait(32_010);
	assert.deepEqual(told(silent.rig, "first"), ["warn first is out of service: timeout"]);
	const refusing = network();
	refusing.first.reachable = false;
	refusing.call();
	assert.deepEqual(told(refusing.rig, "first"), ["warn first is out of service: transport"]);
	refusing.second.take("INVITE");
});

test("secure-signaling §2.2 recovery-timeout: the call that tries a device again rings at all its places", async () => {
	const config = await rigConfig(`${HEAD}
devices:
  "7789": { type: Extension, contact: "*", recovery-timeout: 60 }
`);
	const targets = [{ kind: "device", name: "7789", number: undefined }] as const;
	const decision: Decision = { kind: "relay", targets, callee: undefined, edits: [] };
	const rig = trunks.rig({ config, routes: () => decision });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const [desk, mobile] = ["172.21.83.24", "172.21.83.25"].map((host) =>
		rig.phone("7789", { host }),
	);
	assert.ok(desk && mobile);
	const bindings = [desk, mobile].map(({ host, flow }) => {
		const contact = `sip:7789@${host}:5060`;
		return binding({ device: "7789", contact, flow, expiresAt: rig.now + 3_600_000 });
	});
	rig.store.apply("7789", bindings, []);
	rig.exchange.proxy.candidates.services.failed("7789", "test", rig.now);
	rig.wait(60_000);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.deepEqual(
		[desk, mobile].map((phone) => phone.take("INVITE").method),
		["INVITE", "INVITE"],
	);
});

test("secure-signaling §2.2: requests inside a dialog go to a device that is out of service", () => {
	const { ann, first, second, call } = network();
	call();
	const invite = first.take("INVITE");
	first.answer(invite, "200 OK");
	const dialog = ann.caller(ann.take(200));
	call();
	first.answer(first.take("INVITE"), "503 Service Unavailable");
	second.take("INVITE");
	dialog.send("BYE");
	assert.equal(first.take("BYE").method, "BYE");
});

test("secure-signaling §2.2: service is a live setting: what is configured as before keeps its state, the rest begins in service", async () => {
	const { rig, ann, first, second, call } = network();
	call();
	first.answer(first.take("INVITE"), "503 Service Unavailable");
	second.take("INVITE");
	rig.reload(trunks.config);
	call();
	second.take("INVITE");
	assert.equal(first.unread.filter(({ method }) => method === "INVITE").length, 0);
	const changed = await rigConfig(`${HEAD}
devices:
  first:  { type: Trunk, prefix: "9", priority: 1, contact: "sip:10.0.0.1", recovery-timeout: 61 }
  second: { type: Trunk, prefix: "9", priority: 2, contact: "sip:10.0.0.2" }
`);
	rig.reload(changed);
	call();
	assert.equal(first.take("INVITE").method, "INVITE");
	assert.equal(
		ann.unread.some(({ status = 0 }) => status >= 300),
		false,
	);
});

test("secure-signaling §2.2: a reload that takes oos-check away ends the pings", async () => {
	const { rig, phone } = desk();
	pinged(rig, phone);
	const config = await rigConfig(`${HEAD}
devices:
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60" }
`);
	rig.reload(config);
	const { length } = phone.received;
	rig.wait(120_000);
	assert.equal(phone.received.length, length);
	assert.equal(rig.exchange.next(), undefined);
});

test("secure-signaling §2.2: after a restart every device is in service", () => {
	const { rig, first, second, call } = network();
	call();
	first.answer(first.take("INVITE"), "503 Service Unavailable");
	second.take("INVITE");
	rig.restart();
	call();
	assert.equal(first.take("INVITE").method, "INVITE");
});

test("secure-signaling §2.2: in a fork a device that is out of service is passed over, and 480 is not heard of it", () => {
	const targets = ["first", "second"].map(
		(name) => ({ kind: "device", name, number: undefined }) as const,
	);
	const fork = { order: "parallel", timeout: undefined, recurse: false } as const;
	const decision: Decision = { kind: "relay", targets, fork, callee: undefined, edits: [] };
	const rig = trunks.rig({ routes: () => decision });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const first = rig.phone("first", { host: "10.0.0.1" });
	const second = rig.phone("second", { host: "10.0.0.2" });
	for (let count = 0; count < 2; count += 1) {
		ann.request("INVITE", "sip:9123@172.21.83.50");
		if (count === 0) first.answer(first.take("INVITE"), "503 Service Unavailable");
		second.answer(second.take("INVITE"), "486 Busy Here");
		assert.equal(ann.take(486).status, 486);
	}
	assert.equal(first.received.filter(({ method }) => method === "INVITE").length, 1);
});

test("secure-signaling §2.2: status says which devices are out of service, since when and why", () => {
	const { rig, first, call } = network();
	call();
	first.answer(first.take("INVITE"), "503 Service Unavailable");
	assert.deepEqual(rig.exchange.proxy.candidates.status(), [
		{ device: "first", service: { inService: false, since: rig.now, reason: "503" } },
	]);
	assert.equal(rig.exchange.proxy.counters.devicesOutOfService, 1);
});
