/** `sipwright run` as a user starts it, supervisor and worker, and what ends them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ReloadOutcome } from "../../core/admin/status.ts";
import { hook } from "../script/harness.ts";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { udpPeer } from "../support/sip-peer.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";
import { sipwright as command } from "./output.ts";

/** Aborts V8, which no limit can prevent. */
const ABORT = '"x".repeat(5e8).split("");';
const answering = (status: number, bad = "") =>
	hook(`if (request.uri.user === "666") ${bad || "drop()"}
		return reply(${status});`);

type Running = {
	readonly server: Sipwright;
	readonly file: string;
	/** Sends OPTIONS, and what comes back: the worker that it was sent to may not live to answer. */
	send(user: string): Promise<void>;
	asks(user: string): Promise<number | undefined>;
	save(source: string): void;
};

async function start(t: TestContext, source?: string): Promise<Running> {
	const server = await startSipwright({
		config: `listen: [udp:127.0.0.1:0]\nlocation: { store: memory }${source ? "\nroutes: routes" : ""}`,
		files: source === undefined ? {} : { "routes/default.ts": source },
		supervised: true,
	});
	// One that SIGKILL has ended cannot be stopped in good order.
	closing(t, server, (one) => one.stop().catch((error) => assert.match(String(error), /SIGKILL/)));
	const client = closing(t, await udpPeer(), (peer) => peer.close());
	const send = async (user: string) => {
		const { listeners } = await server.status();
		asked += 1;
		const lines = [
			`Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKsupervised${asked}`,
			"Max-Forwards: 70",
			"From: <sip:asker@127.0.0.1>;tag=a",
			`To: <sip:${user}@127.0.0.1>`,
			`Call-ID: supervised-${asked}`,
			"CSeq: 1 OPTIONS",
		];
		client.send(message(`OPTIONS sip:${user}@127.0.0.1 SIP/2.0`, lines), listeners[0]?.port);
	};
	return {
		server,
		file: join(server.folder.path, "sipwright.yaml"),
		send,
		asks: async (user) => {
			await send(user);
			return (await client.response()).status;
		},
		save: (text) => void server.folder.write("routes/default.ts", text),
	};
}

let asked = 0;

/** Resolves when the worker has been started so many times again. */
const restarted = (server: Sipwright, times: number) =>
	server.logged(new RegExp(`"event":"worker.started".*"restarts":${times}\\b`));

test("a worker that is killed is started again; status and log tell the processes and how often", async (t) => {
	const { server, file } = await start(t);
	const before = await server.status();
	assert.deepEqual(before.supervisor, { pid: server.pid, restarts: 0 });
	assert.notEqual(before.pid, server.pid);
	process.kill(before.pid, "SIGKILL");
	await restarted(server, 1);
	const { pid, supervisor } = await server.status();
	assert.deepEqual([supervisor?.pid, supervisor?.restarts], [server.pid, 1]);
	assert.equal(supervisor?.died?.how, "SIGKILL");
	const told = server
		.log()
		.filter(({ event }) => String(event).startsWith("worker."))
		.map((line) => [line.event, line.level, line.pid, line.supervisor, line.signal]);
	assert.deepEqual(told, [
		["worker.died", "error", before.pid, server.pid, "SIGKILL"],
		["worker.started", "info", pid, server.pid, undefined],
	]);
	assert.match(
		(await command("status", "--config", file)).out,
		/^supervisor +process \d+, 1 restarts, the last one at 2\S+Z after SIGKILL$/m,
	);
});

test("kill -9 of the supervisor ends the worker, too", async (t) => {
	const { server } = await start(t);
	process.kill(server.pid, "SIGKILL");
	// That is when both have closed their output.
	assert.equal(await server.ended, null);
	const last = server.log().filter(({ event }) => event === "stopping" || event === "stopped");
	assert.deepEqual(
		last.map(({ event, signal }) => [event, signal]),
		[
			["stopping", "the end of its supervisor"],
			["stopped", undefined],
		],
	);
});

test("scripts that crash the worker a second time are not run again: those before them are, until they change", async (t) => {
	const { server, file, send, asks, save } = await start(t, answering(404));
	assert.equal(await asks("1"), 404);
	save(answering(410, ABORT));
	await server.logged(/"event":"routes.active","generation":2/);
	assert.equal(await asks("1"), 410);
	await send("666");
	await restarted(server, 1);
	assert.equal(await asks("1"), 410, "once may be chance");
	await send("666");
	await restarted(server, 2);
	assert.equal(await asks("1"), 404, "the scripts before");

	const { generation, generations } = await server.status();
	assert.deepEqual([generation.id, generations[0]?.origin], [1, "last-good"]);
	const { code, out } = await command("reload", "--json", "--config", file);
	const { errors } = JSON.parse(out) as ReloadOutcome;
	assert.deepEqual([code, errors[0]?.code], [1, "LOAD_CRASHED"]);
	assert.equal((await command("rollback", "--config", file)).code, 1, "nor by a rollback");

	save(answering(486));
	await server.logged(
		/"event":"routes.active","generation":2,.*"origin":"script"[\s\S]*"generation":2,.*"origin":"script"/,
	);
	assert.equal(await asks("666"), 486);
	assert.equal((await command("rollback", "--config", file)).code, 0);
	assert.equal(await asks("1"), 404, "what is gone back to is what served before");
});

test("scripts that crash the worker while they are loaded cost one restart, and are not run again", async (t) => {
	const { server, asks, save } = await start(t, answering(404));
	save(`${ABORT}\n${answering(410)}`);
	await restarted(server, 1);
	assert.equal(await asks("1"), 404);
	const refused = server.log().filter(({ event }) => event === "routes.refused");
	assert.deepEqual(
		refused.map(({ code, file }) => [code, file]),
		[["LOAD_CRASHED", join(server.folder.path, "routes/default.ts")]],
	);
	save(answering(486));
	await server.logged(/"event":"routes.active","generation":2/);
	assert.equal(await asks("666"), 486);
});

test("scripts that crash the worker at its very start: the built-in routes serve, and it says why", async (t) => {
	const { server, asks } = await start(t, `${ABORT}\n${answering(410)}`);
	assert.equal(await asks("1"), 404);
	const { generations, supervisor } = await server.status();
	assert.deepEqual([generations[0]?.origin, supervisor?.restarts], ["built-in", 1]);
	await server.logged(/"event":"routes.refused","code":"LOAD_CRASHED"/);
});
