/** npm packages that scripts import: bundled, typed, and refused where they need Node. */
import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { LoadError } from "../../core/script/load-error.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { checkTypes } from "../../core/script/typecheck.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { decision, hook, loadFile, recordingLog } from "./harness.ts";

type Files = Readonly<Record<string, string>>;

/** A project with packages: `left/index.js` lies in node_modules. */
function project(t: TestContext, packages: Files): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	for (const [file, text] of Object.entries(packages)) folder.write(`node_modules/${file}`, text);
	return folder;
}

/** What a script answers whose reason phrase is this expression. */
async function answer(t: TestContext, folder: TempFolder, top: string, expression: string) {
	const source = hook(`return reply(299, String(${expression}));`, top);
	const { ask } = await loadFile(t, folder.write("routes/default.ts", source));
	const made = decision(ask());
	return made.kind === "reply" ? made.reason : made.kind;
}

async function refusal(t: TestContext, folder: TempFolder, top: string, expression = "left()") {
	try {
		await answer(t, folder, top, expression);
	} catch (error) {
		if (error instanceof LoadError) return error;
		throw error;
	}
	throw new TypeError("the script was loaded");
}

const manifest = (fields: object) => JSON.stringify({ name: "left", version: "1.0.0", ...fields });

test("packages of every layout are bundled: ESM, CommonJS, an exports map with conditions and subpaths, a scope, JSON", async (t) => {
	const folder = project(t, {
		"esm/package.json": manifest({ type: "module", exports: "./index.js" }),
		"esm/index.js": "export default (n) => n + 1;",
		"cjs/package.json": manifest({ main: "./lib/main" }),
		"cjs/lib/main.js": "'use strict'; module.exports = { twice: require('./twice') };",
		"cjs/lib/twice.js": "exports.__esModule = true; exports.default = (n) => n * 2;",
		"@scope/mapped/package.json": manifest({
			exports: {
				".": {
					node: "./node.js",
					browser: "./browser.js",
					import: "./esm.mjs",
					require: "./cjs.cjs",
				},
				"./sub/*": "./parts/*.js",
				"./data": "./data.json",
			},
		}),
		"@scope/mapped/node.js": "import 'node:fs';",
		"@scope/mapped/browser.js": "document.title;",
		"@scope/mapped/esm.mjs": "export const kind = 'esm';",
		"@scope/mapped/cjs.cjs": "exports.kind = 'cjs';",
		"@scope/mapped/parts/one.js": "module.exports = 'one';",
		"@scope/mapped/data.json": '{ "n": 5 }',
		"user/package.json": manifest({ main: "index.js" }),
		"user/index.js": "module.exports = () => require('@scope/mapped').kind;",
	});
	const top = [
		'import next from "esm"; import { twice } from "cjs"; import { kind } from "@scope/mapped";',
		'import one from "@scope/mapped/sub/one"; import data from "@scope/mapped/data"; import other from "user";',
	].join(" ");
	const values = "[next(1), twice.default(2), kind, one, data.n, other()]";
	assert.equal(await answer(t, folder, top, values), "2,4,esm,one,5,cjs");
});

test("packages that are in use elsewhere run as they are", async (t) => {
	const folder = project(t, { ".keep": "" });
	for (const name of ["zod", "yaml", "semver", "ipaddr.js", "fast-deep-equal", "tslib"])
		symlinkSync(resolve(`node_modules/${name}`), join(folder.path, "node_modules", name));
	const top = [
		'import { z } from "zod"; import { parse } from "yaml"; import semver from "semver";',
		'import ipaddr from "ipaddr.js"; import equal from "fast-deep-equal"; import { __assign } from "tslib";',
	].join(" ");
	const values = `[
		z.object({ a: z.number() }).parse({ a: 1 }).a,
		parse("b: [2, 3]").b.length,
		semver.gt("1.10.0", "1.9.0"),
		ipaddr.parse("10.0.0.1").match(ipaddr.parse("10.0.0.0"), 8),
		equal({ c: [1] }, { c: [1] }),
		__assign({}, { d: 4 }).d,
	]`;
	assert.equal(await answer(t, folder, top, values), "1,2,true,true,true,4");
});

test("a package that needs Node is refused by its name, with file, line and import", async (t) => {
	const folder = project(t, {
		"left/package.json": manifest({ main: "index.js" }),
		"left/index.js": "const right = require('@deep/right');\nmodule.exports = () => right;",
		"left/node_modules/@deep/right/package.json": manifest({ main: "r.js" }),
		"left/node_modules/@deep/right/r.js":
			"// one\nconst fs = require('node:fs');\nmodule.exports = fs;",
	});
	const { code, problems } = await refusal(t, folder, 'import left from "left";');
	assert.deepEqual([code, problems.length], ["LOAD_BUNDLE", 1]);
	const [problem] = problems;
	assert.match(problem?.file ?? "", /node_modules\/@deep\/right\/r\.js$/);
	assert.deepEqual([problem?.line, problem?.column], [2, 20]);
	assert.equal(
		problem?.message,
		'"node:fs" is part of Node, and routes run in an isolate without it: the package "@deep/right" imports it',
	);
	assert.match(problem?.frame ?? "", /2 \| const fs = require\('node:fs'\);/);
});

test("a package of the name of a part of Node is taken where it is installed", async (t) => {
	const folder = project(t, {
		"events/package.json": manifest({ name: "events", main: "events.js" }),
		"events/events.js": "module.exports = class { emit() { return 'installed'; } };",
		"left/package.json": manifest({ main: "index.js" }),
		"left/index.js": "const E = require('events'); module.exports = () => new E().emit();",
	});
	assert.equal(await answer(t, folder, 'import left from "left";', "left()"), "installed");
	const absent = await refusal(t, folder, 'import { join } from "path";', "join");
	assert.match(absent.message, /default\.ts:3:\d+: "path" is part of Node, and routes run/);
	const named = await refusal(t, folder, 'import { once } from "node:events";', "once");
	assert.match(named.message, /"node:events" is part of Node/);
});

