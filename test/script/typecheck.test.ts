/** Types of scripts: checked before they serve, by the real compiler, and by compilers that fail. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { projectFiles } from "../../core/commands/project.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { BUILT_IN } from "../../core/script/load-generation.ts";
import { Scripts } from "../../core/script/scripts.ts";
import { checkTypes, type Typecheck } from "../../core/script/typecheck.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { hook, recordingLog } from "./harness.ts";

const MISSPELT = hook("return reply(request.uri.usr ? 404 : 410);");

function place(t: TestContext): TempFolder {
	const folder = tempFolder();
	t.after(() => folder.remove());
	return folder;
}

async function start(t: TestContext, folder: TempFolder, typecheck: Typecheck) {
	const log = recordingLog();
	const scripts = await Scripts.start({
		entry: join(folder.path, "routes"),
		devices: [],
		limits: DEFAULT_LIMITS,
		typecheck,
		log,
		state: join(folder.path, "state"),
		watch: false,
	});
	t.after(() => scripts.close());
	return { scripts, log };
}

test("architecture §5: a type error is refused with file, line, column and code frame; the last good generation serves", async (t) => {
	const folder = place(t);
	folder.write("routes/default.ts", hook("return reply(404);"));
	const { scripts, log } = await start(t, folder, "block");
	const file = folder.write("routes/default.ts", MISSPELT);
	const refused = await scripts.reload();
	assert.deepEqual([refused.ok, refused.generation], [false, 1]);
	assert.equal(scripts.status.error?.code, "LOAD_TYPES");
	const [problem] = refused.errors ?? [];
	assert.deepEqual([problem?.file, problem?.line, problem?.column], [file, 5, 26]);
	assert.match(problem?.message ?? "", /^TS2\d+: Property 'usr' does not exist.*'user'/);
	assert.match(problem?.frame ?? "", / 5 \| return reply\(request\.uri\.usr.*\n +\| +\^$/);
	const logged = log.entries.find(({ level }) => level === "error");
	assert.match(JSON.stringify(logged?.fields), /"LOAD_TYPES","step":"types".*"line":5,"column":26/);

	folder.write("routes/default.ts", hook("return reply(request.uri.user ? 404 : 410);"));
	const mended = await scripts.reload();
	assert.deepEqual([mended.ok, mended.generation, scripts.status.error], [true, 2, undefined]);
});

test("architecture §5: a type error at the start serves the last good scripts, and those first if there are none", async (t) => {
	const folder = place(t);
	folder.write("routes/default.ts", MISSPELT);
	const first = await start(t, folder, "block");
	assert.deepEqual(
		[first.scripts.status.origin, first.scripts.status.error?.code],
		["built-in", "LOAD_TYPES"],
	);
	folder.write("routes/default.ts", hook("return reply(404);"));
	await first.scripts.reload();
	folder.write("routes/default.ts", MISSPELT);
	const second = await start(t, folder, "block");
	assert.equal(second.scripts.status.origin, "last-good");
});

test("typecheck: warn lets a script with a type error serve and says so; off does not look", async (t) => {
	const folder = place(t);
	folder.write("routes/default.ts", hook("return reply(404);"));
	for (const [typecheck, lines] of [
		["warn", [5]],
		["off", undefined],
	] as const) {
		const { scripts, log } = await start(t, folder, typecheck);
		folder.write("routes/default.ts", `${MISSPELT}\n// ${typecheck}`);
		const result = await scripts.reload();
		assert.deepEqual([result.ok, result.changed], [true, true], typecheck);
		assert.deepEqual(
			result.warnings?.map(({ line }) => line),
			lines,
		);
		const warned = log.entries.filter(({ level }) => level === "warn");
		assert.equal(warned.length, lines?.length ?? 0);
	}
});

test("a reload may change what type errors do", async (t) => {
	const folder = place(t);
	folder.write("routes/default.ts", hook("return reply(404);"));
	const { scripts } = await start(t, folder, "off");
	folder.write("routes/default.ts", MISSPELT);
	const change = { entry: join(folder.path, "routes"), limits: DEFAULT_LIMITS };
	assert.equal((await scripts.reload(undefined, { ...change, typecheck: "block" })).ok, false);
	assert.equal((await scripts.reload()).ok, true, "what was refused changed nothing");
});

test("a type error in an imported file is told where it is; its explanation comes along", async (t) => {
	const folder = place(t);
	const lib = folder.write(
		"lib/table.ts",
		"export const table: { a: { b: string } } =\n\t{ a: { b: 5 } };\n",
	);
	const entry = folder.write(
		"routes/default.ts",
		hook("return reply(Number(table.a.b));", 'import { table } from "../lib/table.ts";'),
	);
	const [problem, ...others] = await checkTypes(entry);
	assert.deepEqual([problem?.file, problem?.line, problem?.column], [lib, 2, 9]);
	assert.match(problem?.message ?? "", /^TS2322: Type 'number' is not assignable to type 'string'/);
	assert.deepEqual(others, []);
	const wrong = folder.write(
		"wrong.ts",
		"const a = { b: { c: 5 } };\nconst d: { b: { c: string } } = a;\n",
	);
	const [far] = await checkTypes(wrong);
	assert.match(far?.message ?? "", /^TS2322: .*\n {2}The types of 'b\.c' are incompatible/);
});

test("a script sees the types of sipwright wherever it lies, and of the version that runs it", async (t) => {
	const folder = place(t);
	const entry = folder.write("a/b/default.mts", hook("return reply(404);"));
	assert.deepEqual(await checkTypes(entry), []);
	folder.write("a/node_modules/sipwright/package.json", '{ "types": "old.d.ts" }');
	folder.write("a/node_modules/sipwright/old.d.ts", "export {};");
	assert.deepEqual(await checkTypes(entry), []);
});

test("the result does not depend on a tsconfig.json beside the script", async (t) => {
	const folder = place(t);
	folder.write("tsconfig.json", '{ "compilerOptions": { "strict": false, "nonsense": 1 }');
	const entry = folder.write("default.ts", hook("let a: string = null; return reply(Number(a));"));
	assert.deepEqual(
		(await checkTypes(entry)).map(({ message }) => message),
		["TS2322: Type 'null' is not assignable to type 'string'."],
	);
});

test("JavaScript is taken as it is, JSON is typed, and a .d.ts beside the script declares what a package does not", async (t) => {
	const folder = place(t);
	folder.write("numbers.json", '{ "closed": 404 }');
	folder.write("helper.js", "export function find(user) { return user; }");
	folder.write("node_modules/plain/index.js", "export const status = 480;");
	folder.write("node_modules/plain/package.json", '{ "type": "module", "main": "index.js" }');
	const top = [
		'import numbers from "./numbers.json";',
		'import { find } from "./helper.js";',
		'import { status } from "plain";',
	].join(" ");
	const entry = folder.write(
		"default.ts",
		hook("return reply(find(1) ? numbers.closed : status);", top),
	);
	const undeclared = await checkTypes(entry);
	folder.write("plain.d.ts", 'declare module "plain" { export const status: number; }');
	assert.deepEqual(await checkTypes(entry), []);
	for (const { message } of undeclared) assert.match(message, /TS7016.*'plain'/);
});

test("the built-in routes, which sipwright init hands out, have no type error", async () => {
	assert.deepEqual(await checkTypes(BUILT_IN), []);
});

test("the tsconfig.json of sipwright init asks for what a load asks for", () => {
	const { compilerOptions } = JSON.parse(projectFiles("a", "b").get("tsconfig.json") ?? "");
	const { target, lib, strict, noUncheckedIndexedAccess, moduleResolution } = compilerOptions;
	assert.deepEqual(
		{ target, lib, strict, noUncheckedIndexedAccess, moduleResolution },
		{
			target: "es2024",
			lib: ["es2024"],
			strict: true,
			noUncheckedIndexedAccess: true,
			moduleResolution: "bundler",
		},
	);
});

test("of many type errors the first are told, and how many more there are", async (t) => {
	const folder = place(t);
	const entry = folder.write("default.ts", "nothing();\n".repeat(50));
	const found = await checkTypes(entry);
	assert.equal(found.length, 21);
	assert.match(found.at(-1)?.message ?? "", /^and \d+ more type errors$/);
});

test("a compiler that is missing, broken, killed, or does not end is an error that says what to do", async (t) => {
	const folder = place(t);
	const entry = folder.write("default.ts", hook("return reply(404);"));
	const written = (text: string) => () => folder.write("compiler.cjs", text);
	const cases: [compiler: () => string | undefined, code: string, said: RegExp][] = [
		[() => undefined, "LOAD_COMPILER", /typescript is not installed.*reload: \{ typecheck: off \}/],
		[() => join(folder.path, "none"), "LOAD_COMPILER", /ended with 1: Error: Cannot find module/],
		[written("throw new Error('no binary')"), "LOAD_COMPILER", /Error: no binary/],
		[written("process.kill(process.pid, 'SIGKILL')"), "LOAD_COMPILER", /ended by SIGKILL/],
		[written("process.exit(9)"), "LOAD_COMPILER", /ended with 9/],
		[written("for (;;);"), "LOAD_TIMEOUT", /did not end within 300 ms/],
	];
	for (const [compiler, code, said] of cases) {
		const check = checkTypes(entry, compiler, code === "LOAD_TIMEOUT" ? 300 : 10_000);
		await assert.rejects(check, { name: "LoadError", code, step: "types", message: said });
	}
});

test("a script that is written again while its types are checked does not serve with types that were never looked at", async (t) => {
	const folder = place(t);
	folder.write("routes/default.ts", hook("return reply(404);"));
	const { scripts } = await start(t, folder, "block");
	for (let delay = 0; delay < 200; delay += 20) {
		folder.write("routes/default.ts", MISSPELT);
		const reloaded = scripts.reload();
		await setTimeout(delay);
		folder.write("routes/default.ts", `${hook("return reply(404);")}\n// ${delay}`);
		await reloaded;
		const { code } = scripts.generation.bundle;
		assert.ok(!code.includes("usr"), `after ${delay} ms`);
	}
});
