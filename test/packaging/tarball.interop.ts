/** What `npm publish` would send: packed, installed into an empty folder, started, and its types used. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { startProgram } from "../support/process.ts";
import { udpPeer } from "../support/sip-peer.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
/** The Node that runs this, whatever the system has. */
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);

test("the packed tarball: installed into an empty folder, the command starts and answers", async (t) => {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const installed = install(folder);

	await t.test("it ships what it runs and nothing else", () => {
		const files = run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], REPOSITORY);
		const [{ files: list }]: [{ files: { path: string }[] }] = JSON.parse(files);
		const paths = list.map(({ path }) => path);
		assert.deepEqual(
			paths.filter(
				(path) =>
					!/^(dist\/(core|routes)\/|core\/(sipwright\.js|supervise\.js|script\/sipwright(-\w+)?\.d\.ts|testing\/sipwright-test(-\w+)?\.(js|d\.ts))$|package\.json|[A-Z]+(\.md)?$)/.test(
						path,
					),
			),
			[],
		);
		assert.ok(["LICENSE", "README.md", "CHANGELOG.md"].every((name) => paths.includes(name)));
	});

	await t.test("sipwright run: ready, and OPTIONS gets 200", () =>
		serves(t, folder, installed.bin),
	);

	await t.test(
		"sipwright init demo && cd demo && sipwright test: passes, before anything is installed",
		() => {
			run(installed.bin, ["init", "demo"], folder.path);
			const demo = join(folder.path, "demo");
			assert.match(run(installed.bin, ["test"], demo), /\n3 passed\n$/);
		},
	);

	await t.test("npm install and npm test in it: its own sipwright and its editor's types", () => {
		const demo = join(folder.path, "demo");
		symlinkSync(installed.modules, join(demo, "node_modules"));
		assert.match(run(process.execPath, ["--no-node-snapshot", "--test"], demo), /pass 3\n/);
		const tsc = join(REPOSITORY, "node_modules/typescript/bin/tsc");
		assert.equal(check(tsc, ["-p", "."], demo), "0");
	});

	await t.test("a route script finds the types of the module", () => {
		const project = join(folder.path, "project");
		mkdirSync(project);
		symlinkSync(installed.modules, join(project, "node_modules"));
		folder.write("project/good.ts", script("reply(404)"));
		folder.write("project/bad.ts", script("reply()"));
		const tsc = join(REPOSITORY, "node_modules/typescript/bin/tsc");
		const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024"];
		assert.equal(check(tsc, [...flags, "good.ts"], project), "0");
		assert.match(check(tsc, [...flags, "bad.ts"], project), /^[12] bad\.ts\(4,\d+\): error TS2554/);
	});
});

test("core/sipwright.js on an older Node: one sentence that says what to do", (t) => {
	const old = ["/usr/bin/node", "/usr/local/bin/node"].find((node) => major(node) < 24);
	if (old === undefined) return t.diagnostic("every Node here is new enough");
	const { status, stderr, stdout } = spawnSync(old, ["core/sipwright.js"], {
		cwd: REPOSITORY,
		encoding: "utf8",
	});
	assert.deepEqual([status, stdout], [1, ""]);
	assert.match(stderr, /^sipwright needs Node 24 or newer[^\n]+\n$/);
});

function install(folder: TempFolder): { bin: string; modules: string } {
	run("npm", ["pack", "--pack-destination", folder.path], REPOSITORY);
	const version = run("npm", ["pkg", "get", "version"], REPOSITORY).trim().replaceAll('"', "");
	const tarball = join(folder.path, `sipwright-${version}.tgz`);
	const prefix = join(folder.path, "prefix");
	const flags = ["--no-fund", "--no-audit", "--prefer-offline"];
	run("npm", ["install", "--global", "--prefix", prefix, ...flags, tarball], folder.path);
	return { bin: join(prefix, "bin/sipwright"), modules: join(prefix, "lib/node_modules") };
}

async function serves(t: TestContext, folder: TempFolder, bin: string): Promise<void> {
	const port = await freePort();
	const file = folder.write(
		"run/sipwright.yaml",
		`listen: [ udp:127.0.0.1:${port} ]\nadmin: { address: "127.0.0.1:${await freePort()}" }\n`,
	);
	const program = startProgram(bin, ["run", "--config", file], { cwd: folder.path, env: { PATH } });
	closing(t, program, (one) => one.stop());
	await program.printed(/"event":"ready"/);

	const client = closing(t, await udpPeer(), (peer) => peer.close());
	client.send(
		message(`OPTIONS sip:127.0.0.1:${port} SIP/2.0`, [
			"Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKpacked",
			"Max-Forwards: 70",
			"From: <sip:newcomer@127.0.0.1>;tag=1",
			"To: <sip:127.0.0.1>",
			"Call-ID: packed",
			"CSeq: 1 OPTIONS",
		]),
		port,
	);
	assert.equal((await client.response()).status, 200);
	assert.equal(await program.stop(), 0);
}

function script(answer: string): string {
	return `import { defineRoutes, reply } from "sipwright";
export default defineRoutes({
	onRequest() {
		return ${answer};
	},
});
`;
}

/** The compiler's exit code and what it says. */
function check(tsc: string, args: readonly string[], cwd: string): string {
	const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, ...args], {
		cwd,
		encoding: "utf8",
	});
	return `${status} ${stdout}${stderr}`.trim();
}

function major(node: string): number {
	const { stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
	return Number(/^v(\d+)/.exec(stdout ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
}

function run(command: string, args: readonly string[], cwd: string): string {
	const { NODE_TEST_CONTEXT: _, ...env } = process.env;
	const done = spawnSync(command, args, { cwd, encoding: "utf8", env: { ...env, PATH } });
	assert.equal(done.status, 0, `${command} ${args.join(" ")}\n${done.stdout}\n${done.stderr}`);
	return done.stdout;
}
