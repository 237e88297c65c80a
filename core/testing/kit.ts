/** The module "sipwright/test", on top of node:test. Its author's view is sipwright-test.d.ts. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test as nodeTest } from "node:test";
import type * as Public from "./sipwright-test.d.ts";
import type { TestBed } from "./test-bed.ts";
import { TestSetting } from "./test-setting.ts";
import { TestingError } from "./testing-error.ts";

type Body = (bed: Public.TestBed) => void | Promise<void>;

/** A day in 2026: epochs in cookies and nonces have their real size. */
const START = "2026-01-01T00:00:00Z";

export const test: typeof Public.test = testsOf(new TestSetting(testFile(), undefined));

export const configured: typeof Public.configured = (configuration) =>
	testsOf(new TestSetting(testFile(), configuration));

export const equal: typeof Public.equal = (actual, expected) => assert.deepEqual(actual, expected);

export const match: typeof Public.match = (text, pattern) => assert.match(text, pattern);

export const ok: typeof Public.ok = (value, message) => assert.ok(value, message);

/** The file that the process runs: node:test starts one process for each. */
function testFile(): string {
	return resolve(process.argv[1] ?? "tests");
}

function testsOf(setting: TestSetting): Public.Test {
	return (name: string, first: Public.TestOptions | Body, second?: Body) => {
		const options = typeof first === "function" ? {} : first;
		const body = typeof first === "function" ? first : second;
		if (body === undefined) throw new TestingError(`test "${name}" has no function`);
		const start = startOf(name, options);
		void nodeTest(name, async () => {
			const { bed, close } = await setting.open(start, options.before);
			try {
				await body(bed);
			} catch (error) {
				throw withLadder(error, bed);
			} finally {
				close();
			}
		});
	};
}

function startOf(name: string, { start = START }: Public.TestOptions): number {
	const time = Date.parse(start);
	if (Number.isNaN(time))
		throw new TestingError(
			`test "${name}": start: "${start}" is no time; write 2026-03-02T09:00:00Z`,
		);
	return time;
}

/** What happened is the first that is wanted to know of a test that failed. */
function withLadder(error: unknown, bed: TestBed): unknown {
	if (!(error instanceof Error)) return error;
	// Read first: it is made of the message when it is asked for.
	const { message: said, stack } = error;
	const ladder = bed.ladder().replaceAll(/^/gm, "  ");
	error.message = `${said}\n\n${ladder}\n`;
	if (stack !== undefined) error.stack = stack.replace(said, () => error.message);
	return error;
}
