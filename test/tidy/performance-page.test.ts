/** docs/performance.md is what the benchmark's figures render to. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PAGE, renderPage } from "../bench/page.ts";
import { readResults } from "../bench/results.ts";

test(`${PAGE} is rendered from test/bench/results.json: npm run bench -- --part page writes it`, () => {
	assert.equal(readFileSync(PAGE, "utf8"), renderPage(readResults()));
});
