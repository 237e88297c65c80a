/** The order of a reload is data: what fails, where, and what the guide says of it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SYSTEM_CLOCK } from "../../core/script/clock.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { LoadError } from "../../core/script/load-error.ts";
import { checkRoutes, compileRoutes, loadGeneration } from "../../core/script/load-generation.ts";
import { LOAD_STEPS } from "../../core/script/load-steps.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { hook, recordingLog } from "./harness.ts";

const GUIDE = "docs/guides/hot-reload.md";

test("architecture §5: the steps of a reload are in this order, and what can fail lies before activate", () => {
	const order = LOAD_STEPS.map(({ step }) => step);
	assert.deepEqual(order, [
		...["read", "bundle", "hash", "types", "start", "exports", "probe", "tests", "on-start"],
		...["activate", "keep", "drain"],
	]);
	const after = LOAD_STEPS.slice(order.indexOf("activate"));
	for (const { step, codes } of after) assert.deepEqual(codes, [], step);
});

/** Each is wrong in its step and in every later one: so the first to refuse it is the step that comes first. */
const WRONG: readonly (readonly [step: string, source: string | undefined])[] = [
	["read", undefined],
	["bundle", "const a: string = 5; throw a; )"],
	["types", "const a: string = 5; throw new Error(a);"],
	["start", "const a: string = '5'; throw new Error(a);"],
	["exports", "export const a = 5;"],
	["probe", hook("throw new Error('5');")],
	[
		"on-start",
		hook("throw new Error('5');").replace("onRequest", "onStart() { throw 5; }, onRequest"),
	],
];

test("each step refuses what is wrong in it and in all later ones, with one of its codes", async (t) => {
	for (const [step, source] of WRONG) {
		const folder = tempFolder();
		t.after(() => folder.remove());
		if (source !== undefined) folder.write("routes/default.ts", source);
		const options = {
			entry: join(folder.path, "routes"),
			devices: [],
			limits: DEFAULT_LIMITS,
			typecheck: "block",
			log: recordingLog(),
			state: join(folder.path, "state"),
			starting: {
				calls: { perform: () => undefined, abandon: () => undefined },
				clock: SYSTEM_CLOCK,
			},
		} as const;
		const load = async () => {
			const { bundle } = await compileRoutes(options);
			await checkRoutes(bundle, options);
			return loadGeneration(bundle, options, 1);
		};
		const row = LOAD_STEPS.find((one) => one.step === step);
		await assert.rejects(load, (error) => {
			assert.ok(error instanceof LoadError);
			const codes: readonly string[] = row?.codes ?? [];
			assert.ok(error.step === step && codes.includes(error.code), `${step}: ${error.message}`);
			return true;
		});
	}
});

test(`${GUIDE} has the table of the steps`, () => {
	const page = readFileSync(GUIDE, "utf8");
	const rows = LOAD_STEPS.map(({ step, does, codes }) => {
		const named = codes.map((code) => `\`${code}\``).join(", ");
		return `| ${step} | ${does} | ${named} |`;
	});
	assert.ok(page.includes(rows.join("\n")), rows.join("\n"));
});
