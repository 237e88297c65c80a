/** What `sipwright test` prints: each file with its tests, then what failed, with the ladder and the author's own lines. */
import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { styleText } from "node:util";
import type { FailedTest } from "../script/authors-tests.ts";
import { failedTest } from "./failed-test.ts";

const KIT = new URL("./", import.meta.url).href;

export type Totals = {
	readonly passed: number;
	readonly failed: number;
	readonly failures: readonly FailedTest[];
};

/** `path`: the file as it was run. */
type Failed = {
	readonly name: string;
	readonly file: string;
	readonly path: string;
	readonly reason: string;
};
/** Of a file, on standard error: it says why the file could not be run. */
const SAID_MAX = 10_000;

/** Writes as the tests run; resolves when all have. */
export async function reportTests(
	events: AsyncIterable<TestEvent>,
	write: (text: string) => void,
): Promise<Totals> {
	const report = new Report(write);
	for await (const event of events) {
		if (event.type === "test:stdout" || event.type === "test:stderr") write(event.data.message);
		if (event.type === "test:stderr") report.said(event.data);
		if (event.type === "test:pass") report.passed(event.data);
		if (event.type === "test:fail") report.failed(event.data, event.data.details.error);
	}
	return report.end();
}

type Ended = {
	readonly name: string;
	readonly file?: string | undefined;
	readonly entryFile?: string;
};

class Report {
	readonly #write: (text: string) => void;
	readonly #failed: Failed[] = [];
	readonly #said = new Map<string, string>();
	#passed = 0;
	#file = "";

	constructor(write: (text: string) => void) {
		this.#write = write;
	}

	passed(test: Ended): void {
		this.#passed += 1;
		this.#ended(test, green("✔"));
	}

	failed(test: Ended, error: Error): void {
		const path = test.entryFile ?? test.file ?? "";
		this.#failed.push({ name: test.name, file: fileOf(test), path, reason: reasonOf(error) });
		this.#ended(test, red("✖"));
	}

	said({ file, message }: { readonly file: string; readonly message: string }): void {
		const before = this.#said.get(file) ?? "";
		if (before.length < SAID_MAX) this.#said.set(file, before + message);
	}

	end(): Totals {
		for (const { name, file, reason } of this.#failed) {
			const indented = reason.replaceAll(/^(?=.)/gm, "  ");
			this.#write(`\n${red("✖")} ${file}: ${name}\n${indented}\n`);
		}
		const failed = this.#failed.length;
		const all = `${this.#passed} passed`;
		this.#write(`\n${failed === 0 ? green(all) : `${red(`${failed} failed`)}, ${all}`}\n`);
		const failures = this.#failed.map(({ name, path, reason }) =>
			failedTest(name, path, reason, this.#said.get(path) ?? ""),
		);
		return { passed: this.#passed, failed, failures };
	}

	#ended(test: Ended, mark: string): void {
		const file = fileOf(test);
		if (file !== this.#file) this.#write(`${this.#file === "" ? "" : "\n"}${file}\n`);
		this.#file = file;
		this.#write(`  ${mark} ${test.name}\n`);
	}
}

/** The file that was run: the test itself was declared by the kit. */
function fileOf(test: Ended): string {
	const file = test.entryFile ?? test.file;
	return file === undefined ? "" : relative(process.cwd(), file);
}

/** What was thrown, and where in the author's files. */
function reasonOf(error: Error): string {
	const { cause } = error;
	if (!(cause instanceof Error)) return String(cause ?? error.message);
	const lines = (cause.stack ?? String(cause)).split("\n");
	const kept = lines.filter((line) => !/^\s+at /.test(line) || isAuthors(line));
	return kept.join("\n").replace(/^(Error )?\[?TestingError\]?: /, "");
}

function isAuthors(frame: string): boolean {
	return !frame.includes(KIT) && !frame.includes("node:");
}

function green(text: string): string {
	return styleText("green", text, { stream: process.stdout });
}

function red(text: string): string {
	return styleText("red", text, { stream: process.stdout });
}
