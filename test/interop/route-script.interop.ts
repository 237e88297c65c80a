/** A route script of the user's own, edited, broken and looping while calls run through it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { type SipPeer, udpPeer } from "../support/sip-peer.ts";
import { type SippCounts, startSipp } from "../support/sipp.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";

/** The script of docs/guides/write-a-route.md, with the answer for an unknown number left open. */
const script = (
	unknown: string,
) => `import { defineRoutes, device, forceSips, relay, reply, save, stripTransport } from "sipwright";

export default defineRoutes({
	onRequest(request, call) {
		if (request.method === "REGISTER") {
			for (const contact of request.contacts) stripTransport(contact);
			return save();
		}
		const callee = device(request.uri.user);
		if (!callee) ${unknown}
		if (callee.secure) forceSips(call.callee);
		return relay(callee);
	},
});
`;
const LINE_OF_UNKNOWN = 10;
const CALLS = 500;

type Bed = { port: number; sipwright: Sipwright; client: SipPeer; calleePort: number };

test("a user's script serves; edited while 50 calls/s run, the next calls follow it and none fails", async (t) => {
	const bed = await start(t);
	assert.equal(await ask(bed, "5999"), 404);
	const traffic = callsAt50PerSecond(t, bed);
	await traffic.under;

	edit(bed, script("return reply(410);"));
	await bed.sipwright.logged(/"generation":2\b/);
	assert.equal(await ask(bed, "5999"), 410, "the next request follows the new text");

	const broken = [
		{ text: script("return reply(;"), what: "it does not parse" },
		{ text: script("return repli(410);"), what: "a name is misspelt" },
	];
	for (const [at, { text, what }] of broken.entries()) {
		edit(bed, text);
		await bed.sipwright.logged(refusals(at + 1));
		assert.equal(await ask(bed, "5999"), 410, `${what}: the old one serves`);
	}
	edit(bed, script("return reply(486);"));
	await bed.sipwright.logged(/"generation":3\b/);
	assert.equal(await ask(bed, "5999"), 486, "a good text after a broken one serves");

	const counts = await traffic.finished;
	assert.deepEqual(
		[counts.successful, counts.failed, counts.errors],
		[CALLS, 0, ""],
		counts.errors,
	);
});

test("while (true) {} in a hook: that request gets 500 within the limit, the next one is served", async (t) => {
	const bed = await start(
		t,
		script('{ if (request.uri.user === "5998") while (true) {} return reply(404); }'),
	);
	const before = performance.now();
	assert.equal(await ask(bed, "5998"), 500);
	// Against a loop that is not ended, or only with the request: the limit is 50 ms.
	assert.ok(performance.now() - before < 10_000, "within the time limit and a little");
	assert.equal(await ask(bed, "5999"), 404);
	await bed.sipwright.logged(/SCRIPT_TIMEOUT/);

	const callee = startSipp({ scenario: "uas-rings-and-answers", port: bed.calleePort });
	closing(t, callee, (one) => one.stop());
	const caller = startSipp({ ...(await callerOptions(bed)), calls: 1, callsPerSecond: 1 });
	const counts = await caller.finished();
	assert.deepEqual([counts.successful, counts.failed], [1, 0], counts.errors);
});

async function start(t: TestContext, text = script("return reply(404);")): Promise<Bed> {
	const port = await freePort();
	const calleePort = await freePort();
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			"routes: ./routes",
			`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${calleePort}" } }`,
		].join("\n"),
		files: { "routes/default.ts": text },
	});
	closing(t, sipwright, (one) => one.stop());
	const client = closing(t, await udpPeer(), (peer) => peer.close());
	return { port, sipwright, client, calleePort };
}

function callsAt50PerSecond(
	t: TestContext,
	bed: Bed,
): { under: Promise<unknown>; finished: Promise<SippCounts> } {
	const callee = startSipp({ scenario: "uas-rings-and-answers", port: bed.calleePort });
	closing(t, callee, (one) => one.stop());
	const started = callerOptions(bed).then((options) =>
		startSipp({ ...options, calls: CALLS, callsPerSecond: 50 }),
	);
	return {
		under: started.then((caller) => caller.under(50)),
		finished: started.then((caller) => caller.finished()),
	};
}

async function callerOptions(bed: Bed) {
	return {
		scenario: "uac-calls-through-record-route",
		port: await freePort(),
		remote: `127.0.0.1:${bed.port}`,
		service: "5000",
	};
}

/** That many log lines of refused texts, each with file and line of the script. */
function refusals(count: number): RegExp {
	const line = `"event":"routes.refused".*default\\.ts","line":${LINE_OF_UNKNOWN},.*\\n`;
	return new RegExp(`(${line}[\\s\\S]*){${count}}`);
}

function edit(bed: Bed, text: string): void {
	bed.sipwright.folder.write("routes/default.ts", text);
}

/** The status of the answer to an OPTIONS for a number. */
async function ask({ client, port }: Bed, number: string): Promise<number | undefined> {
	asked += 1;
	client.send(
		message(`OPTIONS sip:${number}@127.0.0.1:${port} SIP/2.0`, [
			`Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKask${asked}`,
			"Max-Forwards: 70",
			"From: <sip:asker@127.0.0.1>;tag=a",
			`To: <sip:${number}@127.0.0.1>`,
			`Call-ID: ask-${asked}`,
			"CSeq: 1 OPTIONS",
		]),
		port,
	);
	return (await client.response()).status;
}

let asked = 0;
