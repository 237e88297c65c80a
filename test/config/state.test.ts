/** What lies under `state/`: secrets made once, kept, and readable by nobody else; and what tells where to ask. */
import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readAdminTarget } from "../../core/config/admin-target.ts";
import {
	loadAdminToken,
	loadSigningKeys,
	rotateSigningKeys,
	StateError,
} from "../../core/config/keys.ts";
import { loadConfig } from "../../core/config/load.ts";
import { restartOnlyChanges } from "../../core/config/restart.ts";
import { sipwright } from "../commands/output.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

function folderFor(t: TestContext): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	return folder;
}

test("RFC 5626 §5.2: signing keys are made on first start, with 32 bytes, and kept", async (t) => {
	const state = join(folderFor(t).path, "deep/state");
	const first = await loadSigningKeys(state);
	assert.equal(first.all.length, 1);
	assert.equal(first.current.secret.length, 32);
	assert.deepEqual(await loadSigningKeys(state), first);
	assert.notDeepEqual((await loadSigningKeys(folderFor(t).path)).current, first.current);
});

test("keys and token are readable by their owner only, and no draft is left", async (t) => {
	const state = folderFor(t).path;
	await loadSigningKeys(state);
	await loadAdminToken(state);
	assert.deepEqual(readdirSync(state).sort(), ["admin-token", "signing-keys.json"]);
	for (const name of readdirSync(state))
		assert.equal(statSync(join(state, name)).mode & 0o777, 0o600);
});

test("several processes that start at once agree on one key and one token", async (t) => {
	const state = folderFor(t).path;
	const starts = Array.from({ length: 8 }, () => loadSigningKeys(state));
	const keys = await Promise.all(starts);
	assert.equal(new Set(keys.map(({ current }) => String(current.secret))).size, 1);
	const tokens = await Promise.all(Array.from({ length: 8 }, () => loadAdminToken(state)));
	assert.equal(new Set(tokens).size, 1);
	assert.match(tokens[0] ?? "", /^[\w-]{43}$/);
});

test("after a rotation the new key signs, and the old one is still there to verify", async (t) => {
	const folder = folderFor(t);
	const old = await loadSigningKeys(folder.path);
	const file = JSON.parse(readFileSync(join(folder.path, "signing-keys.json"), "utf8"));
	const added = { id: 1, secret: Buffer.alloc(32, 7).toString("base64url") };
	folder.write("signing-keys.json", JSON.stringify({ current: 1, keys: [...file.keys, added] }));
	const keys = await loadSigningKeys(folder.path);
	assert.equal(keys.current.id, 1);
	assert.deepEqual(keys.all[0], old.current);
});

test("secure-signaling E14: rotate-keys adds a key that signs, keeps what was signed before, and 16 keys at most", async (t) => {
	const folder = folderFor(t);
	const file = folder.write("sipwright.yaml", "state: ./state\n");
	const state = join(folder.path, "state");
	const first = await loadSigningKeys(state);
	const { code, out } = await sipwright("rotate-keys", "--config", file);
	assert.equal(code, 0);
	assert.match(out, /signing-keys\.json: key 1 signs, of 2 that are good\n/);
	const second = await loadSigningKeys(state);
	assert.equal(second.current.id, 1);
	assert.deepEqual(second.all.at(-1), first.current);
	for (let turn = 0; turn < 16; turn += 1) await rotateSigningKeys(state);
	const last = await loadSigningKeys(state);
	assert.equal(last.all.length, 16);
	assert.equal(last.current.id, 1);
	assert.ok(!last.all.some(({ secret }) => String(secret) === String(first.current.secret)));
	assert.deepEqual(readdirSync(state), ["signing-keys.json"], "no draft is left");

	folder.write("state/signing-keys.json", "{}");
	const refused = await sipwright("rotate-keys", "--config", file);
	assert.equal(refused.code, 1);
	assert.match(refused.err, /CONFIG_STATE.*is no list of signing keys/);
	assert.equal(readFileSync(join(state, "signing-keys.json"), "utf8"), "{}");
});

test("a damaged key file is an error that names it, and is left as it is", async (t) => {
	const secret = Buffer.alloc(32).toString("base64url");
	const damaged = {
		"": /is no list/,
		"{}": /is no list/,
		'{"current":0,"keys":[]}': /is no list/,
		[`{"current":16,"keys":[{"id":16,"secret":"${secret}"}]}`]: /is no list/,
		[`{"current":1,"keys":[{"id":0,"secret":"${secret}"}]}`]: /has no key with the id 1/,
		'{"current":0,"keys":[{"id":0,"secret":"c2hvcnQ"}]}': /less than 32 bytes/,
		[`{"current":0,"keys":[{"id":0,"secret":"${secret}"},{"id":0,"secret":"${secret}"}]}`]: /twice/,
	};
	for (const [text, reason] of Object.entries(damaged)) {
		const folder = folderFor(t);
		const file = folder.write("signing-keys.json", text);
		await assert.rejects(loadSigningKeys(folder.path), (error) => {
			assert.ok(error instanceof StateError);
			assert.deepEqual([error.code, error.file], ["CONFIG_STATE", file]);
			return reason.test(error.message) && error.fix !== "";
		});
		assert.equal(readFileSync(file, "utf8"), text);
	}
});

test("a short token, and a state folder that is a file, are errors", async (t) => {
	const folder = folderFor(t);
	folder.write("admin-token", "abc\n");
	await assert.rejects(loadAdminToken(folder.path), { code: "CONFIG_STATE" });
	const file = folder.write("file", "");
	await assert.rejects(loadAdminToken(file), { code: "CONFIG_STATE", message: /ENOTDIR/ });
});

test("where to ask is found in a configuration that is otherwise broken", async (t) => {
	const folder = folderFor(t);
	const ask = (yaml: string) => readAdminTarget(folder.write("sipwright.yaml", yaml));
	const state = join(folder.path, "var");
	assert.deepEqual(await ask('state: var\nadmin: { address: "127.0.0.1:9" }\nnonsense: [1]\n'), {
		address: "127.0.0.1",
		port: 9,
		state,
	});
	assert.deepEqual(await ask("state: [1]\nadmin: 3\n"), {
		address: "127.0.0.1",
		port: 8060,
		state: join(folder.path, "state"),
	});
	assert.equal((await readAdminTarget(undefined, folder.path)).state, join(folder.path, "state"));
});

test("a reload can say which changes need a restart", async (t) => {
	const folder = folderFor(t);
	const config = async (yaml: string) => {
		const loaded = await loadConfig(folder.write("sipwright.yaml", yaml));
		assert.ok(loaded.ok);
		return loaded.config;
	};
	const before = await config("domains: [a.example]");
	const after = await config(
		'domains: [b.example]\nlisten: [tcp:127.0.0.1]\nadmin: { address: "127.0.0.1:9" }\nstate: s',
	);
	assert.deepEqual(restartOnlyChanges(before, before), []);
	assert.deepEqual(restartOnlyChanges(before, after), ["listen", "state", "admin"]);
});

test("a file that may not be read is an error, not a new secret", async (t) => {
	if (process.getuid?.() === 0) return t.diagnostic("root reads everything");
	const folder = folderFor(t);
	chmodSync(folder.write("admin-token", "x".repeat(43)), 0o000);
	await assert.rejects(loadAdminToken(folder.path), { code: "CONFIG_STATE", message: /EACCES/ });
});
