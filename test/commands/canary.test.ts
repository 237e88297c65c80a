/** New scripts on a part of the calls, from outside: save, `status`, `promote`, `rollback`, the admin API. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { request } from "../script/harness.ts";
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

test("issue 5 §7: a shadow is asked about live requests; status shows what it would have decided, and a reload why it cannot", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("routes/default.ts", script(404));
	folder.write("next/default.ts", script(410));
	const yaml = (share: number) => `listen: [udp:127.0.0.1:0]
admin: { address: "127.0.0.1:${port}" }
location: { store: memory }
routes: ./routes
reload: { typecheck: off, poll: off, shadow: { routes: ./next, share: ${share} } }
`;
	const port = await freePort();
	const file = folder.write("sipwright.yaml", yaml(100));
	const program = startProgram(process.execPath, ["core/sipwright.js", "run", "--config", file]);
	t.after(() => program.stop("SIGKILL"));
	await program.printed(/"event":"ready"/);
	const [, address = ""] = /"transport":"udp".*?"advertised":"(.*?)"/.exec(program.output()) ?? [];
	const phone = createSocket("udp4");
	t.after(() => phone.close());
	const text = request("OPTIONS", `sip:9@${address}`).replace(";branch", ";rport;branch");
	const [host = "", ownPort] = address.split(":");
	const answered = once(phone, "message");
	phone.send(Buffer.from(text, "latin1"), Number(ownPort), host);
	assert.match(String((await answered)[0]), /^SIP\/2.0 404 /);
	await program.printed(/"event":"shadow.different"/);
	const { out } = await sipwright("status", "-c", file);
	assert.match(
		out,
		/^shadow +\S+\/next, [0-9a-f]+, 100 %: 0 alike, 1 differently, 0 failed, 0 left out$/m,
	);
	assert.match(
		out,
		/^decided differently +\S+ OPTIONS sip:9@\S+, Call-ID \S+: reply 404, and the shadow: reply 410$/m,
	);

	folder.write("next/default.ts", "no script (");
	folder.write("sipwright.yaml", yaml(50));
	const reloaded = await sipwright("reload", "-c", file);
	assert.equal(reloaded.code, 0);
	assert.match(
		reloaded.err,
		/warning LOAD_WARNING: the shadow is not asked: bundle: .*default\.ts:1:/,
	);
	await program.stop();
});

test("architecture §4: a running instance rolls failing scripts back by itself, and status says what it rests on", async (t) => {
	const folder = tempFolder();
	t.after(() => folder.remove());
	folder.write("routes/default.ts", script(404));
	const file = folder.write(
		"sipwright.yaml",
		`listen: [udp:127.0.0.1:0]
admin: { address: "127.0.0.1:${await freePort()}" }
location: { store: memory }
routes: ./routes
reload: { typecheck: off, poll: off, rollback: { failed: 50, asked: 2 } }
`,
	);
	const program = startProgram(process.execPath, ["core/sipwright.js", "run", "--config", file]);
	t.after(() => program.stop("SIGKILL"));
	await program.printed(/"event":"ready"/);
	const fragile = script(410).replace("() =>", "(request) => request.uri.user === '9' ? null! :");
	folder.write("routes/default.ts", fragile);
	assert.equal((await sipwright("reload", "-c", file)).code, 0);
	const [, address = ""] = /"transport":"udp".*?"advertised":"(.*?)"/.exec(program.output()) ?? [];
	const [host = "", port] = address.split(":");
	const phone = createSocket("udp4");
	t.after(() => phone.close());
	const ask = async (branch: string) => {
		const text = request("OPTIONS", `sip:9@${address}`).replace("z9hG4bKa1", `${branch};rport`);
		const answered = once(phone, "message");
		phone.send(Buffer.from(text, "latin1"), Number(port), host);
		return String((await answered)[0]).slice(8, 11);
	};
	assert.deepEqual([await ask("z9hG4bKb1"), await ask("z9hG4bKb2")], ["500", "500"]);
	await program.printed(/"event":"routes.active","generation":3/);
	assert.equal(await ask("z9hG4bKb3"), "404");
	const { out } = await sipwright("status", "-c", file);
	assert.match(
		out,
		/^rolled back +generation 2, \S+: 2 of 2 requests failed, the last one at .*default\.ts/m,
	);
	assert.match(out, /^generationsRolledBack +1$/m);
	await program.stop();
});
