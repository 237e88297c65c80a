/** The log: JSON lines for programs, text for people, no secrets for anybody. */
import assert from "node:assert/strict";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLog, type LogLevel, type ProcessLog } from "../../core/observe/log.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function written(
	t: TestContext,
	level: LogLevel,
	readable: boolean,
	write: (log: ProcessLog) => void,
): Promise<string> {
	const folder = tempFolder();
	const file = join(folder.path, "log");
	const fd = openSync(file, "w");
	t.after(() => folder.remove());
	const log = createLog(level, { fd, readable });
	write(log);
	await log.close();
	return readFileSync(file, "utf8");
}

test("one JSON object per line: level by name, time, fields, message", async (t) => {
	const text = await written(t, "info", false, (log) => {
		log.debug({ event: "a" }, "hidden");
		log.info({ event: "ready", listeners: [1] }, "ready");
		log.error({ event: "b" }, "two\nlines");
	});
	const [first, second] = text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	assert.deepEqual(
		{ ...first, time: "" },
		{ level: "info", time: "", event: "ready", listeners: [1], msg: "ready" },
	);
	assert.match(first.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
	assert.deepEqual([second.level, second.msg], ["error", "two\nlines"]);
	assert.equal(text.trimEnd().split("\n").length, 2);
});

test("secrets are left out, at the top and within", async (t) => {
	const secrets = ["password", "token", "secret", "authorization", "proxy-authorization"];
	const fields = Object.fromEntries(secrets.map((name) => [name, "hunter2"]));
	const text = await written(t, "debug", false, (log) => {
		log.info({ ...fields, device: fields, request: { headers: fields } }, "x");
	});
	assert.doesNotMatch(text, /hunter2/);
	assert.equal(text.match(/\[redacted\]/g)?.length, 3 * secrets.length);
});

test("on a terminal: a line that people read", async (t) => {
	const text = await written(t, "info", true, (log) =>
		log.warn({ event: "x", port: 5060 }, "careful"),
	);
	assert.match(text, /WARN.*careful/);
	assert.match(text, /"port":5060/);
	assert.doesNotMatch(text, /^\{/);
});
