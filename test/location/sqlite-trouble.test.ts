/** The location file in trouble: the service goes on from memory, and the file gets what it missed. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { LocationWriter } from "../../core/location/location-writer.ts";
import { SqliteStore } from "../../core/location/sqlite.ts";
import { binding } from "../support/bindings.ts";
import { closing } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

type Line = { readonly event?: string; readonly code?: string; readonly text: string };

function newPath(t: TestContext): string {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	return join(folder.path, "state", "location.sqlite");
}

function open(t: TestContext, file: string, window = 60_000) {
	const lines: Line[] = [];
	const record = (fields: object, text = "") => lines.push({ ...fields, text });
	const log = { debug: record, info: record, warn: record, error: record };
	const listeners = () => [{ id: 0, transport: "udp", address: "192.0.2.1", port: 5060 }] as const;
	const store = new SqliteStore({ file, log, listeners, window, now: 0 });
	closing(t, store, (one) => one.close().catch(() => {}));
	const events = () => lines.map(({ event, code }) => [event, code].filter(Boolean).join(" "));
	return { store, lines, events };
}

async function devicesIn(t: TestContext, file: string): Promise<string[]> {
	const { store } = open(t, file);
	const devices = [...store.all(0)].map(({ device }) => device).sort();
	await store.close();
	return devices;
}

function put(store: SqliteStore, ...devices: string[]): void {
	for (const device of devices) store.apply(device, [binding({ device })], []);
}

async function until(happened: () => boolean): Promise<void> {
	while (!happened()) await new Promise((resolve) => setImmediate(resolve));
}

function numbered(count: number): string[] {
	return Array.from({ length: count }, (_, index) => `d${String(index).padStart(5, "0")}`);
}

test("LOCATION_CORRUPT: garbage instead of a file is set aside and kept, and a new file begins", async (t) => {
	const file = newPath(t);
	const garbage = "this is no database, whatever its name says\n".repeat(99);
	mkdirSync(dirname(file));
	writeFileSync(file, garbage);
	const { store, lines, events } = open(t, file);
	put(store, "1001");
	await store.close();
	assert.deepEqual(events(), ["location.fails LOCATION_CORRUPT"]);
	assert.match(lines[0]?.text ?? "", /location\.sqlite: file is not a database; it is kept as/);
	assert.equal(readFileSync(`${file}.damaged`, "utf8"), garbage);
	assert.deepEqual(await devicesIn(t, file), ["1001"]);
});

test("LOCATION_CORRUPT: a file that lost its end is set aside, and devices come back as they register", async (t) => {
	const file = newPath(t);
	const before = open(t, file);
	put(before.store, ...numbered(500));
	await before.store.close();
	truncateSync(file, statSync(file).size - 8192);

	const { store, events } = open(t, file);
	assert.deepEqual(events(), ["location.fails LOCATION_CORRUPT"]);
	put(store, "d00003");
	await store.close();
	assert.deepEqual(await devicesIn(t, file), ["d00003"]);
});

test("LOCATION_CORRUPT: a file that is damaged while it is used begins anew with all that memory has", async (t) => {
	const file = newPath(t);
	const { store, events } = open(t, file);
	put(store, ...numbered(2_000));
	await store.flush();
	// Whoever writes into it with another program must be expected to do it like this.
	new Database(file).pragma("wal_checkpoint(TRUNCATE)");
	writeFileSync(file, Buffer.alloc(statSync(file).size, "x"));
	put(store, "1001");
	await store.flush();
	await store.close();
	assert.deepEqual(events(), ["location.fails LOCATION_CORRUPT"]);
	assert.deepEqual(await devicesIn(t, file), ["1001", ...numbered(2_000)]);
	assert.ok(existsSync(`${file}.damaged`));
});

test("a device whose row cannot be read is gone, and the others are there", async (t) => {
	const file = newPath(t);
	const before = open(t, file);
	put(before.store, "1001", "1002", "1003");
	await before.store.close();
	const database = new Database(file);
	database.exec("UPDATE location SET bindings = '[' WHERE device = '1002'");
	database.close();
	const { store, lines } = open(t, file);
	assert.equal(store.size, 2);
	assert.deepEqual(
		lines.map(({ text, ...fields }) => fields),
		[{ event: "location.lost", lost: 1 }],
	);
	await store.close();
	assert.deepEqual(open(t, file).lines, [], "its row is gone too");
});

test("LOCATION_UNWRITABLE: a file that vanished is made anew with all that memory has", async (t) => {
	const file = newPath(t);
	const { store } = open(t, file);
	put(store, ...numbered(600));
	await store.flush();
	rmSync(dirname(file), { recursive: true });
	put(store, "1001");
	await store.flush();
	await store.flush();
	await store.close();
	assert.deepEqual(await devicesIn(t, file), ["1001", ...numbered(600)]);
});

test("LOCATION_UNWRITABLE: while another holds the file, memory serves on, and later everything is saved", async (t) => {
	const file = newPath(t);
	const { store, events } = open(t, file, 40);
	const holder = new Database(file);
	holder.exec("BEGIN IMMEDIATE");

	put(store, "1001");
	await until(() => events().length > 0);
	await assert.rejects(store.flush(), { code: "LOCATION_UNWRITABLE", file });
	assert.deepEqual(store.bindings("1001", 0), [binding()]);
	holder.exec("ROLLBACK");
	holder.close();
	await store.flush();
	assert.deepEqual(events(), ["location.fails LOCATION_UNWRITABLE", "location.writes"]);
	await store.close();
	assert.deepEqual(await devicesIn(t, file), ["1001"]);
});

test("LOCATION_UNWRITABLE: with no room left, memory serves on, the file stays sound, and later it gets what it missed", async (t) => {
	const file = newPath(t);
	const { store, events } = open(t, file);
	put(store, ...numbered(100));
	await store.flush();
	const room = closing(t, limitFiles("200000"), () => limitFiles("unlimited"));
	assert.ok(room);
	put(store, ...numbered(2_000));
	await assert.rejects(store.flush(), { code: "LOCATION_UNWRITABLE" });
	assert.equal(store.size, 2_000, "in memory");
	assert.deepEqual(await soundRows(file), { sound: "ok", atLeast100: true });

	store.apply("d00001", [], store.bindings("d00001", 0));
	limitFiles("unlimited");
	await store.flush();
	assert.deepEqual(events(), ["location.fails LOCATION_UNWRITABLE", "location.writes"]);
	await store.close();
	assert.deepEqual(
		await devicesIn(t, file),
		numbered(2_000).filter((device) => device !== "d00001"),
	);
});

test("LOCATION_UNWRITABLE: of a file that may only be read the bindings are known, and changes stay in memory", async (t) => {
	const file = newPath(t);
	const before = open(t, file);
	put(before.store, "1001", "1002");
	await before.store.close();
	const folder = dirname(file);
	chmodSync(dirname(folder), 0o755);
	chmodSync(file, 0o444);
	chmodSync(folder, 0o555);
	const asRoot = process.geteuid?.() === 0;
	if (asRoot) process.seteuid?.(NOBODY);
	try {
		const { store, events, lines } = open(t, file);
		assert.equal(store.size, 2);
		assert.match(lines[0]?.text ?? "", /may be written by this user/);
		put(store, "1003");
		await assert.rejects(store.flush(), { code: "LOCATION_UNWRITABLE" });
		assert.equal(store.size, 3);
		assert.equal(new Set(events()).size, 1);
		await assert.rejects(store.close());
	} finally {
		if (asRoot) process.seteuid?.(0);
		chmodSync(folder, 0o755);
		chmodSync(file, 0o600);
	}
	assert.deepEqual(await devicesIn(t, file), ["1001", "1002"]);
});

test("LOCATION_UNWRITABLE: a path that cannot be a file leaves the service in memory, and the log says what to do", async (t) => {
	const path = newPath(t);
	mkdirSync(path, { recursive: true });
	const inside = newPath(t);
	writeFileSync(dirname(inside), "");
	for (const file of [path, inside]) {
		const { store, lines, events } = open(t, file);
		put(store, "1001");
		assert.equal(store.size, 1);
		assert.deepEqual(events(), ["location.fails LOCATION_UNWRITABLE"]);
		assert.ok(lines[0]?.text.startsWith(file));
		assert.match(
			lines[0]?.text ?? "",
			/may be written by this user, or set location: \{ store: memory \}/,
		);
		await assert.rejects(store.close(), { code: "LOCATION_UNWRITABLE" });
	}
});

test("a writer that finds damage sets the file aside once, and says so with the batch that is written", (t) => {
	const file = newPath(t);
	mkdirSync(dirname(file));
	writeFileSync(file, "x".repeat(9_999));
	const writer = closing(t, new LocationWriter(file), (one) => one.close());
	const first = writer.write([{ device: "1001", bindings: "[]" }]);
	assert.equal(first.damaged?.code, "LOCATION_CORRUPT");
	assert.equal(first.begun, true);
	assert.deepEqual(writer.write([{ device: "1002", bindings: "[]" }]), { begun: false });
});

/** No file of this process grows beyond it: like a disk without room, writing is refused in the middle. */
function limitFiles(octets: string): true {
	execFileSync("prlimit", ["--pid", `${process.pid}`, `--fsize=${octets}:unlimited`]);
	return true;
}

async function soundRows(file: string): Promise<{ sound: unknown; atLeast100: boolean }> {
	const database = new Database(file, { readonly: true });
	const sound = database.pragma("integrity_check", { simple: true });
	const rows = Number(database.prepare("SELECT count(*) FROM location").pluck().get());
	database.close();
	return { sound, atLeast100: rows >= 100 };
}

const NOBODY = 65_534;
