import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import type { Binding } from "../../core/base/binding.ts";
import { LocationError } from "../../core/location/location-error.ts";
import { SqliteStore } from "../../core/location/sqlite.ts";
import { binding, tlsFlow } from "../support/bindings.ts";
import { lastingStoreBattery } from "./lasting.battery.ts";
import { locationStoreBattery } from "./store.battery.ts";

const folder = mkdtempSync(join(tmpdir(), "location-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
function newFile(): string {
	files += 1;
	return join(folder, `${files}`, "location.db");
}

const listeners = [
	{ id: 0, transport: "udp", address: "192.0.2.1", port: 5060 },
	{ id: 1, transport: "tcp", address: "192.0.2.1", port: 5060 },
	{ id: 2, transport: "tls", address: "192.0.2.1", port: 5061 },
] as const;

type Options = Partial<ConstructorParameters<typeof SqliteStore>[0]>;
function open(file: string, options: Options = {}): SqliteStore {
	const always = { file, log: silent, listeners: () => listeners, window: 60_000, now: 0 };
	return new SqliteStore({ ...always, ...options });
}
const ignore = () => {};
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

async function restarted(bindings: readonly Binding[], options: Options = {}): Promise<Binding[]> {
	const file = newFile();
	const store = open(file);
	for (const one of bindings) store.apply(one.device, [one], []);
	await store.close();
	const again = open(file, options);
	const found = [...again.all(0)];
	await again.close();
	return found;
}

locationStoreBattery("location in SQLite", () => open(newFile()));

lastingStoreBattery("location in SQLite, restarted", () => {
	const file = newFile();
	return { open: (now) => open(file, { now }) };
});

test("RFC 5626 §6: after a restart a flow is on the listener with the same address, whatever its id", async () => {
	const moved = listeners.map((one) => ({ ...one, id: one.id + 10 })).reverse();
	const [found] = await restarted([binding()], { listeners: () => moved });
	assert.equal(found?.flow.listener, 10);

	const elsewhere = [{ id: 3, transport: "udp", address: "192.0.2.2", port: 5080 }] as const;
	const [other] = await restarted([binding()], { listeners: () => elsewhere });
	assert.equal(other?.flow.listener, 3, "another listener of the same transport");
});

test("RFC 5626 §6: a binding whose transport has no listener any more is not restored, and that is logged", async () => {
	const warnings: object[] = [];
	const log = { ...silent, warn: (fields: object) => warnings.push(fields) };
	const found = await restarted([binding(), binding({ device: "1002", flow: tlsFlow(7) })], {
		log,
		listeners: () => [listeners[2]],
	});
	assert.deepEqual(
		found.map(({ device }) => device),
		["1002"],
	);
	assert.deepEqual(warnings, [{ event: "location.lost", lost: 1 }]);
});

test("RFC 7118 App. B.1, RFC 5626 §7 TR-50: what rested on a WebSocket is gone after a restart, without a warning", async () => {
	const wss = { id: 3, transport: "wss", address: "192.0.2.1", port: 443 } as const;
	const warnings: object[] = [];
	const log = { ...silent, warn: (fields: object) => warnings.push(fields) };
	const web = { ...tlsFlow(7), transport: "wss", listener: 3 } as const;
	const found = await restarted([binding(), binding({ device: "1002", flow: web })], {
		log,
		listeners: () => [...listeners, wss],
	});
	assert.deepEqual(
		found.map(({ device }) => device),
		["1001"],
	);
	assert.deepEqual(warnings, []);
});

test("a killed process loses at most what was not flushed, and never half of a device", async () => {
	const file = newFile();
	const writer = fileURLToPath(new URL("../support/location-writer.ts", import.meta.url));
	const child = spawn(process.execPath, [writer, file], { stdio: ["ignore", "pipe", "inherit"] });
	let flushed = -1;
	for await (const line of createInterface(child.stdout)) {
		flushed = Number(line);
		if (flushed === 40) child.kill("SIGKILL");
	}
	if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
	assert.equal(child.signalCode, "SIGKILL");
	assert.ok(flushed >= 40);

	const store = open(file);
	const rounds = new Map<string, Set<number>>();
	for (const { device, cseq } of store.all(0))
		rounds.set(device, (rounds.get(device) ?? new Set()).add(cseq));
	assert.equal(rounds.size, 10);
	for (const [device, found] of rounds) {
		assert.equal(found.size, 1, `device ${device} is of one round`);
		assert.equal(store.bindings(device, 0).length, 3);
		for (const round of found) assert.ok(round >= flushed, `${round} >= ${flushed}`);
	}
	await store.close();
});

test("changes are written without being asked", async () => {
	const file = newFile();
	const store = open(file, { window: 40 });
	store.apply("1001", [binding()], []);
	const reader = new Database(file, { readonly: true });
	const written = () => reader.prepare("SELECT count(*) FROM location").pluck().get() === 1;
	while (!written()) await new Promise((resolve) => setImmediate(resolve));
	reader.close();
	await store.close();
});

test("LOCATION_NEWER: a file of a later version is left alone", async () => {
	const file = newFile();
	await open(file).close();
	const database = new Database(file);
	database.pragma("user_version = 99");
	database.close();
	assert.throws(
		() => open(file),
		(error) => {
			assert.ok(error instanceof LocationError);
			assert.equal(error.code, "LOCATION_NEWER");
			assert.match(error.message, /location.db: .*; start the version that wrote it/);
			return true;
		},
	);
});

test("RFC 3261 §26.1: only its owner can read the file: it says who is where", async () => {
	const file = newFile();
	const store = open(file);
	store.apply("1001", [binding()], []);
	await store.flush();
	for (const name of [file, `${file}-wal`]) assert.equal(statSync(name).mode & 0o777, 0o600, name);
	await store.close();
});
