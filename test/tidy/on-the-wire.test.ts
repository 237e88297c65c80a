/** docs/reference/on-the-wire.md is what the engine does. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { onTheWire, PAGE } from "./on-the-wire.ts";

test(`${PAGE} is current: node test/tidy/on-the-wire.ts writes it`, async () => {
	assert.equal(readFileSync(PAGE, "utf8"), `${await onTheWire()}\n`);
});
