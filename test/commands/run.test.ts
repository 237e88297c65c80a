/** `sipwright run` as a process: ready line, signals, reload and status from outside, exit codes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { freePort } from "../support/ports.ts";
import { type Program, startProgram } from "../support/process.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { sipwright } from "./output.ts";

type Running = { program: Program; folder: TempFolder; file: string; port: number; yaml: string };

/** Through the launcher, as `npx sipwright run` does. */
async function start(
	t: TestContext,
	launcher: readonly string[] = ["core/sipwright.js"],
): Promise<Running> {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const port = await freePort();
	const yaml = `listen: [udp:127.0.0.1:0]
admin: { address: "127.0.0.1:${port}" }
location: { store: memory }
`;
	const file = folder.write("sipwright.yaml", yaml);
	const program = startProgram(process.execPath, [...launcher, "run", "--config", file]);
	t.after(() => program.stop("SIGKILL"));
	await program.printed(/"event":"ready"/);
	return { program, folder, file, port, yaml };
}

test("the ready line names the sockets; SIGTERM and SIGINT end it with exit code 0", async (t) => {
	for (const signal of ["SIGTERM", "SIGINT"] as const) {
		const { program, port } = await start(t);
		const line =
			program
				.output()
				.split("\n")
				.find((text) => text.includes('"event":"ready"')) ?? "";
		const { listeners, admin, generation, level } = JSON.parse(line);
		assert.deepEqual([admin, generation, level], [`127.0.0.1:${port}`, 1, "info"]);
		assert.deepEqual(
			listeners.map(({ transport, address }: Record<string, string>) => `${transport} ${address}`),
			["udp 127.0.0.1", "tcp 127.0.0.1"],
		);
		for (const { advertised } of listeners) assert.match(advertised, /^127\.0\.0\.1:[1-9]\d+$/);
		assert.equal(await program.stop(signal), 0);
		assert.match(program.output(), /"event":"stopping","signal":"SIG.*"event":"stopped"/s);
	}
});

test("without the launcher, with the flag: one process does it all", async (t) => {
	const { program, file } = await start(t, ["--no-node-snapshot", "core/sipwright.js"]);
	const { out } = await sipwright("status", "--config", file, "--json");
	assert.equal(JSON.parse(out).pid, program.pid);
	assert.equal(await program.stop(), 0);
});

test("status: readable text, and JSON with --json", async (t) => {
	const { program, file } = await start(t);
	const text = await sipwright("status", "-c", file);
	assert.equal(text.code, 0);
	assert.match(text.out, /^sipwright +\d+\.\d+\.\d+.*, process \d+, up \d+ s$/m);
	assert.match(text.out, /^listens on +udp 127\.0\.0\.1:\d+$/m);
	assert.match(text.out, /^scripts +generation 1, [0-9a-f]+$/m);
	const { out } = await sipwright("status", "-c", file, "--json");
	assert.equal(JSON.parse(out).devices, 0);
	await program.stop();
});

test("status: which devices are in service, and how many calls those with a capacity have", async (t) => {
	const { program, folder, file, yaml } = await start(t);
	const trunk = 'type: Trunk, prefix: "9", contact: "sip:127.0.0.1:9"';
	folder.write(
		"sipwright.yaml",
		`${yaml}devices:\n  fly: { ${trunk}, oos-check: 300, capacity: 5 }\n  gw: { ${trunk} }\n`,
	);
	assert.equal((await sipwright("reload", "-c", file)).code, 0);
	const text = await sipwright("status", "-c", file);
	assert.match(text.out, /^in service +1 of 1 watched devices$/m);
	assert.match(text.out, /^calls +fly 0 of 5$/m);
	const { services } = JSON.parse((await sipwright("status", "-c", file, "--json")).out);
	assert.equal(services.length, 1);
	assert.equal(services[0].service.inService, true);
	await program.stop();
});

test("reload: takes up a change, refuses an error with its place and keeps serving", async (t) => {
	const { program, folder, file, yaml } = await start(t);
	folder.write("sipwright.yaml", `${yaml}devices: { "1001": { type: Extension, contact: "*" } }\n`);
	const good = await sipwright("reload", "-c", file);
	assert.deepEqual([good.code, good.err], [0, ""]);
	assert.match(good.out, /^reloaded: generation 2, [0-9a-f]+\n$/);

	folder.write("sipwright.yaml", `${yaml}devises: {}\n`);
	const bad = await sipwright("reload", "-c", file);
	assert.equal(bad.code, 1);
	assert.match(
		bad.err,
		/sipwright\.yaml:4:1: error CONFIG_UNKNOWN_KEY: .*\n {4}write devices\nnothing changed: generation 2,/,
	);
	const json = await sipwright("reload", "-c", file, "--json");
	assert.equal(json.code, 1);
	assert.equal(JSON.parse(json.out).errors[0].code, "CONFIG_UNKNOWN_KEY");
	assert.equal(JSON.parse((await sipwright("status", "-c", file, "--json")).out).devices, 1);
	await program.stop();
});

test("SIGHUP reloads, and the log says what came of it", async (t) => {
	const { program, folder, yaml } = await start(t);
	folder.write("sipwright.yaml", `${yaml}nonsense: 1\n`);
	process.kill(program.pid, "SIGHUP");
	await program.printed(/"event":"reload\.refused".*CONFIG_UNKNOWN_KEY/);
	folder.write("sipwright.yaml", yaml);
	process.kill(program.pid, "SIGHUP");
	await program.printed(/"event":"reloaded"/);
	assert.equal(await program.stop(), 0);
});

test("a configuration with errors: they are printed, and the exit code is 1", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const file = folder.write("sipwright.yaml", "listen: []\n");
	const { status, stderr, stdout } = spawnSync(
		process.execPath,
		["core/sipwright.js", "run", "--config", file],
		{ encoding: "utf8" },
	);
	assert.deepEqual([status, stdout], [1, ""]);
	assert.match(
		stderr,
		/sipwright\.yaml:1:9: error CONFIG_TYPE: listen must be a list of sockets\n/,
	);
});

