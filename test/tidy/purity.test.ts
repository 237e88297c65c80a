/** The protocol core is sans-io: time, randomness and hashes come in as arguments. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imports, readSource } from "../support/source.ts";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

const PURE = /^core\/(base|message|transaction|proxy|leg|registrar|auth|resolve|exchange)\/.*\.ts$/;
/** Bundled into the isolate as well, where there is nothing but ECMAScript. */
const PLAIN = /^core\/(base|message|leg)\/|^core\/script\/sandbox\//;

const IMPURE =
	/\b(new Date|Date\s*\.|Date\s*\(|performance\b|setTimeout|setInterval|setImmediate|queueMicrotask|Math\s*\.\s*random|process\s*\.|Promise\b|globalThis|async\b|await\b|Buffer\b)/;
const NOT_ECMASCRIPT =
	/\b(TextEncoder|TextDecoder|URL|URLSearchParams|structuredClone|crypto|fetch|console|atob|btoa)\b\s*[.(]/;

export function impurities(tree: Tree): string[] {
	const wrong: string[] = [];
	for (const [path, text] of select(tree, PURE)) {
		for (const target of imports(text))
			if (!target.startsWith(".")) wrong.push(`${path} is pure and imports ${target}`);
		const used = IMPURE.exec(readSource(text).code);
		if (used) wrong.push(`${path} is pure and uses ${used[1]}`);
	}
	for (const [path, text] of select(tree, PLAIN)) {
		const used = NOT_ECMASCRIPT.exec(readSource(text).code);
		if (used) wrong.push(`${path} runs in the isolate too and uses ${used[1]}`);
	}
	return wrong;
}

test("core/: the pure layers import nothing from Node or npm, read no clock, promise nothing", () => {
	assert.deepEqual(impurities(repository()), []);
});

test("the purity check fails on imports, clocks, random numbers, promises and host globals", () => {
	const tree = fakeTree({
		"core/base/a.ts": 'import { hash } from "node:crypto";',
		"core/message/b.ts": 'import { z } from "zod";',
		"core/leg/c.ts": "const now = Date.now();",
		"core/proxy/d.ts": "const x = Math.random();",
		"core/auth/e.ts": "async function f() {}",
		"core/resolve/f.ts": "export type F = () => Promise<void>;",
		"core/base/g.ts": "const t = new TextEncoder();",
		"core/message/fine.ts": '/** The Date header is not a Promise. */\nconst name = "Date.now()";',
		"core/transport/impure.ts": "setTimeout(() => Date.now(), 1);",
	});
	assert.deepEqual(impurities(tree), [
		"core/base/a.ts is pure and imports node:crypto",
		"core/message/b.ts is pure and imports zod",
		"core/leg/c.ts is pure and uses Date.",
		"core/proxy/d.ts is pure and uses Math.random",
		"core/auth/e.ts is pure and uses async",
		"core/resolve/f.ts is pure and uses Promise",
		"core/base/g.ts runs in the isolate too and uses TextEncoder",
	]);
});
