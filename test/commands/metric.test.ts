/** What scripts count, from outside: `sipwright status` and the admin API. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { ProcessStatus } from "../../core/admin/status.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { sipwright } from "./output.ts";

const script = (more: string) => `import { defineRoutes, metric, reply } from "sipwright";
export default defineRoutes({
	onStart(start) {
		metric.count("starts");
		metric.set("generation", start.generation);
	},
	onRequest: () => reply(404),
});
// ${more}
`;

test("status and the admin API show what scripts count and set, added up over generations", async (t) => {
	const server = await startSipwright({
		config: "listen: [udp:127.0.0.1:0]\nroutes: routes\n",
		files: { "routes/default.ts": script("first") },
	});
	t.after(() => server.stop());
	const file = join(server.folder.path, "sipwright.yaml");
	server.folder.write("routes/default.ts", script("second"));
	assert.equal((await sipwright("reload", "--config", file)).code, 0);
	const { out } = await sipwright("status", "--config", file);
	assert.match(out, /^metric +starts 2\nmetric +generation 2$/m);
	const json = await sipwright("status", "--json", "--config", file);
	assert.deepEqual((JSON.parse(json.out) as ProcessStatus).metrics, [
		{ name: "starts", kind: "count", value: 2 },
		{ name: "generation", kind: "value", value: 2 },
	]);
});
