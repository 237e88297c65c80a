/** Who may import whom. main.ts, engine.ts and the commands put the folders together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imports, resolve } from "../support/source.ts";
import { fakeTree, repository, select, type Tree } from "../support/tree.ts";

/** Lowest first. A folder may import the folders listed for it and itself. */
const LAYERS: Record<string, readonly string[]> = {
	base: [],
	message: ["base"],
	transaction: ["base", "message"],
	leg: ["base", "message"],
	registrar: ["base", "message"],
	auth: ["base", "message"],
	resolve: ["base", "message"],
	location: ["base", "message"],
	transport: ["base", "message"],
	config: ["base", "message", "leg"],
	proxy: ["base", "message", "transaction", "leg"],
	script: ["base", "message", "transaction", "proxy", "leg"],
	exchange: [
		...["base", "message", "transaction", "proxy", "leg"],
		...["registrar", "auth", "resolve", "location", "script"],
	],
	host: ["base"],
	// What it tells of scripts has the shape that they give it.
	admin: ["base", "script"],
	observe: ["base"],
};

/** What only the files directly under core/, and the commands, may reach. */
const TOP = [
	"commands",
	"testing",
	"replay",
	"engine.ts",
	"engine-host-calls.ts",
	...Object.keys(LAYERS),
];
const COMPOSITION: Record<string, readonly string[]> = {
	"main.ts": TOP,
	commands: TOP,
	"engine.ts": [
		...["engine-host-calls.ts", "engine-listen.ts", "engine-scripts.ts", "engine-store.ts"],
		"engine-tls.ts",
		...Object.keys(LAYERS),
	],
	"engine-host-calls.ts": [
		...["base", "config", "exchange", "host", "location", "proxy", "script", "transport"],
	],
	"engine-scripts.ts": ["admin", "base", "config", "script"],
	"engine-listen.ts": ["base", "config", "location", "transport"],
	"engine-tls.ts": ["base", "config", "host", "transport"],
	"engine-store.ts": ["base", "config", "engine-listen.ts", "host", "leg", "location"],
	// It puts the engine together for tests, without sockets.
	testing: Object.keys(LAYERS).filter(
		(layer) => !["transport", "admin", "observe"].includes(layer),
	),
	// It puts recorded traffic to the same.
	replay: [
		"testing",
		...Object.keys(LAYERS).filter((layer) => !["transport", "admin", "observe"].includes(layer)),
	],
	"sipwright.js": ["supervise.js"],
	"supervise.js": [],
	"build.ts": [],
};

export function layerViolations(tree: Tree): string[] {
	const wrong: string[] = [];
	for (const [path, text] of tree) {
		const layer = layerOf(path);
		const allowed = LAYERS[layer] ?? COMPOSITION[layer];
		if (allowed === undefined) {
			wrong.push(`${path} is in no layer: add its folder to the table or move it`);
			continue;
		}
		for (const target of imports(text).filter((specifier) => specifier.startsWith("."))) {
			const other = layerOf(resolve(path, target));
			if (other !== layer && !allowed.includes(other)) wrong.push(`${path} imports ${target}`);
		}
	}
	return wrong;
}

/** The folder under core/, or the file name for a file directly under it; `..` leads out of core/. */
function layerOf(path: string): string {
	const [top, layer] = path.split("/");
	return top === "core" && layer !== undefined ? layer : `outside core: ${path}`;
}

test("core/: imports only point down the layers", () => {
	assert.deepEqual(layerViolations(select(repository(), /^core\/.*\.[tj]s$/)), []);
});

test("the layer check fails on a wrong arrow, an unknown folder and an import from outside core/", () => {
	const tree = fakeTree({
		"core/message/uri.ts": 'import type {\n\tA,\n} from "../proxy/decision.ts";',
		"core/transport/udp.ts": 'import "../engine.ts";',
		"core/leg/x.ts": 'import { a } from "../../test/support/a.ts";',
		"core/proxy/forward.ts": 'const log = await import("../observe/log.ts");',
		"core/misc/y.ts": "",
		"core/base/fine.ts": 'import type { Flow } from "./flow.ts";',
		"core/engine.ts": 'import { a } from "./observe/log.ts";',
	});
	assert.deepEqual(layerViolations(tree), [
		"core/message/uri.ts imports ../proxy/decision.ts",
		"core/transport/udp.ts imports ../engine.ts",
		"core/leg/x.ts imports ../../test/support/a.ts",
		"core/proxy/forward.ts imports ../observe/log.ts",
		"core/misc/y.ts is in no layer: add its folder to the table or move it",
	]);
});
