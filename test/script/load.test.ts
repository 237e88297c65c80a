import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LoadError } from "../../core/script/load-error.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { BODY_LINE, decision, failure, hook, load, loadFile, request } from "./harness.ts";

async function refused(t: Parameters<typeof load>[0], source: string): Promise<LoadError> {
	try {
		await load(t, source);
	} catch (error) {
		if (error instanceof LoadError) return error;
		throw error;
	}
	throw new TypeError("the script was loaded");
}

test("style §2.12: what does not parse is refused with file, line, column and code frame", async (t) => {
	const error = await refused(t, "export default 1;\n\tconst a = ;\n");
	assert.deepEqual([error.code, error.step, error.problems.length], ["LOAD_BUNDLE", "bundle", 1]);
	const [problem] = error.problems;
	assert.match(problem?.file ?? "", /default\.ts$/);
	assert.deepEqual([problem?.line, problem?.column], [2, 12]);
	assert.equal(problem?.frame, "  2 | \tconst a = ;\n    | \t          ^");
	assert.match(error.message, /^bundle: .*default\.ts:2:12: Unexpected ";"$/);
});

test("an import that leads nowhere, or to Node, is refused where it stands", async (t) => {
	const nowhere = await refused(t, 'import { a } from "./none.ts";\nexport default a;');
	assert.deepEqual([nowhere.code, nowhere.problems[0]?.line], ["LOAD_BUNDLE", 1]);
	assert.match(nowhere.message, /Could not resolve ".\/none.ts"/);
	for (const name of ["node:fs", "fs", "fs/promises"]) {
		const error = await refused(t, `import { rm } from "${name}";\nexport default rm;`);
		assert.equal(error.problems[0]?.line, 1, name);
		assert.match(error.message, /is part of Node, and routes run in an isolate without it/);
	}
});

test("a default export that defineRoutes did not make is refused", async (t) => {
	const sources: [string, RegExp][] = [
		["export const a = 1;", /no default export; write export default defineRoutes/],
		["export default { onRequest() {} };", /is not made by defineRoutes/],
	];
	for (const [source, expected] of sources) {
		const error = await refused(t, source);
		assert.deepEqual([error.code, error.step], ["LOAD_EXPORTS", "exports"]);
		assert.match(error.message, expected);
	}
});

