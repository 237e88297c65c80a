/** docs/reference/config.md is what the schema says, and its example loads. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generate } from "selfsigned";
import { loadConfig } from "../../core/config/load.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { configReference, EXAMPLE, PAGE } from "./config-reference.ts";

test(`${PAGE} is current: node test/tidy/config-reference.ts writes it`, () => {
	assert.equal(readFileSync(PAGE, "utf8"), `${configReference()}\n`);
});

test(`${PAGE}: the example loads without errors and warnings`, async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const made = await generate([{ name: "commonName", value: "sip.example.com" }]);
	folder.write("certs/fullchain.pem", made.cert);
	folder.write("certs/privkey.pem", made.private);
	folder.write("routes/default.ts", "");
	const loaded = await loadConfig(folder.write("sipwright.yaml", EXAMPLE));
	assert.deepEqual(loaded.ok ? [] : loaded.errors, []);
	assert.deepEqual(
		loaded.remarks.map(({ level, code }) => `${level} ${code}`),
		["note CONFIG_ADVERTISE", "note CONFIG_CONTACT"],
	);
});
