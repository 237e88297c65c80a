/** The examples in the comments of "sipwright" are code that an author can copy: they are compiled as a script is. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { checkTypes } from "../../core/script/typecheck.ts";
import { exportsOf } from "../support/declarations.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { repository } from "../support/tree.ts";

/** What stands around an example. */
const GIVEN = [
	...["request: Request", "call: Call", "callee: Device", "contact: Contact"],
	...["desk: Device", "mobile: Device", "text: string", "start: Start"],
	...["failure: Failure", "leg: BranchLeg", "response: Response", "dialog: Dialog", "timer: Timer"],
];

function examples(file: string): string[] {
	const found = readFileSync(file, "utf8").matchAll(/^ \* @example\n((?: \*.*\n)+?) \*\/$/gm);
	return [...found].map(([, text = ""]) => text.replaceAll(/^ \* ?/gm, ""));
}

/** Each in a function of its own, where it may return and wait, and may shadow what is imported. */
function source(all: readonly string[]): string {
	const declared = exportsOf(repository(), "core/script/sipwright.d.ts");
	const names = new Set(declared.map(({ name }) => name));
	return [
		`import { ${[...names].join(", ")} } from "sipwright";`,
		...GIVEN.map((one) => `declare const ${one};`),
		...all.map((text, at) => `async function example${at}() {\n${standing(text)}}`),
	].join("\n");
}

function standing(text: string): string {
	return text
		.replace("export default ", "")
		.replaceAll(/^.*\/\/ type error$/gm, "// @ts-expect-error: so it says\n$&");
}

async function problemsOf(all: readonly string[]): Promise<string[]> {
	const folder = tempFolder();
	try {
		const problems = await checkTypes(folder.write("examples.ts", source(all)));
		return problems.map(({ message, frame }) => `${message}\n${frame}`);
	} finally {
		folder.remove();
	}
}

test("every example in the types of sipwright compiles where a hook would stand", async () => {
	const all = globSync("core/script/sipwright*.d.ts").flatMap(examples);
	assert.ok(all.length > 50, `${all.length} examples`);
	assert.deepEqual(await problemsOf(all), []);
});

test("an example that does not compile is found, and one that ought not to and does", async () => {
	const wrong = [
		"return relay(calle);\n",
		"reply(404); // type error\n",
		"return relay(callee);\n",
	];
	assert.deepEqual(
		(await problemsOf(wrong)).map((problem) => /^TS\d+/.exec(problem)?.[0]),
		["TS2552", "TS2578"],
	);
});
