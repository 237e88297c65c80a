import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("a node that does not share its registrations does not load the client of Redis: it slows all strings down", () => {
	const text = `
		import { registerHooks } from "node:module";
		const loaded = [];
		registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
		await import("${new URL("../core/engine.ts", import.meta.url)}");
		console.log(loaded.join("\\n"));`;
	const args = ["--input-type=module", "-e", text];
	const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
	assert.match(stdout, /node_modules\/chokidar\//);
	assert.doesNotMatch(stdout, /node_modules\/ioredis\//);
});
