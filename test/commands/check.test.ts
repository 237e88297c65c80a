/** `sipwright check`: errors with file, line and column, of the configuration and of the scripts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { sipwright } from "./output.ts";

function folderFor(t: TestContext): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	return folder;
}

function script(body: string): string {
	return `import { defineRoutes, reply } from "sipwright";\nexport default defineRoutes({\n\tonRequest() {\n\t\t${body}\n\t},\n});\n`;
}

test("the embedded defaults are good", async () => {
	const { code, out, err } = await sipwright("check");
	assert.deepEqual([code, err], [0, ""]);
	assert.equal(
		out,
		"the embedded defaults: good, with 3 sockets, 2 devices, the built-in routes\n",
	);
});

test("a good configuration with good scripts: exit 0, remarks on standard error", async (t) => {
	const folder = folderFor(t);
	folder.write("routes/default.ts", script("return reply(404);"));
	const file = folder.write("sipwright.yaml", "listen:\n  - tcp:0.0.0.0:5060\nroutes: routes\n");
	const { code, out, err } = await sipwright("check", "--config", file);
	assert.equal(out, `${file}: good, with 1 socket, 0 devices, routes that load\n`);
	assert.equal(code, 0);
	assert.match(err, new RegExp(`^${file}:2:5: note CONFIG_ADVERTISE: listen: [^\n]*\n    write `));
});

test("every error as file:line:column, and exit 1", async (t) => {
	const file = folderFor(t).write(
		"sipwright.yaml",
		'domans: [x]\ndevices:\n  "5001": { type: Trunk, contact: "sips:h;transport=udp" }\n',
	);
	const { code, out, err } = await sipwright("check", "-c", file);
	assert.deepEqual([code, out], [1, ""]);
	assert.equal(
		err,
		`${file}:1:1: error CONFIG_UNKNOWN_KEY: the configuration has no key "domans"
    write domains
${file}:3:42: error CONFIG_CONTACT: device 5001: contact: "sips:h;transport=udp": sips cannot run over UDP
    write ;transport=tls, or leave the parameter out
2 errors
`,
	);
});

test("a file below the current folder is named as seen from there", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const before = process.cwd();
	t.after(() => process.chdir(before));
	folder.write("sipwright.yaml", "domans: 1");
	process.chdir(folder.path);
	assert.match(
		(await sipwright("check", "-c", "sipwright.yaml")).err,
		/^sipwright\.yaml:1:1: error/,
	);
});

test("a script that does not compile, start or answer fails the check where it stands", async (t) => {
	const cases = {
		"return reply(404": /default\.ts:5:2: error LOAD_BUNDLE: Expected "\)" but found "}"\n {6}\d/,
		"return nothing;":
			/default\.ts:4:10: error LOAD_TYPES: TS2304: Cannot find name 'nothing'\.\n {6}4/,
		"throw new Error();": /default\.ts:4:\d+: error LOAD_PROBE: /,
		'return JSON.parse("5");': /default\.ts: error LOAD_PROBE: /,
	};
	for (const [body, expected] of Object.entries(cases)) {
		const folder = folderFor(t);
		folder.write("routes/default.ts", script(body));
		const file = folder.write("sipwright.yaml", "routes: routes\n");
		const { code, err } = await sipwright("check", "-c", file);
		assert.equal(code, 1);
		assert.match(err, expected);
		assert.match(err, /\n1 error\n$/);
	}
});

test("with typecheck: warn a type error is a warning, and the check passes", async (t) => {
	const folder = folderFor(t);
	folder.write("routes/default.ts", script("const closed: string = 404; return reply(closed);"));
	const file = folder.write("sipwright.yaml", "routes: routes\nreload: { typecheck: warn }\n");
	const { code, err } = await sipwright("check", "-c", file);
	assert.equal(code, 0);
	assert.match(err, /default\.ts:4:9: warning LOAD_WARNING: TS2322: .*'string'/);
});

test("a folder without an entry fails the check", async (t) => {
	const folder = folderFor(t);
	folder.write("routes/other.ts", "");
	const { code, err } = await sipwright("check", "-c", folder.write("s.yaml", "routes: routes"));
	assert.equal(code, 1);
	assert.match(
		err,
		new RegExp(`^${join(folder.path, "routes")}: error LOAD_READ: the folder has no`),
	);
});