test("an address that is taken: one error with a code and the fix, and exit code 1", async (t) => {
	const { program, file } = await start(t);
	const second = spawnSync(process.execPath, ["core/sipwright.js", "run", "--config", file], {
		encoding: "utf8",
	});
	assert.equal(second.status, 1);
	assert.match(
		second.stderr,
		/^error ADMIN_LISTEN: admin: .*EADDRINUSE.*\n {4}end what listens there/,
	);
	await program.stop();
});

test("a damaged key file: an error that names it, and exit code 1", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("state/signing-keys.json", "{}");
	const file = folder.write("sipwright.yaml", "listen: [tcp:127.0.0.1:0]\n");
	const { status, stderr } = spawnSync(
		process.execPath,
		["core/sipwright.js", "run", "--config", file],
		{ encoding: "utf8" },
	);
	assert.equal(status, 1);
	assert.match(stderr, /^error CONFIG_STATE: .*signing-keys\.json: is no list of signing keys\n/);
});

test("nobody there, no token, another token: exit code 3 and what to do", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const port = await freePort();
	const file = folder.write("sipwright.yaml", `admin: { address: "127.0.0.1:${port}" }\n`);
	const none = await sipwright("status", "-c", file);
	assert.equal(none.code, 3);
	assert.match(none.err, /state\/admin-token cannot be read: say with --config which instance/);
	folder.write("state/admin-token", `${"x".repeat(43)}\n`);
	const nobody = await sipwright("reload", "-c", file);
	assert.equal(nobody.code, 3);
	assert.match(
		nobody.err,
		/nothing answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\): is it running/,
	);
	assert.equal((await sipwright("status", "-c", `${file}.missing`)).code, 3);

	const { program, folder: other, file: running } = await start(t);
	const token = readFileSync(`${other.path}/state/admin-token`, "utf8");
	other.write("state/admin-token", "y".repeat(43));
	const refused = await sipwright("status", "-c", running);
	assert.equal(refused.code, 3);
	assert.match(refused.err, /does not take this token/);
	assert.doesNotMatch(program.output(), new RegExp(token.trim()));
	await program.stop();
});
