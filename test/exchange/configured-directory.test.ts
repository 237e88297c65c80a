import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import { configuredDirectory } from "../../core/exchange/configured-directory.ts";
import { MemoryStore } from "../../core/location/memory.ts";
import { parseUri } from "../../core/message/uri.ts";
import { deviceOnFlow } from "../../core/proxy/directory.ts";
import { binding, UDP_FLOW } from "../support/bindings.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig(`
listen: [udp:192.0.2.1:5060]
trusted: [192.0.2.0/24, "2001:db8::/32"]
devices:
  alone: { type: Extension, contact: "sip:192.0.2.60:5070" }
  left:  { type: Extension, contact: "sip:192.0.2.61:5060" }
  right: { type: Extension, contact: "sip:192.0.2.61:5062" }
  bare:  { type: Trunk, prefix: "3", contact: "sip:192.0.2.62" }
  six:   { type: Extension, contact: "sip:[2001:DB8:0::9]:5060" }
  named: { type: Extension, contact: "sip:phone.example.org" }
  free:  { type: Extension, contact: "*" }
`);
const store = new MemoryStore();
const directory = configuredDirectory(config, store);

const at = (host: string, port: number): Flow => ({ ...UDP_FLOW, host, port });
const deviceAt = (host: string, port: number) => directory.deviceAt(at(host, port))?.name;

test("architecture §6: a device is known by the address of its contact, by any port where it is alone there", () => {
	assert.equal(deviceAt("192.0.2.60", 5070), "alone");
	assert.equal(deviceAt("192.0.2.60", 40_000), "alone");
	assert.equal(deviceAt("192.0.2.62", 5060), "bare");
	assert.equal(deviceAt("192.0.2.63", 5060), undefined);
});

test("architecture §6: two devices of one address are told apart by port, and not confused otherwise", () => {
	assert.equal(deviceAt("192.0.2.61", 5060), "left");
	assert.equal(deviceAt("192.0.2.61", 5062), "right");
	assert.equal(deviceAt("192.0.2.61", 40_000), undefined);
});

test("architecture §6: …or by the number they claim, as long as it lives at that address", () => {
	const from = (name: string, port: number) =>
		deviceOnFlow(parseUri(`sip:${name}@h`), at("192.0.2.61", port), directory, 0)?.name;
	assert.equal(from("right", 5060), "right");
	assert.equal(from("left", 5060), "left");
	assert.equal(from("alone", 5060), "left", "claims another address: the address decides");
	assert.equal(from("anybody", 5062), "right");
});

test("RFC 5954 §4.2: an IPv6 contact is the address however it was spelled; a name is no address", () => {
	assert.equal(deviceAt("2001:db8::9", 5060), "six");
	assert.equal(deviceAt("phone.example.org", 5060), undefined);
});

test("architecture §6: trusted are the networks of the configuration", () => {
	assert.ok(directory.trusted("192.0.2.200"));
	assert.ok(directory.trusted("2001:db8::1"));
	assert.ok(!directory.trusted("198.51.100.1"));
});

test("RFC 3261 §10.2.1 RG-34: bindings are those that live and can be called", () => {
	const one = binding({ device: "free", contact: "sip:free@h", expiresAt: 100 });
	const mail = binding({ device: "free", contact: "mailto:free@h", expiresAt: 100 });
	store.apply("free", [one, mail], []);
	assert.deepEqual(directory.bindings("free", 99), [one]);
	assert.deepEqual(directory.bindings("free", 100), []);
	assert.equal(directory.device("free")?.contact, "*");
	assert.equal(directory.device("nobody"), undefined);
	assert.equal(directory.policy, config.secureSignaling);
});

test("secure-signaling G5b: srv-sips-tls counts for the host that a contact names, in any case, else as the defaults say", async () => {
	const asks = async (top: string, ...hosts: string[]) => {
		const yaml = `
listen: [udp:192.0.2.1:5060]
secure-signaling: { srv-sips-tls: ${top} }
devices:
  fly:   { type: Trunk, prefix: "9", contact: "sips:Fly.example.com;transport=tls", secure-signaling: { srv-sips-tls: yes } }
  again: { type: Trunk, prefix: "8", contact: "sips:fly.example.com:5071;transport=tls", secure-signaling: { srv-sips-tls: no } }
  gw:    { type: Trunk, prefix: "7", contact: "sips:gw.example.com;transport=tls", secure-signaling: { srv-sips-tls: no } }
`;
		const { srvSipsTls } = configuredDirectory(await rigConfig(yaml), store);
		return hosts.map((host) => srvSipsTls(host));
	};
	const hosts = ["fly.EXAMPLE.com", "gw.example.com", "elsewhere.example.com"];
	assert.deepEqual(await asks("no", ...hosts), [true, false, false]);
	assert.deepEqual(await asks("yes", ...hosts), [true, false, true]);
	assert.equal(directory.srvSipsTls("fly.example.com"), false);
});

test("RFC 5922 §7.4: a device whose contact is a name is known by a certificate that proves the name, of a client or of the server we connected to", async () => {
	const names = configuredDirectory(
		await rigConfig(`
listen: [tls:192.0.2.1:5061]
devices:
  teams: { type: Trunk, prefix: "9", contact: "sip:SIP.example.org;transport=tls" }
  left:  { type: Trunk, prefix: "8", contact: "sip:both.example.org;transport=tls" }
  right: { type: Trunk, prefix: "7", contact: "sips:both.example.org" }
`),
		store,
	);
	const named = (more: Partial<Flow>) =>
		names.deviceAt({ ...UDP_FLOW, transport: "tls", connection: 3, ...more })?.name;
	assert.equal(named({ identities: ["other.example.org", "sip.example.org"] }), "teams");
	assert.equal(named({ serverName: "sip.EXAMPLE.org" }), "teams");
	assert.equal(named({ identities: ["example.org"] }), undefined);
	assert.equal(named({ identities: ["both.example.org"] }), undefined, "two share it");
	assert.equal(named({}), undefined);
});
