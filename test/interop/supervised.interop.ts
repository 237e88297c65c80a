/** The worker dies while calls run: what that costs, and how long until another one answers. Figures of docs/guides/run-in-production.md. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { udpPhone } from "../support/raw-phones.ts";
import { udpPeer } from "../support/sip-peer.ts";
import { startSipp } from "../support/sipp.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";
import { connect, passes } from "../support/talkers.ts";

const CALLS_PER_SECOND = 50;
const CALLS = 600;
/** 666 aborts V8, which no limit can prevent; 667 keeps it for minutes in one built-in function, which none can stop. */
const SCRIPT = `import { defineRoutes, device, relay, reply } from "sipwright";
export default defineRoutes({
	onRequest(request) {
		if (request.uri.user === "666") "x".repeat(5e8).split("");
		if (request.uri.user === "667") "x".repeat(2 ** 28).replace(/x/g, "yy");
		const callee = device(request.uri.user);
		return callee ? relay(callee) : reply(404);
	},
});
`;

type Bed = { readonly port: number; readonly sipwright: Sipwright };

async function start(t: TestContext, contact: string): Promise<Bed> {
	const port = await freePort();
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			"routes: ./routes",
			`devices: { "5000": { type: Extension, contact: "${contact}" } }`,
		].join("\n"),
		files: { "routes/default.ts": SCRIPT },
		supervised: true,
	});
	closing(t, sipwright, (one) => one.stop());
	return { port, sipwright };
}

type Death = {
	readonly how: "SIGKILL" | "SIGABRT" | "a script that aborts V8" | "a script that hangs in V8";
	cause(bed: Bed, t: TestContext): Promise<void>;
};

const signalled = (how: "SIGKILL" | "SIGABRT"): Death => ({
	how,
	cause: async ({ sipwright }) => void process.kill((await sipwright.status()).pid, how),
});

const scripted = (how: Death["how"], user: string): Death => ({
	how,
	async cause({ port }, t) {
		const peer = closing(t, await udpPeer(), (one) => one.close());
		const options = message(`OPTIONS sip:${user}@127.0.0.1:${port} SIP/2.0`, [
			`Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKscripted`,
			"Max-Forwards: 70",
			"From: <sip:asker@127.0.0.1>;tag=a",
			`To: <sip:${user}@127.0.0.1>`,
			"Call-ID: scripted",
			"CSeq: 1 OPTIONS",
		]);
		peer.send(options, port);
	},
});

const DEATHS: readonly Death[] = [
	signalled("SIGKILL"),
	signalled("SIGABRT"),
	scripted("a script that aborts V8", "666"),
	scripted("a script that hangs in V8", "667"),
];

/** When the next worker answers, in milliseconds after the last one ended. */
async function back({ sipwright }: Bed): Promise<number> {
	const [, ms] = await sipwright.logged(/"event":"worker.started".*"downMs":(\d+)/);
	return Number(ms);
}

for (const death of DEATHS) {
	test(`RFC 3261 §16.4 OT-24: after ${death.how} between answer and BYE the call goes on from both sides`, async (t) => {
		const [caller, callee] = [await udpPhone(t, "6000"), await udpPhone(t, "5000")];
		const bed = await start(t, callee.contact.slice(1, -1));
		for (const phone of [caller, callee]) phone.use("127.0.0.1", bed.port);
		const first = await connect(caller, callee, "5000", `127.0.0.1:${bed.port}`);
		const second = await connect(caller, callee, "5000", `127.0.0.1:${bed.port}`);
		await death.cause(bed, t);
		await back(bed);
		for (const { caller: one, callee: other } of [first, second]) {
			await passes("INVITE", one, other);
			await passes("INVITE", other, one);
		}
		await passes("BYE", first.caller, first.callee);
		await passes("BYE", second.callee, second.caller);
	});

	test(`${CALLS_PER_SECOND} calls/s and ${death.how}: those being set up are lost, the others are not`, async (t) => {
		const calleePort = await freePort();
		const bed = await start(t, `sip:5000@127.0.0.1:${calleePort}`);
		const callee = startSipp({ scenario: "uas-rings-and-answers", port: calleePort });
		closing(t, callee, (one) => one.stop());
		const caller = startSipp({
			scenario: "uac-calls-through-record-route",
			port: await freePort(),
			remote: `127.0.0.1:${bed.port}`,
			service: "5000",
			calls: CALLS,
			callsPerSecond: CALLS_PER_SECOND,
		});
		closing(t, caller, (one) => one.stop());
		await caller.under(2 * CALLS_PER_SECOND);
		await death.cause(bed, t);
		const downMs = await back(bed);
		const { successful, failed, retransmissions } = await caller.finished();
		t.diagnostic(JSON.stringify({ death: death.how, downMs, successful, failed, retransmissions }));
		assert.equal(successful + failed, CALLS);
		// What comes meanwhile is sent again: those in progress at that moment have lost their transactions.
		assert.ok(failed < CALLS_PER_SECOND, `${failed} calls failed`);
	});
}
