/** What the transport parameter of URIs makes of a call, and what we write there ourselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import { type TestBed, testBed } from "../support/test-bed.ts";

const SIPS_WITH_TLS = /sips:[^>\s]*transport=tls/i;
const YAML = (setting: string) => `
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5061]
trusted: [172.21.83.0/24, 192.168.8.0/24]
secure-signaling: { uri-transport: ${setting} }
devices:
  marked: { type: Extension, contact: "sips:marked@192.168.8.58:5071;transport=tls" }
  plain:  { type: Extension, contact: "sips:plain@192.168.8.59:5071" }
`;
const rfc5630 = await testBed(YAML("rfc5630"));
const keep = await testBed(YAML("keep"));

/** Every line that we sent with transport=tls in a sips URI, in a whole call to that device. */
function marks(bed: TestBed, name: "marked" | "plain"): string[] {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const host = name === "marked" ? "192.168.8.58" : "192.168.8.59";
	const contact = `<sips:${name}@${host}:5071>`;
	const device = rig.phone(name, { host, port: 5071, transport: "tls", contact });
	ann.request("INVITE", `sip:${name}@172.21.83.50`);
	device.answer(device.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK");
	dialog.send("BYE");
	device.answer(device.take("BYE"), "200 OK");
	assert.equal(device.received.length, 3);
	return [...ann.received, ...device.received]
		.flatMap(({ text }) => text.split("\r\n"))
		.filter((line) => SIPS_WITH_TLS.test(line));
}

test("RFC 5630 §5.3 TR-41: with uri-transport rfc5630 no sips URI that we write has transport=tls", () => {
	assert.deepEqual(marks(rfc5630, "marked"), []);
	assert.deepEqual(marks(rfc5630, "plain"), []);
});

test("RFC 5630 §5.3 TR-41: with uri-transport keep only the Request-URI of a device that the operator wrote so has it", () => {
	assert.deepEqual(marks(keep, "marked"), [
		"INVITE sips:marked@192.168.8.58:5071;transport=tls SIP/2.0",
	]);
	assert.deepEqual(marks(keep, "plain"), []);
});

test("RFC 3261 §20.42 TR-41: over TLS our Via says TLS", () => {
	const rig = keep.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const device = rig.phone("plain", { host: "192.168.8.59", port: 5071, transport: "tls" });
	ann.request("INVITE", "sip:plain@172.21.83.50");
	assert.match(device.take("INVITE").vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5061;/);
});

const config = await rigConfig();

for (const transport of ["sctp", "tls-sctp", "carrier-pigeon"])
	test(`RFC 4168 §4 TR-61: transport=${transport} is refused cleanly: an answer at once, nothing sent, nothing left`, () => {
		for (const uri of [
			`sip:bob@192.0.2.1;transport=${transport}`,
			`sip:bob@example.org;transport=${transport}`,
		]) {
			const rig = new ExchangeRig({ config, routes: () => relay(uri) });
			const ann = rig.phone("ann", { host: "172.21.83.70" });
			ann.request("INVITE", "sip:bob@example.com");
			assert.deepEqual([ann.received.length, ann.received[0]?.status], [1, 500]);
			assert.deepEqual([rig.nowhere, rig.questions], [[], []]);
			rig.wait(40_000);
			assert.equal(rig.size, 0);
		}
	});

test("RFC 5922 §7.3 TR-38: after a TLS server that is not who it should be, the next SRV target is tried", () => {
	const rig = new ExchangeRig({ config, routes: () => relay("sips:bob@far.example.org") });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const impostor = rig.phone("one", { host: "10.0.0.1", transport: "tls" });
	const real = rig.phone("two", { host: "10.0.0.2", transport: "tls" });
	// What Transports tells its user of a mismatch: the request could not be sent.
	impostor.reachable = false;
	ann.request("INVITE", "sip:bob@example.com");
	rig.answerDns([], "NAPTR far.example.org");
	rig.answerDns(
		["a", "b"].map((host, priority) => ({
			type: "SRV",
			target: `${host}.example.org`,
			port: 5061,
			priority,
			weight: 0,
		})),
		"SRV _sips._tcp.far.example.org",
	);
	rig.answerDns([{ type: "A", address: "10.0.0.1" }], "A a.example.org");
	rig.answerDns([{ type: "A", address: "10.0.0.2" }], "A b.example.org");
	assert.equal(real.take("INVITE").uri, "sips:bob@far.example.org");
	assert.deepEqual(
		rig.nowhere.map(({ flow }) => `${flow.host} as ${flow.serverName}`),
		["10.0.0.1 as far.example.org"],
	);
});
