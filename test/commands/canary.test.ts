/** New scripts on a part of the calls, from outside: save, `status`, `promote`, `rollback`, the admin API. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "../support/ports.ts";
import { startProgram } from "../support/process.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { sipwright } from "./output.ts";

const script = (status: number) =>
	`import { defineRoutes, reply } from "sipwright";\nexport default defineRoutes({ onRequest: () => reply(${status}) });\n`;

test("architecture §5: what is tried is shown by reload and status, promoted by `promote`, and dropped by `rollback`", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("routes/default.ts", script(404));
	const file = folder.write(
		"sipwright.yaml",
		`listen: [udp:127.0.0.1:0]
admin: { address: "127.0.0.1:${await freePort()}" }
location: { store: memory }
routes: ./routes
reload: { typecheck: off, poll: off, canary: { share: 5, prefixes: ["9"], seconds: off } }
`,
	);
	const program = startProgram(process.execPath, ["core/sipwright.js", "run", "--config", file]);
	t.after(() => program.stop("SIGKILL"));
	await program.printed(/"event":"ready"/);
	const ask = (command: string) => sipwright(command, "-c", file);

	const none = await ask("promote");
	assert.equal(none.code, 1);
	assert.match(none.err, /error LOAD_PROMOTE: no scripts are being tried/);

	folder.write("routes/default.ts", script(410));
	const reloaded = await ask("reload");
	assert.equal(reloaded.code, 0);
	assert.match(
		reloaded.out,
		/^reloaded: generation 1, [0-9a-f]+; generation 2, [0-9a-f]+, is tried until sipwright promote$/m,
	);
	const { out } = await ask("status");
	assert.match(out, /^scripts +generation 1, /m);
	assert.match(
		out,
		/^canary +generation 2 for 5 %, 9… until sipwright promote, 0 requests answered, 0 of them 5xx$/m,
	);
	const promoted = await ask("promote");
	assert.equal(promoted.code, 0);
	assert.match(promoted.out, /^promoted: generation 2, [0-9a-f]+$/m);

	folder.write("routes/default.ts", script(411));
	assert.equal((await ask("reload")).code, 0);
	const dropped = await ask("rollback");
	assert.match(dropped.out, /^rolled back: generation 2, [0-9a-f]+$/m);
	assert.doesNotMatch((await ask("status")).out, /^canary/m);
	await program.stop();
});
