/** What a configuration becomes: defaults, paths, devices in a file of their own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../core/config/load.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { read, readGood } from "./reading.ts";

test("without a file: UDP, TCP and TLS on loopback, SQLite, two devices that register themselves", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const machine = { now: 0, folder: folder.path };
	const loaded = await loadConfig(undefined, machine);
	assert.ok(loaded.ok);
	assert.deepEqual(loaded.remarks, []);
	const { config } = loaded;
	assert.deepEqual(
		config.listen.map(({ transport, address, port }) => `${transport} ${address} ${port}`),
		["udp 127.0.0.1 5060", "tcp 127.0.0.1 5060", "tls 127.0.0.1 5061"],
	);
	assert.equal(config.tls.own, undefined);
	assert.deepEqual(config.location, { store: "sqlite", window: 1_000 });
	assert.equal(config.state, join(folder.path, "state"));
	assert.equal(config.routes, undefined);
	assert.deepEqual(config.trusted.texts, ["127.0.0.0/8", "::1"]);
	assert.deepEqual(config.admin, { address: "127.0.0.1", port: 8060 });
	assert.deepEqual(
		[...config.devices.values()].map(({ name, type, contact }) => [name, type, contact]),
		[
			["1001", "Extension", "*"],
			["1002", "Extension", "*"],
		],
	);
});

test("an empty file means the defaults, without the demonstration devices", async (t) => {
	for (const text of ["", "# nothing yet\n", "{}\n"]) {
		const config = await readGood(t, text);
		assert.equal(config.listen.length, 3);
		assert.equal(config.devices.size, 0);
	}
});

test("every section: values arrive with their units", async (t) => {
	const config = await readGood(
		t,
		`domains: [Example.COM, 192.0.2.1]
trusted: [10.0.0.0/8]
state: var/state
location: { store: memory, window-ms: 200 }
auth: { realm: r, algorithms: [SHA-512-256, MD5, MD5], nonce-lifetime: 60 }
registrar: { min-expires: 30, default-expires: 40, max-expires: 50, max-bindings: 2, when-full: replace, path: any, flow-timer: off, gruu: no, service-route: ["sip:a;lr", "<sips:b:5061;lr>"] }
edge: { path: required }
udp: { max-request: 4000 }
timers: { t1: 200, t2: 2000, t4: 2500 }
admin: { address: "[::1]:9000" }
script: { timeout-ms: 20, heap-mb: 32, start-timeout-ms: 1500, deadline-ms: 2500, host-calls: 8, fallback: built-in }
`,
	);
	assert.deepEqual(config.domains, ["example.com", "192.0.2.1"]);
	assert.deepEqual(config.trusted.texts, ["10.0.0.0/8"]);
	assert.ok(config.state.endsWith("/var/state"));
	assert.deepEqual(config.location, { store: "memory", window: 200 });
	assert.deepEqual(config.auth, {
		realm: "r",
		algorithms: ["SHA-512-256", "MD5"],
		nonceLifetimeSeconds: 60,
		users: new Map(),
	});
	assert.deepEqual(config.registrar, {
		minExpiresSeconds: 30,
		maxExpiresSeconds: 50,
		defaultExpiresSeconds: 40,
		maxBindings: 2,
		full: "replace",
		path: "any",
		flowTimerSeconds: Infinity,
		gruu: false,
		serviceRoute: ["<sip:a;lr>", "<sips:b:5061;lr>"],
	});
	assert.deepEqual(config.edge, { pathFor: "required" });
	assert.deepEqual(config.udp, { maxRequest: 4000 });
	assert.deepEqual(config.timers, { T1: 200, T2: 2000, T4: 2500 });
	assert.deepEqual(config.admin, { address: "::1", port: 9000 });
	assert.deepEqual(config.script, {
		timeoutMs: 20,
		heapMb: 32,
		startMs: 1_500,
		deadlineMs: 2_500,
		hostCalls: 8,
		fetchOrigins: [],
		fetchTimeoutMs: 2_000,
		fallback: "built-in",
	});
});

test("the realm is the first domain where none is given", async (t) => {
	assert.equal((await readGood(t, "domains: [example.com]")).auth.realm, "example.com");
	assert.equal((await readGood(t, "")).auth.realm, "sipwright");
});

test("paths are relative to the file; routes may be a file or a folder", async (t) => {
	const files = { "routes/default.ts": "", "one.ts": "" };
	const inFolder = await read(t, "routes: ./routes", files);
	assert.equal(inFolder.config?.routes, join(inFolder.folder.path, "routes"));
	const asFile = await read(t, "routes: one.ts", files);
	assert.equal(asFile.config?.routes, join(asFile.folder.path, "one.ts"));
});

test("routes that are not there are an error", async (t) => {
	const { errors } = await read(t, "routes: nowhere\n", {});
	assert.deepEqual(errors, [
		"1:9 error CONFIG_FILE routes: nowhere does not exist → write the path of a script, or of a folder with default.ts, or remove it for the built-in routes",
	]);
});

test("devices may stand in a file of their own, and its errors name that file", async (t) => {
	const good = await readGood(t, "devices: phones.yaml", {
		"phones.yaml": '"7001": { type: Extension, contact: "*" }',
	});
	assert.deepEqual([...good.devices.keys()], ["7001"]);
	const bad = await read(t, "devices: phones.yaml", {
		"phones.yaml": '# phones\n"7001": { type: Extension, contact: "sips:" }',
	});
	assert.match(bad.errors.join(), /^phones\.yaml:2:37 error CONFIG_CONTACT device 7001: contact/);
	assert.deepEqual((await read(t, "\ndevices: none.yaml")).errors, [
		"2:10 error CONFIG_FILE none.yaml cannot be read (ENOENT) → write the path of a YAML file",
	]);
});

test("a file that is not there, or is no YAML, is an error with a place", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const missing = await loadConfig(join(folder.path, "no.yaml"));
	assert.ok(!missing.ok);
	assert.deepEqual(
		missing.errors.map(({ code, line, column }) => [code, line, column]),
		[["CONFIG_FILE", 1, 1]],
	);
	assert.match((await read(t, "a: [1,\nb: 2\n")).errors.join(), /^2:1 error CONFIG_YAML/);
	assert.match((await read(t, "- udp")).errors.join(), /^1:1 error CONFIG_TYPE the configuration/);
});

test("the configuration is frozen, devices and their settings too", async (t) => {
	const config = await readGood(t, 'devices: { x: { type: Extension, contact: "sip:h" } }');
	const device = config.devices.get("x");
	const parts = [config, config.listen, config.auth, config.secureSignaling, device];
	for (const part of [...parts, device?.contact, device?.secureSignaling])
		assert.ok(Object.isFrozen(part));
});

test("eight times the devices are read in about eight times the processor time", async (t) => {
	const costOf = async (count: number) => {
		const devices = Array.from(
			{ length: count },
			(_, at) => `"${at}": { type: Extension, contact: "*" }\n`,
		);
		const before = process.cpuUsage();
		const { errors } = await read(t, "devices: devices.yaml", { "devices.yaml": devices.join("") });
		assert.deepEqual(errors, []);
		const { user, system } = process.cpuUsage(before);
		return user + system;
	};
	await costOf(2_000);
	const [few, many] = [await costOf(2_000), await costOf(16_000)];
	assert.ok(many < 25 * few, `${few} µs, ${many} µs: with each compared with each it is 64 times`);
});
