/** The supervisor with small workers of the test's own: real processes, short times. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Program, startProgram } from "./support/process.ts";

const SUPERVISE = new URL("../core/supervise.js", import.meta.url).href;
/** What a worker says, and how it sees what it is told. */
const WORKER = `
const told = JSON.parse(process.env.SIPWRIGHT_SUPERVISOR);
const say = (message) => new Promise((resolve) => process.send(message, undefined, undefined, resolve));
const serve = async (hash, loading = false) => {
	await say({ scripts: [hash].flat(), loading });
	await say({ ready: true });
	console.log("worker " + process.pid + " " + JSON.stringify(told));
};
setInterval(() => say({}), 20).unref();
process.on("disconnect", () => process.exit());
`;

/** Times in milliseconds, in place of the supervisor's own. */
type Times = { readonly quickMs?: number; readonly delayMs?: number; readonly lookMs?: number };

function supervised(t: TestContext, worker: string, times: Times = {}): Program {
	const args = JSON.stringify(["-e", WORKER + worker]);
	const given = JSON.stringify({ delayMs: 1, ...times });
	const code = `import(${JSON.stringify(SUPERVISE)}).then(({ supervise }) => supervise(process.execPath, ${args}, ${given}));`;
	const program = startProgram(process.execPath, ["-e", code]);
	t.after(() => program.stop("SIGKILL"));
	return program;
}

/** What the nth worker was told, once it serves. */
async function told(program: Program, nth: number): Promise<Record<string, unknown>> {
	const [, text = ""] = await program.until(
		(output) => [...output.matchAll(/^worker \d+ (.*)$/gm)][nth],
		`worker ${nth}`,
	);
	return JSON.parse(text);
}

const events = (program: Program, name: string) =>
	program
		.output()
		.split("\n")
		.filter((line) => line.includes(`"event":"${name}"`))
		.map((line) => JSON.parse(line));

test("a worker that a signal or an exception ends is started again, and told of it; the log says it, too", async (t) => {
	const program = supervised(
		t,
		`serve("a").then(() => {
			if (told.restarts === 0) process.kill(process.pid, "SIGKILL");
			if (told.restarts === 1) throw new Error("a mistake");
			setInterval(() => {}, 1000);
		});`,
	);
	const { restarts, died, pid, crashed } = await told(program, 2);
	assert.deepEqual([restarts, pid, crashed], [2, program.pid, []]);
	assert.match(JSON.stringify(died), /^\{"at":"2[^"]+Z","how":"exit code 1"\}$/);
	const deaths = events(program, "worker.died");
	assert.deepEqual(
		deaths.map(({ level, signal, code }) => [level, signal, code]),
		[
			["error", "SIGKILL", null],
			["error", null, 1],
		],
	);
	assert.ok(deaths.every(({ time, msg }) => Date.parse(time) > 0 && msg.startsWith("worker ")));
});

test("a worker that ends by itself is not started again: its exit code is that of the supervisor", async (t) => {
	const before = supervised(t, "process.exit(2);");
	assert.equal(await before.ended, 2);
	const refused = supervised(
		t,
		`if (told.restarts === 0) serve("a").then(() => process.kill(process.pid, "SIGKILL"));
		else say({ leaving: true }).then(() => process.exit(1));`,
	);
	assert.equal(await refused.ended, 1);
	const done = supervised(t, 'serve("a").then(() => process.exit(0));');
	assert.equal(await done.ended, 0);
	assert.equal(events(done, "worker.died").length, 0);
});

test("a worker that dies at once, again and again, is given up after eleven deaths, with exit code 4", async (t) => {
	const program = supervised(t, 'serve("a").then(() => process.kill(process.pid, "SIGKILL"));');
	assert.equal(await program.ended, 4);
	assert.equal(events(program, "worker.died").length, 11);
	assert.deepEqual(
		events(program, "worker.given-up").map(({ code, deaths }) => [code, deaths]),
		[["WORKER_DIES", 11]],
	);
});

test("a worker that served for a while begins to count anew", async (t) => {
	const program = supervised(
		t,
		`serve("a").then(() => told.restarts < 15 && process.kill(process.pid, "SIGKILL"));
		setInterval(() => {}, 1000);`,
		{ quickMs: 0 },
	);
	assert.equal((await told(program, 15)).restarts, 15);
});

test("SIGHUP goes on to the worker, and so does SIGTERM, which ends both with the worker's exit code", async (t) => {
	const program = supervised(
		t,
		`process.on("SIGHUP", () => console.log("again"));
		process.on("SIGTERM", () => process.exit(3));
		setInterval(() => {}, 1000);
		serve("a");`,
	);
	await told(program, 0);
	process.kill(program.pid, "SIGHUP");
	await program.printed(/again/);
	assert.equal(await program.stop(), 3);
	assert.deepEqual(events(program, "worker.died"), []);
});

test("SIGTERM while no worker runs ends it at once", async (t) => {
	const quick = 'serve("a").then(() => process.kill(process.pid, "SIGKILL"));';
	const program = supervised(t, quick, { delayMs: 60_000 });
	await program.until((output) => output.split("worker.died")[2], "second death");
	assert.equal(await program.stop(), 0);
});

test("a worker that hangs is ended and started again; one that has not served yet has its time", async (t) => {
	const program = supervised(
		t,
		`const until = Date.now() + 400;
		if (told.restarts === 1) while (Date.now() < until);
		serve("a").then(() => {
			if (told.restarts === 0) for (;;);
			setInterval(() => {}, 1000);
		});`,
		{ lookMs: 200 },
	);
	const { died } = await told(program, 1);
	assert.match(JSON.stringify(died), /SIGKILL, since it hung/);
	assert.deepEqual(
		events(program, "worker.died").map(({ signal, hung }) => [signal, hung]),
		[["SIGKILL", true]],
	);
});

test("a crash is put down to scripts that were loading at once, to those that served when it happens again; SIGKILL is none", async (t) => {
	const program = supervised(
		t,
		`const lives = [
			["new", true, "SIGABRT"],
			["old", false, "SIGKILL"],
			["old", false, "SIGKILL"],
			["old", false, "SIGTRAP"],
			["other", false, "SIGABRT"],
			["old", false, "SIGABRT"],
			["last", false],
		];
		const [hash, loading, signal] = lives[told.restarts];
		serve(hash, loading).then(() => signal && process.kill(process.pid, signal));
		setInterval(() => {}, 1000);`,
	);
	await told(program, 6);
	const all = Array.from({ length: 7 }, async (_, nth) => (await told(program, nth)).crashed);
	assert.deepEqual(await Promise.all(all), [
		[],
		["new"],
		["new"],
		["new"],
		["new"],
		["new"],
		["new", "old"],
	]);
	assert.deepEqual(
		events(program, "scripts.crashed").map(({ scripts }) => scripts),
		["new", "old"],
	);
});

test("a crash is put down to the scripts that are under suspicion already, if they run, and not to what was loaded after them", async (t) => {
	const program = supervised(
		t,
		`const lives = [[["routes", "shadow"]], [["shadow", "routes"]], [["shadow", "before"]]];
		const [hashes] = lives[told.restarts];
		serve(hashes).then(() => told.restarts < 2 && process.kill(process.pid, "SIGABRT"));
		setInterval(() => {}, 1000);`,
	);
	const all = [0, 1, 2].map(async (nth) => (await told(program, nth)).crashed);
	assert.deepEqual(await Promise.all(all), [[], [], ["routes"]]);
});