test("what a package looks for and an isolate has not is named with the package, at the top level and in a hook", async (t) => {
	const uses = (text: string) =>
		project(t, {
			"left/package.json": manifest({ main: "index.js" }),
			"left/index.js": `exports.__esModule = true;\n${text}`,
		});
	for (const [use, name, part] of [
		["const home = process.env.HOME;", "process", "of Node"],
		["const empty = Buffer.alloc(1);", "Buffer", "of Node"],
		["setTimeout(() => {}, 1);", "setTimeout", "of Node and of browsers"],
		["new URL('a:b');", "URL", "of Node and of browsers"],
	] as const) {
		const { code, problems } = await refusal(t, uses(use), 'import * as left from "left";', "left");
		assert.equal(code, "LOAD_START", use);
		assert.match(problems[0]?.file ?? "", /node_modules\/left\/index\.js$/);
		assert.equal(problems[0]?.line, 2);
		assert.equal(
			problems[0]?.message,
			`ReferenceError: ${name} is not defined: it is part ${part}, and routes run in an isolate without it; the package "left" uses it`,
		);
	}
	const later = uses("exports.now = () => performance.now();");
	const inHook = await refusal(t, later, 'import { now } from "left";', "now()");
	assert.deepEqual([inHook.code, inHook.problems[0]?.line], ["LOAD_PROBE", 2]);
	assert.match(
		inHook.message,
		/performance is not defined: it is part of .*the package "left" uses it$/,
	);
	const own = await refusal(t, uses(""), "const home = process.env.HOME;", "home");
	assert.match(
		own.message,
		/process is not defined: it is part of Node, and routes run in an isolate without it$/,
	);
});

test("process.env.NODE_ENV and global, which packages ask for, are there", async (t) => {
	const folder = project(t, {
		"left/package.json": manifest({ main: "index.js" }),
		"left/index.js": [
			"if (process.env.NODE_ENV !== 'production') throw new Error('slow');",
			"module.exports = () => global === globalThis && typeof process;",
		].join("\n"),
	});
	assert.equal(await answer(t, folder, 'import left from "left";', "left()"), "undefined");
});

test("types of a package are found, in it and under @types; one without any is told how to get them", async (t) => {
	const folder = project(t, {
		"typed/package.json": manifest({
			type: "module",
			exports: { ".": { types: "./types/index.d.ts", default: "./index.js" } },
		}),
		"typed/index.js": "export const next = (n) => n + 1;",
		"typed/types/index.d.ts":
			'/// <reference types="node" />\nexport function next(n: number): number;',
		"old/package.json": manifest({ main: "index.js" }),
		"old/index.js": "exports.word = 'a';",
		"@types/old/package.json": manifest({ name: "@types/old", types: "index.d.ts" }),
		"@types/old/index.d.ts": "export const word: string;",
		"plain/package.json": manifest({ main: "index.js" }),
		"plain/index.js": "module.exports = 5;",
	});
	const top = 'import { next } from "typed"; import { word } from "old";';
	const entry = folder.write("routes/default.ts", hook("return reply(next(word));", top));
	const wrong = await checkTypes(entry);
	assert.deepEqual(
		wrong.map(({ message }) => message),
		["TS2345: Argument of type 'string' is not assignable to parameter of type 'number'."],
	);
	folder.write("routes/default.ts", hook("return reply(next(400), word);", top));
	assert.deepEqual(await checkTypes(entry), []);
	folder.write("routes/default.ts", hook("return reply(plain);", 'import plain from "plain";'));
	const [untyped] = await checkTypes(entry);
	assert.match(untyped?.message ?? "", /^TS7016: .*'plain'/);
	assert.match(
		untyped?.message ?? "",
		/\n {2}It has no types: write declare module "plain"; into a \.d\.ts beside the script\.$/,
	);
	folder.write("routes/plain.d.ts", 'declare module "plain";');
	assert.deepEqual(await checkTypes(entry), []);
});

test("a name of Node in a script is a type error that does not send its author to @types/node", async (t) => {
	const folder = project(t, {});
	const entry = folder.write("default.ts", hook("return reply(process.env.A ? 404 : setTimeout);"));
	assert.deepEqual(
		(await checkTypes(entry)).map(({ message }) => message.replace(/^TS\d+: /, "")),
		[
			"Cannot find name 'process': it is part of Node, and routes run in an isolate without it",
			"Cannot find name 'setTimeout': it is part of Node and of browsers, and routes run in an isolate without it",
		],
	);
});

test("a package is not watched, and a change of it is another generation at the next load", async (t) => {
	const folder = project(t, {
		"left/package.json": manifest({ main: "index.js" }),
		"left/index.js": "module.exports = () => 404;",
	});
	folder.write("routes/default.ts", hook("return reply(left());", 'import left from "left";'));
	const scripts = await Scripts.start({
		entry: join(folder.path, "routes"),
		devices: [],
		limits: DEFAULT_LIMITS,
		typecheck: "off",
		log: recordingLog(),
		state: join(folder.path, "state"),
		watch: true,
	});
	t.after(() => scripts.close());
	folder.write("node_modules/left/index.js", "module.exports = () => 410;");
	await setTimeout(300);
	assert.equal(scripts.status.generation, 1);
	const reloaded = await scripts.reload();
	assert.deepEqual([reloaded.ok, reloaded.changed, reloaded.generation], [true, true, 2]);
});
