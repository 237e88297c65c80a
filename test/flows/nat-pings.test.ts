/** Pings to registered phones behind NAT. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import { TimerWheel } from "../../core/base/timer-wheel.ts";
import { NatPings } from "../../core/exchange/nat-pings.ts";
import { MemoryStore } from "../../core/location/memory.ts";
import { binding, UDP_FLOW } from "../support/bindings.ts";
import type { RigOptions } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { PhonePlace, RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const OWN = "172.21.83.50";
const PRIVATE = "<sip:7789@192.168.0.7:5060>";

async function bedWith(nat: string) {
	const yaml = `${YAML}nat: ${nat}\n`;
	const bed = await testBed(yaml);
	return (place: Partial<PhonePlace> = {}, options: Partial<RigOptions> = {}) => {
		const rig = bed.rig({ natPings: true, listeners: [SECOND], ...options });
		const where = { host: "172.21.83.99", port: 61_001, contact: PRIVATE, ...place };
		return { rig, phone: rig.phone("7789", where) };
	};
}

function register(phone: VirtualPhone, given: RequestGiven = {}): void {
	const aor = `sip:7789@${OWN}`;
	const headers = ["Expires: 3600"];
	phone.request("REGISTER", `sip:${OWN}`, { from: aor, to: aor, callId: "r", headers, ...given });
	assert.equal(phone.take(200).status, 200);
}

function pings(phone: VirtualPhone): readonly WireMessage[] {
	return phone.unread.splice(0).filter(({ method }) => method === "OPTIONS");
}

const usual = await bedWith("{ ping: 30 }");
const SECOND = {
	transport: "udp",
	address: "172.21.83.51",
	host: "172.21.83.51",
	port: 5080,
} as const;

test("RFC 4787 §4.3 RFC 5626 §4.4.2 NAT pings: a UDP phone whose Contact is not where it is gets an OPTIONS in each interval, along its flow", () => {
	const { rig, phone } = usual();
	register(phone);
	for (const round of [1, 2, 3, 4]) {
		rig.wait(30_100);
		const [ping, ...others] = pings(phone);
		assert.ok(ping, `round ${round}`);
		assert.deepEqual(others, []);
		assert.equal(ping.uri, "sip:7789@192.168.0.7:5060");
		assert.match(
			ping.value("Via"),
			/^SIP\/2\.0\/UDP 172\.21\.83\.50:5060;branch=z9hG4bKnat\w{16};rport$/,
		);
		phone.answer(ping, "200 OK");
	}
	assert.deepEqual(rig.nowhere, []);
	assert.equal(rig.exchange.counters.natPings, 4);
});

test("RFC 5626 §5.3 NAT pings: each leaves the socket that its phone registered at, to where that was heard, and nothing goes anywhere else", () => {
	const sent: (readonly [string, Flow])[] = [];
	const bed = usual({}, { watch: (text, flow) => void sent.push([text, flow]) });
	const listener = bed.rig.listeners.findIndex(({ host }) => host === SECOND.host);
	const two = bed.rig.phone("7789", {
		...{ host: "172.21.83.99", port: 61_002, listener },
		contact: "<sip:7789@192.168.0.8>",
	});
	register(bed.phone);
	register(two, { callId: "r2" });
	sent.length = 0;
	bed.rig.wait(30_100);
	assert.deepEqual(
		sent.map(([, flow]) => flow),
		[bed.phone.flow, two.flow],
	);
	const [, [text = ""] = []] = sent;
	assert.match(text, /^Via: SIP\/2\.0\/UDP 172\.21\.83\.51:5080;/m);
	assert.match(text, /^OPTIONS sip:7789@192\.168\.0\.8 SIP/);
});

test("NAT pings: the answer goes nowhere, is no error and leaves no transaction", () => {
	const { rig, phone } = usual();
	register(phone);
	rig.wait(40_000);
	const [ping] = pings(phone);
	assert.ok(ping);
	assert.equal(rig.size, 0);
	const answer = phone.answer(ping, "405 Method Not Allowed");
	phone.send(answer.text.replace("\r\nVia:", "\r\nv:"));
	const { unmatchedResponses } = rig.exchange.proxy.transactions.counters;
	assert.deepEqual([unmatchedResponses, rig.exchange.counters.malformed, rig.size], [0, 0, 0]);
	assert.deepEqual(rig.nowhere, []);
});

test("NAT pings: a phone that is where its Contact says gets none, unless all do", async () => {
	const place = { contact: "<sip:7789@172.21.83.99:61001>" };
	const { rig, phone } = usual(place);
	register(phone);
	rig.wait(100_000);
	assert.deepEqual(pings(phone), []);
	const all = (await bedWith("{ ping: 30, ping-to: all }"))(place);
	register(all.phone);
	all.rig.wait(60_000);
	assert.equal(pings(all.phone).length, 2);
});

test("NAT pings: none over TCP or TLS, and none to a phone with outbound, which pings itself", () => {
	for (const transport of ["tcp", "tls"] as const) {
		const { rig, phone } = usual({ transport });
		register(phone);
		rig.wait(100_000);
		assert.deepEqual(pings(phone), []);
	}
	const { rig, phone } = usual();
	const instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-aabbccddeeff>"';
	register(phone, {
		contact: `${PRIVATE};reg-id=1;${instance}`,
		headers: ["Supported: path, outbound"],
	});
	rig.wait(100_000);
	assert.deepEqual(pings(phone), []);
});

test("NAT pings: none to a phone that registered at another node, nor to one behind a proxy with Path, whoever is pinged", async () => {
	const store = new MemoryStore();
	const elsewhere = { device: "7789", contact: "sip:7789@192.168.0.7", path: ["<sip:t@b;lr;ob>"] };
	store.apply("7789", [binding({ ...elsewhere, expiresAt: Infinity, node: "b" })], []);
	store.apply("7790", [binding({ ...elsewhere, device: "7790", expiresAt: Infinity })], []);
	const watch = (text: string) => assert.fail(text);
	const { rig } = (await bedWith("{ ping: 30, ping-to: all, drop-after: 2 }"))(
		{},
		{ store, watch },
	);
	rig.wait(300_000);
	assert.equal(rig.exchange.counters.natPings, 0);
	assert.equal(store.size, 2);
});

test("NAT pings: they stop with the binding, and with the setting", async () => {
	const { rig, phone } = usual();
	register(phone);
	rig.wait(31_000);
	register(phone, { cseq: 2, headers: ["Expires: 0"] });
	pings(phone);
	rig.wait(100_000);
	assert.deepEqual(pings(phone), []);
	register(phone, { cseq: 3 });
	rig.wait(60_000);
	assert.equal(pings(phone).length, 3, "one in this interval, and in each of the next two");
	rig.reload(await rigConfig(`${YAML}nat: { ping: off }\n`));
	rig.wait(100_000);
	assert.deepEqual(pings(phone), []);
	assert.equal(rig.exchange.next(), undefined, "nothing is waited for");
	rig.reload(await rigConfig(`${YAML}nat: { ping: 10 }\n`));
	rig.wait(30_000);
	assert.equal(pings(phone).length, 3);
	rig.exchange.stop();
	rig.wait(100_000);
	assert.deepEqual(pings(phone), [], "nor when the process is about to end");
});

test("NAT pings: with crlf the datagram is two line ends, and a phone may be pinged after a restart", async () => {
	const place = { host: "172.21.83.99", port: 61_001, contact: PRIVATE };
	const bed = await testBed(`${YAML}nat: { ping: 20, ping-with: crlf }\n`);
	const sent: string[] = [];
	const rig = bed.rig({ natPings: true, watch: (text) => void sent.push(text) });
	register(rig.phone("7789", place));
	rig.wait(21_000);
	assert.equal(sent.at(-1), "\r\n\r\n");
	rig.restart();
	sent.length = 0;
	rig.wait(40_000);
	assert.deepEqual(sent, ["\r\n\r\n", "\r\n\r\n"]);
});

const dropping = await bedWith("{ ping: 30, drop-after: 3 }");

test("NAT pings: with drop-after the binding ends of a phone that leaves so many in a row without an answer", () => {
	const { rig, phone } = dropping();
	register(phone);
	rig.wait(90_000);
	assert.equal(pings(phone).length, 3);
	assert.equal(
		rig.store.bindings("7789", rig.now).length,
		1,
		"it has an interval to answer the last",
	);
	rig.wait(30_000);
	assert.equal(pings(phone).length, 0);
	assert.equal(rig.store.bindings("7789", rig.now).length, 0);
	assert.equal(rig.exchange.counters.natBindingsLost, 1);
	const said = rig.log.filter(
		({ fields }) => "event" in fields && fields.event === "binding.silent",
	);
	const where = { source: "172.21.83.99", port: 61_001, pings: 3 };
	assert.deepEqual(said, [
		{
			level: "info",
			fields: { event: "binding.silent", device: "7789", contact: PRIVATE.slice(1, -1), ...where },
			message:
				"7789 has left 3 pings without an answer: it is no longer registered at 172.21.83.99",
		},
	]);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", `sip:7789@${OWN}`);
	assert.equal(ann.take(480).status, 480);
});

test("NAT pings: with drop-after one phone of a number goes, and the other stays", () => {
	const { rig, phone } = dropping();
	register(phone);
	const place = { host: "172.21.83.99", port: 61_002, contact: "<sip:7789@192.168.0.8>" };
	const other = rig.phone("7789", place);
	register(other, { callId: "r2" });
	for (let round = 0; round < 10; round += 1) {
		rig.wait(15_000);
		for (const ping of pings(other)) other.answer(ping, "200 OK");
	}
	const left = rig.store.bindings("7789", rig.now).map(({ contact }) => contact);
	assert.deepEqual(left, ["sip:7789@192.168.0.8"]);
});

test("NAT pings: with drop-after any answer keeps the binding, and so does a refresh", () => {
	const { rig, phone } = dropping();
	register(phone);
	for (const status of ["200 OK", "404 Not Found", "481 Gone", "503 No", "600 Busy"]) {
		rig.wait(61_000);
		const ping = pings(phone).at(-1);
		assert.ok(ping);
		phone.answer(ping, status);
	}
	for (let round = 0; round < 5; round += 1) {
		rig.wait(61_000);
		const [late] = pings(phone);
		assert.ok(late);
		phone.answer(late, "200 OK");
	}
	rig.wait(61_000);
	register(phone, { cseq: 2 });
	rig.wait(61_000);
	assert.equal(rig.store.bindings("7789", rig.now).length, 1);
});

test("NAT pings: 100,000 phones are pinged once each in an interval, spread evenly over it", () => {
	const { rig } = usual();
	const { environment } = rig.settings();
	const device = environment.directory.device("7789");
	const store = new MemoryStore();
	for (let index = 0; index < 100_000; index += 1) {
		const flow = { ...UDP_FLOW, port: 1_024 + (index % 60_000) };
		const contact = `sip:${index}@192.168.0.7`;
		const name = `phone-${index}`;
		store.apply(name, [binding({ device: name, contact, flow, expiresAt: Infinity })], []);
	}
	const wheel = new TimerWheel(0);
	const seconds: number[] = new Array(30).fill(0);
	let now = 0;
	const directory = { ...environment.directory, device: () => device };
	const pinging = new NatPings({
		store,
		wheel,
		send: () => {
			const second = Math.floor((now - 1) / 1000);
			seconds[second] = (seconds[second] ?? 0) + 1;
		},
		environment: () => ({ ...environment, directory }),
		log: { debug: none, info: none, warn: none, error: none },
	});
	const crlf = { pingTo: "behind-nat", pingWith: "crlf", unansweredMax: Infinity } as const;
	pinging.configure({ pingSeconds: 30, ...crlf }, now);
	for (; now <= 30_000; now = wheel.next() ?? Infinity) wheel.advance(now);
	assert.equal(pinging.counters.natPings, 100_000);
	assert.ok(Math.min(...seconds) > 3_100 && Math.max(...seconds) < 3_600, `${seconds}`);
});

function none(): void {
	assert.fail("nothing happens that is worth a line");
}
