/** Calls through a listener behind a TLS balancer: TLS for every rule, and never a way out of our own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const DEVICES = `
trusted: [172.21.83.0/24]
devices:
  "7789": { type: Extension, contact: "*" }
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60:5060" }
  "5001": { type: Extension, contact: "sips:5001@192.168.8.57;transport=tcp" }
`;
const BALANCED =
	'{ transport: tcp, address: "172.21.83.50:5071", advertise: sip.example.com, tls-terminated: yes, proxy-protocol: yes, balancers: [10.0.0.1] }';

const alone = await testBed(`listen:\n  - ${BALANCED}\n  - udp:172.21.83.50:5060\n${DEVICES}`);
const beside = await testBed(
	`listen:\n  - ${BALANCED}\n  - udp:172.21.83.50:5060\n  - tls:172.21.83.50:5314\n${DEVICES}`,
);

/** Its id in `beside`: TCP comes with UDP. */
const OWN_TLS = 3;

const four = (message: WireMessage) => ({
	uri: message.uri,
	from: message.value("From").replace(/;tag=.*/, ""),
	to: message.value("To").replace(/;tag=.*/, ""),
	contact: message.value("Contact"),
});
const routes = (message: WireMessage) =>
	message.recordRoutes.map((entry) => entry.replace(/x5=[\w-]+/, "x5=C"));

/** A sips phone behind the balancer, registered. */
function phone(rig: ExchangeRig): VirtualPhone {
	const one = rig.phone("7789", {
		transport: "tls",
		host: "172.21.83.24",
		port: 40_000,
		listener: 0,
		contact: "<sips:7789@172.21.83.24:5061;transport=TCP>",
	});
	assert.equal(register(one), 200);
	return one;
}

function register(one: VirtualPhone): number | undefined {
	one.request("REGISTER", "sips:sip.example.com", {
		from: "sips:7789@sip.example.com",
		to: "sips:7789@sip.example.com",
	});
	return one.unread.pop()?.status;
}

const ann = (rig: ExchangeRig) => rig.phone("5000", { host: "172.21.83.60" });

