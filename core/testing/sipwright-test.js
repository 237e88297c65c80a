/** What `import "sipwright/test"` loads: the kit as it stands in a checkout, or what was built from it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const places = ["./kit.ts", "../../dist/core/testing/kit.js"];
const [found] = places
	.map((place) => new URL(place, import.meta.url))
	.filter((url) => existsSync(fileURLToPath(url)));

export const { test, configured, equal, match, ok } = await import(found.href);
