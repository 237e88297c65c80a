/**
 * sipvicious: what most scanners on the Internet are made of. svmap looks for SIP servers, svwar for numbers,
 * svcrack for passwords. Under their own name they get no answer; disguised they learn that somebody is there.
 */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { startProgram } from "../support/process.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";
import { tempFolder } from "../support/temp-folder.ts";

const HOST = "127.0.0.1";
/** What is tried: of numbers and passwords alike. */
const WORDS = Array.from({ length: 60 }, (_, at) => String(1000 + at));
/** The second word that is tried: nobody can protect that. */
const WEAK = "1001";
const LATER = "1040";
const NUMBERS = ["1003", "1004", "1005"];

test("RFC 3261 §26.3.2.4: under their own name svmap, svwar and svcrack get no answer at all", async (t) => {
	const { port, words } = await proxy(t);
	const outputs = await Promise.all([
		run("svmap", ["-p", port, HOST]),
		run("svwar", ["-p", port, "-d", words, HOST]),
		run("svcrack", ["-p", port, "-u", "1003", "-d", words, "--maximumtime", "2", HOST]),
	]);
	for (const output of outputs) assert.match(output, /found nothing/);
	assert.match(outputs[1] ?? "", /timed out/);
	assert.match(outputs[2] ?? "", /no server response/);
});

test("RFC 3261 §22.1 §26.3.1: svwar cannot tell a number with a password, one without, and none", async (t) => {
	const { port, words } = await proxy(t, "friendly-visitor");
	const scans = ["REGISTER", "INVITE", "OPTIONS"].flatMap((method) => [
		run("svwar", ["-p", port, "-m", method, "-d", words, HOST]),
		run("svwar", ["-p", port, "-m", method, "-d", words, "--force", HOST]),
	]);
	for (const output of await Promise.all(scans)) {
		assert.match(output, /found nothing/);
		for (const number of NUMBERS) assert.doesNotMatch(output, new RegExp(`^\\| ${number} `, "m"));
	}
	const map = await run("svmap", ["-p", port, HOST]);
	assert.match(map, /\| unknown +\|/, "it does not say what it is");
});

test("RFC 3261 §22.1, RFC 7616 §5.2 AU-21: svcrack gets ten guesses a minute at each user", async (t) => {
	const { port, words, sipwright } = await proxy(t, "friendly-visitor");
	const crack = (user: string) =>
		run("svcrack", ["-p", port, "-u", user, "-d", words, "--maximumtime", "2", HOST]);
	assert.match(await crack("1004"), new RegExp(`\\| 1004 +\\| ${WEAK} +\\|`), "the tool works");
	const [strong, none] = await Promise.all([crack("1003"), crack("1005")]);
	assert.match(strong, /found nothing/);
	assert.match(none, /found nothing/, "a number without a password");
	const { failedLogins = 0, throttledLogins = 0 } = await sipwright.counters();
	assert.ok(failedLogins <= 22 && throttledLogins >= 2, `${failedLogins} ${throttledLogins}`);
	const told = sipwright.log().filter(({ event }) => event === "login.throttled");
	assert.deepEqual(told.map(({ user, source }) => `${user} ${source}`).sort(), [
		`1003 ${HOST}`,
		`1005 ${HOST}`,
	]);
	assert.doesNotMatch(JSON.stringify(sipwright.log()), new RegExp(LATER));
});

type Proxy = { readonly sipwright: Sipwright; readonly port: string; readonly words: string };

/** `disguise`: the tools reach it through a relay that gives them another User-Agent. */
async function proxy(t: TestContext, disguise?: string): Promise<Proxy> {
	const own = await freePort();
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:${HOST}:${own} ]`,
			// svcrack knows nothing else.
			"auth: { algorithms: [MD5] }",
			"trusted: [ 192.0.2.0/24 ]",
			`users: { "1003": { password: "${LATER}" }, "1004": { password: "${WEAK}" } }`,
			"devices:",
			...NUMBERS.map((number) => `  "${number}": { type: Extension, contact: "*" }`),
		].join("\n"),
		logLevel: "debug",
	});
	closing(t, sipwright, (one) => one.stop());
	const folder = tempFolder();
	t.after(() => folder.remove());
	const words = folder.write("words", `${WORDS.join("\n")}\n`);
	const port = disguise === undefined ? own : await relay(t, own, disguise);
	return { sipwright, port: String(port), words };
}

/** Of one peer at a time to the proxy and back. Its port. */
async function relay(t: TestContext, to: number, disguise: string): Promise<number> {
	const front = createSocket("udp4");
	t.after(() => front.close());
	front.on("message", (message, peer) => {
		const back = backs.get(peer.port) ?? backTo(peer.port);
		backs.set(peer.port, back);
		back.send(
			Buffer.from(message.toString("latin1").replace("friendly-scanner", disguise), "latin1"),
			to,
			HOST,
		);
	});
	const backs = new Map<number, ReturnType<typeof createSocket>>();
	const backTo = (port: number) => {
		const back = createSocket("udp4");
		back.on("message", (message) => front.send(message, port, HOST));
		t.after(() => back.close());
		return back;
	};
	front.bind(0, HOST);
	await once(front, "listening");
	return front.address().port;
}

/** At this address alone: on port 5060 of every other one a proxy of another test may want to listen. */
async function run(command: string, args: readonly string[]): Promise<string> {
	const program = startProgram(command, ["-b", HOST, ...args]);
	await program.ended;
	return program.output();
}