test("hooks that do not exist, are missing or are no function are refused by name and line", async (t) => {
	const cases: [string, RegExp][] = [
		["onRequest() {}, onRequst() {}", /there is no hook onRequst; the hooks are onRequest/],
		["onRequest() {}, onTimer() {}", /onTimer is never asked; write timers: \{ name: /],
		["onRequest() {}, timers: {}", /timers without onTimer/],
		["onRequest() {}, onTimer() {}, timers: 5", /timers is no object; write \{ name: /],
		...["{}", "{ every: 0.9 }", "{ every: 86401 }", "{ every: NaN }", "{ every: '60' }", "60"].map(
			(timer): [string, RegExp] => [
				`onRequest() {}, onTimer() {}, timers: { sweep: ${timer} }`,
				/timers\.sweep: write \{ every: seconds \}, 1 to 86400/,
			],
		),
		[
			"onRequest() {}, onTimer() {}, timers: { ['x'.repeat(65)]: { every: 1 } }",
			/a name has 1 to 64 characters/,
		],
		[
			'onRequest() {}, onTimer() {}, timers: Object.fromEntries(Array.from({ length: 17 }, (_, at) => ["t" + at, { every: 1 }]))',
			/17 timers; 16 at most/,
		],
		["", /onRequest is missing/],
		["onRequest: 5", /onRequest is number, not a function/],
		["onRequest() {}, onStart: 5", /onStart is number, not a function/],
	];
	for (const [hooks, expected] of cases) {
		const source = `import { defineRoutes } from "sipwright";\n\nexport default defineRoutes({ ${hooks} });`;
		const error = await refused(t, source);
		assert.deepEqual([error.code, error.step], ["LOAD_START", "start"]);
		assert.equal(error.problems[0]?.line, 3, hooks);
		assert.match(error.message, expected);
	}
});

test("a top level that throws or does not end is refused at its line", async (t) => {
	const threw = await refused(t, 'const a = 1;\nthrow new TypeError("no configuration");\n');
	assert.deepEqual([threw.code, threw.problems[0]?.line], ["LOAD_START", 2]);
	assert.match(threw.message, /TypeError: no configuration/);
	assert.match(threw.problems[0]?.frame ?? "", /throw new TypeError/);
	const endless = await refused(t, "export const a = 1;\nwhile (true) {}\n");
	assert.deepEqual([endless.code, endless.problems[0]?.line], ["LOAD_START", 2]);
	assert.match(endless.message, /the top level ran for more than 1000 ms/);
});

test("a script that fails on a canned OPTIONS or INVITE never gets a real one", async (t) => {
	for (const method of ["OPTIONS", "INVITE"]) {
		const body = `if (request.method === "${method}") throw new Error("not ready");\nreturn drop();`;
		const error = await refused(t, hook(body));
		assert.deepEqual([error.code, error.step], ["LOAD_PROBE", "probe"]);
		assert.equal(error.problems[0]?.line, BODY_LINE, method);
		assert.match(error.message, /Error: not ready/);
	}
	const nothing = await refused(t, hook(""));
	assert.match(nothing.message, /onRequest returned nothing/);
});

test("a script may be many files, JavaScript and JSON among them; an error names the file it is in", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("lib/numbers.json", '{ "closed": "404" }');
	const helper = folder.write(
		"lib/helper.js",
		'import numbers from "./numbers.json";\nexport function find(user) {\n\tif (user === "boom") throw new Error("found");\n\treturn numbers.closed;\n}\n',
	);
	const source = hook(
		"return reply(Number(find(request.uri.user)));",
		'import { find } from "./lib/helper.js";',
	);
	const { ask } = await loadFile(t, folder.write("default.ts", source));
	const answer = decision(ask());
	assert.equal(answer.kind === "reply" && answer.status, 404);
	const error = failure(ask(request("INVITE", "sip:boom@127.0.0.1")));
	assert.deepEqual([error.place?.file, error.place?.line], [helper, 3]);
});

test("a script cannot read the state folder, nor data outside its own: refused where it is imported", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("state/signing-keys.json", '{ "secret": "a" }');
	folder.write("state/code.ts", "export default 'a';");
	folder.write("elsewhere/notes.txt", "a");
	folder.write("elsewhere/data.json", "{}");
	symlinkSync(join(folder.path, "state"), join(folder.path, "linked"));
	folder.write("routes/lib/.keep", "");
	symlinkSync(join(folder.path, "state/signing-keys.json"), join(folder.path, "routes/keys.json"));
	const cases: [string, RegExp][] = [
		["../state/signing-keys.json", /is in the state folder, which routes cannot read/],
		["../state/code.ts", /is in the state folder/],
		["../linked/signing-keys.json", /is in the state folder/],
		["./keys.json", /is in the state folder/],
		["../elsewhere/data.json", /is outside the folder of routes; copy it into .*routes$/],
		["../elsewhere/notes.txt", /is outside the folder of routes/],
		[join(folder.path, "state/signing-keys.json"), /is in the state folder/],
	];
	for (const [path, expected] of cases) {
		const source = `\nimport k from ${JSON.stringify(path)};\nexport default k;`;
		const error = await loadFile(t, folder.write("routes/default.ts", source)).catch((e) => e);
		assert.ok(error instanceof LoadError, path);
		assert.deepEqual([error.code, error.problems[0]?.line], ["LOAD_BUNDLE", 2], path);
		assert.equal(error.problems[0]?.file, join(folder.path, "routes/default.ts"));
		assert.match(error.problems[0]?.message ?? "", expected);
	}
});

test("code beside the folder of routes, and data of a package, may be imported", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("shared/status.ts", "export const status = 480;");
	folder.write("node_modules/numbers/data.json", '{ "one": 1 }');
	const source = hook(
		"return reply(status + data.one);",
		'import { status } from "../shared/status.ts"; import data from "numbers/data.json";',
	);
	const { ask } = await loadFile(t, folder.write("routes/default.ts", source));
	const answer = decision(ask());
	assert.equal(answer.kind === "reply" && answer.status, 481);
});
