/** Every configuration that a guide shows loads as it stands. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { loadConfig } from "../../core/config/load.ts";
import { START } from "../support/rig-config.ts";
import { tempFolder } from "../support/temp-folder.ts";

const GUIDES = "docs/guides";
/** Files that a guide names and a reader has. */
const FILES = ["CONFIG_FILE", "CONFIG_CERTIFICATE"];

for (const name of readdirSync(GUIDES))
	for (const [at, yaml] of fences(readFileSync(`${GUIDES}/${name}`, "utf8")).entries())
		test(`${name}: its configuration ${at + 1} has no errors`, async (t) => {
			const folder = tempFolder();
			t.after(() => folder.remove());
			const file = folder.write("sipwright.yaml", yaml);
			const loaded = await loadConfig(file, { now: START, folder: folder.path });
			const errors = loaded.ok ? [] : loaded.errors;
			assert.deepEqual(
				errors.filter(({ code }) => !FILES.includes(code)).map(({ message }) => message),
				[],
			);
		});

/** A block that begins with spaces continues the devices of the one before. */
function fences(markdown: string): readonly string[] {
	return [...markdown.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) =>
		text.startsWith(" ") ? `devices:\n${text}` : text,
	);
}
