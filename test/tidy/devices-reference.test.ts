/** docs/reference/devices.md is what the schema says; that every key has a source and a type, the type checker sees. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { topShape } from "../../core/config/schema.ts";
import { keyDocs } from "../../core/config/section.ts";
import { devicesReference, PAGE } from "./devices-reference.ts";

test(`${PAGE} is current: node test/tidy/devices-reference.ts writes it`, () => {
	assert.equal(readFileSync(PAGE, "utf8"), `${devicesReference()}\n`);
});

test(`${PAGE} says that nothing in it needs a restart, and nothing does`, () => {
	for (const part of [topShape.devices, topShape["secure-signaling"]])
		assert.notEqual(keyDocs.get(part)?.restart, true);
});
