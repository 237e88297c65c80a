/** The messages of RFC 4475 and RFC 5118 on real sockets: each gets what is due to it, and the process goes on answering. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { type SipPeer, type StreamPeer, tcpClient, udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { type Outcome, type TortureMessage, tortureMessages } from "../torture/messages.ts";
import { answerTo, WireLines } from "../torture/wire-lines.ts";

/** As the core in memory is asked in test/torture/engine.ts; but everything goes to one peer. */
const ROUTES = `import { challenge, defineRoutes, device, relay, reply, save } from "sipwright";

export default defineRoutes({
	onRequest({ method, ours, uri, headers }) {
		if (method === "OPTIONS" && uri.user === "alive") return reply(200);
		if (method === "REGISTER" && ours) return headers.get("Authorization") ? challenge() : save();
		const far = device("far");
		return far ? relay(far) : reply(404);
	},
});
`;

type Bed = { readonly port: number; readonly far: SipPeer };

test("RFC 4475 RFC 5118: the 61 torture messages to the running program over UDP; after each an OPTIONS is answered", (t) =>
	all(t, "on a UDP socket", overUdp));

test("RFC 4475 RFC 5118: the 61 torture messages to the running program over TCP; after each an OPTIONS is answered", (t) =>
	all(t, "on a TCP connection", overTcp));

/** A process for each transport: on the other one the same messages would be repeats. */
async function all(t: TestContext, how: string, send: typeof overUdp): Promise<void> {
	const bed = await start(t);
	const seen = new Set<string>();
	const messages = [...tortureMessages(4475), ...tortureMessages(5118)];
	assert.equal(messages.length, 61);
	for (const [index, one] of messages.entries()) {
		// Answers to what is malformed are limited for each address.
		const address = `127.0.75.${index + 1}`;
		await t.test(`${one.name}, ${how}`, (sub) => send(sub, bed, distinct(one, seen), address));
	}
}

/** Some have the top Via of others: here, where all come to one process, they would be repeats of these. */
function distinct(one: TortureMessage, seen: Set<string>): TortureMessage {
	const [via = ""] = new WireLines(one.text).values("via");
	if (!seen.has(via)) {
		seen.add(via);
		return one;
	}
	return { ...one, text: one.text.replace(/branch=[^;,\s]*/, `$&-${one.tag}`) };
}

async function start(t: TestContext): Promise<Bed> {
	const port = await freePort();
	const far = closing(t, await udpPeer(), (peer) => peer.close());
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port}, tcp:127.0.0.1:${port} ]`,
			"domains: [example.com]",
			"routes: routes.ts",
			"devices:",
			`  far: { type: Extension, contact: "sip:far@127.0.0.1:${far.port}" }`,
			...["user", "j.user", "watson"].map((name) => `  ${name}: { type: Extension, contact: "*" }`),
		].join("\n"),
		files: { "routes.ts": ROUTES },
	});
	closing(t, sipwright, (one) => one.stop());
	return { port, far };
}

async function overUdp(t: TestContext, bed: Bed, one: TortureMessage, address: string) {
	const { engine } = one.expected;
	const socket = await udpPeer(address, engine.answerPort ?? 5060);
	const caller = closing(t, socket, (peer) => peer.close());
	const due = outcome(one, engine.udp);
	caller.send(one.text, bed.port, "127.0.0.1");
	await expect(bed, caller, one, due);
	caller.send(options(`UDP ${address}:${caller.port}`), bed.port, "127.0.0.1");
	await alive(caller);
	noMore(caller, due);
}

async function overTcp(t: TestContext, bed: Bed, one: TortureMessage, address: string) {
	const caller = closing(t, await tcpClient(bed.port, "127.0.0.1", address), (peer) => peer.cut());
	const [due, end] = outcome(one, one.expected.engine.tcp).split(" ") as [Outcome, string?];
	caller.send(one.text);
	await expect(bed, caller, one, due);
	if (end === "closed") await caller.closed;
	const usable = end !== "closed" && due !== "waiting";
	const other = usable ? caller : await fresh(t, bed, address);
	other.send(options(`TCP ${address}:${other.port}`));
	await alive(other);
	if (one.tag === "dblreq") await answerSecond(bed);
	else noMore(caller, due);
}

/** Unanswered, it would come again among the messages after it. */
async function answerSecond({ far }: Bed): Promise<void> {
	const { text } = await far.request("INVITE");
	far.send(answerTo(new WireLines(text), "200 OK"));
}

async function fresh(t: TestContext, bed: Bed, address: string): Promise<StreamPeer> {
	return closing(t, await tcpClient(bed.port, "127.0.0.1", address), (peer) => peer.cut());
}

/** What no configuration can name is unknown here; what a Route leads away is not waited for. */
function outcome({ tag }: TortureMessage, due: Outcome): Outcome {
	if (tag === "escnull") return "404";
	return tag === "wsinv" || tag === "mpart01" ? "waiting" : due;
}

async function expect(bed: Bed, caller: SipPeer, one: TortureMessage, due: Outcome) {
	if (due === "silence" || due === "waiting") return;
	if (due !== "forwarded") {
		assert.equal((await caller.response()).status, Number(due));
		return;
	}
	const sent = new WireLines(one.text);
	const came = new WireLines((await bed.far.request(sent.method)).text);
	assert.deepEqual(came.values("call-id"), sent.values("call-id"));
	assert.equal(came.body, sent.body);
	bed.far.send(answerTo(came, "200 OK"));
	assert.equal((await caller.response()).status, 200);
}

async function alive(caller: SipPeer): Promise<void> {
	assert.equal((await caller.response(200, "OPTIONS")).value("Call-ID"), "alive");
}

/** No second answer, and none where silence is due. */
function noMore(caller: SipPeer, due: Outcome): void {
	const answers = caller.received.filter(
		({ text, status }) => !text.includes("alive") && status !== 100,
	);
	if (due !== "waiting") assert.equal(answers.length, due === "silence" ? 0 : 1);
}

function options(sentBy: string): string {
	return message("OPTIONS sip:alive@127.0.0.1 SIP/2.0", [
		`Via: SIP/2.0/${sentBy};rport;branch=z9hG4bKalive`,
		"Max-Forwards: 70",
		"From: <sip:caller@127.0.0.1>;tag=alive",
		"To: <sip:alive@127.0.0.1>",
		"Call-ID: alive",
		"CSeq: 1 OPTIONS",
	]);
}
