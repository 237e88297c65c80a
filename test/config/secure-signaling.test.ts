/** The block `secure-signaling`: every key and value of secure signaling §2.3, here and under a device. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { camelCase } from "../../core/config/secure-signaling.ts";
import { DEFAULTS } from "../../core/leg/secure-signaling.ts";
import { read, readGood } from "./reading.ts";

/** The first is the default. What is not supported yet is refused. */
const KEYS: Record<string, { now: readonly string[]; later?: readonly string[] }> = {
	policy: { now: ["genesys", "rfc5630"] },
	mismatch: { now: ["follow-message", "follow-config", "reject"] },
	register: { now: ["lenient", "strict"] },
	contact: { now: ["scheme", "anchor"] },
	"uri-transport": { now: ["keep", "rfc5630", "strip"] },
	"contact-state": { now: ["parameter", "user"] },
	"far-route-set": { now: ["show", "hide"] },
	"tls-marker": { now: ["none", "transport"] },
	"outbound-proxy": { now: ["warn", "allow", "reject"] },
	"name-check": { now: ["rfc5922", "https", "off"] },
	tel: { now: ["keep", "convert"] },
	identity: { now: ["keep", "drop"] },
	"sdes-downgrade": { now: ["allow", "reject"] },
};

test("secure signaling §2.3: without the block every key has its default", async (t) => {
	const { secureSignaling } = await readGood(t, "");
	assert.deepEqual(secureSignaling, DEFAULTS);
	for (const [key, { now }] of Object.entries(KEYS))
		assert.equal(Object.entries(secureSignaling).find(([k]) => k === camelCase(key))?.[1], now[0]);
});

test("secure signaling §2.3: a supported value is taken at the top level and under a device", async (t) => {
	for (const [key, { now }] of Object.entries(KEYS))
		for (const value of now) {
			const block = `secure-signaling: { ${key}: ${value} }`;
			const top = await readGood(t, block);
			assert.deepEqual(top.secureSignaling, { ...DEFAULTS, [camelCase(key)]: value });
			const yaml = `devices: { x: { type: Extension, contact: "*", ${block} } }`;
			const own = (await readGood(t, yaml)).devices.get("x")?.secureSignaling;
			assert.deepEqual(own, top.secureSignaling);
		}
});

test("secure signaling §2.3: a value that is not supported yet is refused, never ignored", async (t) => {
	for (const [key, { now, later = [] }] of Object.entries(KEYS))
		for (const value of later) {
			const { errors } = await read(t, `secure-signaling:\n  ${key}: ${value}\n`);
			const fix = now.length === 1 ? now[0] : `one of ${now.join(", ")}`;
			assert.deepEqual(errors, [
				`2:${key.length + 5} error CONFIG_NOT_YET ${key}: "${value}" is not supported yet → write ${key}: ${fix}`,
			]);
		}
});

test("secure signaling §2.3: srv-sips-tls, for all and for one device", async (t) => {
	const good = await readGood(
		t,
		"secure-signaling: { srv-sips-tls: yes }\n" +
			'devices: { fly: { type: Trunk, prefix: "9", contact: "sips:fly.example.com;transport=tls", secure-signaling: { srv-sips-tls: no } } }',
	);
	assert.equal(good.secureSignaling.srvSipsTls, true);
	assert.equal(good.devices.get("fly")?.secureSignaling.srvSipsTls, false);
});

test("secure signaling §2.3 headers: names in a list, a compact one in full; those that the proxy writes by rules of its own are refused", async (t) => {
	const good = await readGood(t, "secure-signaling: { headers: [P-Asserted-Identity, b] }");
	assert.deepEqual(good.secureSignaling.headers, ["P-Asserted-Identity", "referred-by"]);
	for (const name of ["Via", "FROM", "t", "m", "Route", "r", "Proxy-Authorization", "Path"]) {
		const { errors } = await read(t, `secure-signaling: { headers: [${name}] }`);
		assert.deepEqual(errors, [
			`1:31 error CONFIG_VALUE headers: "${name}" is not for this list: the proxy treats it by rules of its own → write P-Asserted-Identity or the like`,
		]);
	}
	const { errors } = await read(t, 'secure-signaling: { headers: ["P Asserted"] }');
	assert.match(errors.join(), /"P Asserted" is no header name → write P-Asserted-Identity/);
});

test("secure signaling §2.3 tel: the host of converted numbers is the first of our domains", async (t) => {
	const { secureSignaling } = await readGood(t, "domains: [example.org, example.com]");
	assert.equal(secureSignaling.telDomain, "example.org");
});

test("secure signaling §2.3: record-route: no without contact: anchor is an impossible combination", async (t) => {
	const { errors } = await read(
		t,
		'devices:\n  x:\n    type: Extension\n    contact: "*"\n    secure-signaling: { record-route: no }\n',
	);
	assert.deepEqual(errors, [
		"5:39 error CONFIG_COMBINATION device x: record-route: no goes with contact: anchor only, and contact is scheme → write record-route: yes, or contact: anchor",
	]);
	const block = "secure-signaling: { record-route: no, contact: anchor }";
	assert.equal((await readGood(t, block)).secureSignaling.recordRoute, false);
	const device =
		'devices: { x: { type: Extension, contact: "*", secure-signaling: { contact: scheme } } }';
	const { errors: inherited } = await read(t, `${block}\n${device}\n`);
	assert.deepEqual(inherited, [
		"2:77 error CONFIG_COMBINATION device x: record-route: no goes with contact: anchor only, and contact is scheme → write record-route: yes, or contact: anchor",
	]);
});

test("secure signaling §2.3: what a device leaves out it has from the top level", async (t) => {
	const config = await readGood(
		t,
		`secure-signaling: { register: strict, tls-marker: transport }
devices:
  a: { type: Extension, contact: "*" }
  b: { type: Extension, contact: "*", secure-signaling: { register: lenient } }
`,
	);
	assert.equal(config.devices.get("a")?.secureSignaling.register, "strict");
	assert.equal(config.devices.get("b")?.secureSignaling.register, "lenient");
	assert.equal(config.devices.get("b")?.secureSignaling.tlsMarker, "transport");
});

test("secure signaling §2.3: unknown keys and misspelt values name the device, the place and the fix", async (t) => {
	const { errors } = await read(
		t,
		'devices:\n  x: { type: Extension, contact: "*", secure-signaling: { polcy: genesys, register: strickt } }\n',
	);
	assert.deepEqual(errors, [
		'2:59 error CONFIG_UNKNOWN_KEY device x: secure-signaling has no key "polcy" → write policy',
		'2:85 error CONFIG_VALUE device x: register: "strickt" is not known → write register: strict',
	]);
});