test("secure-signaling G16a G3a: a sips phone behind a TLS balancer registers and is called with sips, shown the balancer's address", () => {
	const rig = alone.rig();
	const [web, caller] = [phone(rig), ann(rig)];
	caller.request("INVITE", "sip:7789@172.21.83.50");
	const came = web.take("INVITE");
	assert.deepEqual(four(came), {
		uri: "sips:7789@172.21.83.24:5061",
		from: "<sips:5000@172.21.83.60>",
		to: "<sips:7789@172.21.83.50>",
		contact: "<sips:5000@172.21.83.60:5060>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS sip\.example\.com:5061;/);
	assert.deepEqual(routes(came), ["<sips:sip.example.com:5061;lr;x5=C;ftag=5000>"]);
	web.answer(came, "200 OK");
	const ok = caller.take(200);
	assert.deepEqual(routes(ok), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=5000>"]);
	caller.caller(ok).send("ACK");
	web.take("ACK");
	web.callee(came).send("BYE");
	const bye = caller.take("BYE");
	assert.equal(bye.uri, "sip:5000@172.21.83.60:5060");
	caller.answer(bye, "200 OK");
	web.take(200, "BYE");
	assert.equal(rig.questions.length + rig.nowhere.length, 0);
});

test("secure-signaling G4a M6: what it sends in sips counts as TLS: no mismatch, and the answers have sips", () => {
	const rig = alone.rig();
	const [web, callee] = [phone(rig), ann(rig)];
	web.request("INVITE", "sips:5000@sip.example.com", { from: "sips:7789@sip.example.com" });
	const came = callee.take("INVITE");
	assert.equal(came.value("From"), "<sip:7789@sip.example.com>;tag=7789");
	callee.answer(came, "200 OK");
	const ok = web.take(200, "INVITE");
	assert.equal(ok.value("Contact"), "<sips:5000@172.21.83.60:5060>");
	assert.deepEqual(routes(ok), ["<sips:sip.example.com:5061;lr;x5=C;ftag=7789>"]);
	assert.deepEqual(
		rig.log.filter(({ level }) => level === "warn"),
		[],
	);
	assert.equal(rig.exchange.counters.mismatches, 0);
});

test("RFC 3261 §26.2.2: with no TLS listener of our own a sips target cannot be called, and nothing leaves in clear", () => {
	const rig = alone.rig();
	const caller = ann(rig);
	caller.request("INVITE", "sip:5001@172.21.83.50");
	assert.equal(caller.unread.pop()?.status, 500);
	assert.deepEqual(rig.nowhere, []);
});

test("RFC 3261 §18.1.1: a new TLS connection leaves from the listener that speaks TLS itself, also for who came by the balancer", () => {
	const rig = beside.rig();
	const web = phone(rig);
	const desk = rig.phone("5001", { transport: "tls", host: "192.168.8.57", listener: OWN_TLS });
	web.request("INVITE", "sips:5001@sip.example.com", { from: "sips:7789@sip.example.com" });
	const came = desk.take("INVITE");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
	assert.deepEqual(routes(came), [
		"<sips:172.21.83.50:5314;r2=on;lr;x5=C;ftag=7789>",
		"<sips:sip.example.com:5061;r2=on;lr;x5=C;ftag=7789>",
	]);
	desk.answer(came, "200 OK");
	const ok = web.take(200, "INVITE");
	web.caller(ok).send("BYE");
	desk.take("BYE");
});

test("RFC 5626 §5.3.1: when the balancer's connection is gone its phone is not sought elsewhere; the one it comes back on is taken in mid-call", () => {
	const rig = alone.rig();
	const [web, caller] = [phone(rig), ann(rig)];
	caller.request("INVITE", "sip:7789@172.21.83.50");
	const came = web.take("INVITE");
	web.answer(came, "200 OK");
	const side = caller.caller(caller.take(200));
	side.send("ACK");
	web.take("ACK");
	web.disconnect();
	side.send("INFO");
	assert.equal(caller.take(480, "INFO").status, 480);
	assert.deepEqual(rig.nowhere, []);

	assert.equal(register(web), 200);
	side.send("BYE");
	assert.equal(web.take("BYE").uri, "sips:7789@172.21.83.24:5061;transport=TCP");
});

test("secure-signaling 5.9-8: a restart leaves the balancer's flows to its phones: they are called on what they registered on again", () => {
	const rig = beside.rig();
	const [web, caller] = [phone(rig), ann(rig)];
	caller.request("INVITE", "sip:7789@172.21.83.50");
	const came = web.take("INVITE");
	web.answer(came, "200 OK");
	const side = caller.caller(caller.take(200));
	side.send("ACK");
	rig.restart();
	assert.equal(register(web), 200);
	side.send("BYE");
	const bye = web.take("BYE");
	assert.match(bye.vias[0] ?? "", /^SIP\/2\.0\/TLS sip\.example\.com:5061;/);
});

test("secure-signaling M6: a sips request in clear is shown the balancer's address where we speak no TLS ourselves", () => {
	const rig = alone.rig({ routes: () => relay("5000") });
	const [clear, callee] = [rig.phone("6000", { host: "172.21.83.70" }), ann(rig)];
	clear.request("INVITE", "sips:5000@172.21.83.50", { contact: "<sips:6000@172.21.83.70>" });
	callee.answer(callee.take("INVITE"), "200 OK");
	assert.deepEqual(routes(clear.take(200)), ["<sips:sip.example.com:5061;lr;x5=C;ftag=6000>"]);
});

test("RFC 3263 §5 TR-17: an answer whose balancer connection is gone leaves by a TLS connection of our own, where we can have one", () => {
	for (const [bed, listeners] of [
		[beside, [OWN_TLS]],
		[alone, []],
	] as const) {
		const taken: number[] = [];
		const rig = bed.rig({
			watch: (text, { listener, transport }) => {
				if (text.startsWith("SIP/2.0 200") && transport === "tls") taken.push(listener);
			},
		});
		const [web, callee] = [phone(rig), ann(rig)];
		web.request("INVITE", "sips:5000@sip.example.com", { from: "sips:7789@sip.example.com" });
		taken.length = 0;
		web.disconnect();
		callee.answer(callee.take("INVITE"), "200 OK");
		rig.wait(1_000);
		assert.deepEqual(
			[...new Set(taken)].filter((listener) => listener !== 0),
			listeners,
		);
	}
});
