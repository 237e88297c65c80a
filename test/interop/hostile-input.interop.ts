/** What is not a proper call gets the answer that the RFC names, or silence, and the next call works. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { answer, message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { type SipPeer, tcpClient, udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";

type Bed = { port: number; phone: Awaited<ReturnType<typeof udpPeer>>; caller: SipPeer };

test("a malformed datagram, a cut stream, an unknown method, an unknown number: a defined answer, never a crash", async (t) => {
	const bed = await start(t);
	const { port, caller } = bed;

	await t.test("octets that are not SIP: silence, and the next call works", async () => {
		for (const junk of [
			"",
			"\0",
			"\xff\xfe\x00",
			"GET / HTTP/1.1\r\n\r\n",
			"\r\n\r\n",
			"x".repeat(60_000),
		])
			caller.send(junk, port);
		await call(bed);
		const answers = caller.received.filter((one) => !one.value("Call-ID").startsWith("call-"));
		assert.deepEqual(answers, []);
	});

	await t.test("RFC 3261 §16.3 PX-01: a CSeq that names another method gets 400", async () => {
		caller.send(request("INVITE", port, "bad").replace("CSeq: 1 INVITE", "CSeq: 1 BYE"), port);
		assert.equal((await caller.response(400)).value("Call-ID"), "bad@test");
		await call(bed);
	});

	await t.test(
		"RFC 3261 §18.3: a TCP stream cut inside a message costs that message only",
		async () => {
			const client = await tcpClient(port);
			client.send(overTcp(request("OPTIONS", port, "cut")).slice(0, 90));
			client.cut();
			await client.closed;
			await call(bed);
		},
	);

	await t.test(
		"RFC 3261 §18.3 MSG-27: a stream without Content-Length gets 400 and is closed",
		async () => {
			const client = await tcpClient(port);
			client.send(overTcp(request("OPTIONS", port, "none")).replace("Content-Length: 0\r\n", ""));
			await client.response(400);
			await client.closed;
			await call(bed);
		},
	);

	await t.test("RFC 3261 §21.5.7 MSG-39: 300 KiB over TCP get 513, then the end", async () => {
		const client = await tcpClient(port);
		const text = overTcp(request("OPTIONS", port, "large"));
		client.send(text.replace("Content-Length: 0", "Content-Length: 307200") + "x".repeat(307_200));
		await client.response(513);
		await client.closed;
		await call(bed);
	});

	await t.test("RFC 3261 §16.3 MSG-02: an unknown method is forwarded like any other", async () => {
		caller.send(request("FOO", port, "foo"), port);
		const arrived = await bed.phone.request("FOO");
		bed.phone.send(answer(arrived, "501 Not Implemented", { tag: "p" }));
		assert.equal((await caller.response(501)).cseqMethod, "FOO");
		await call(bed);
	});

	await t.test("RFC 3261 §16.5: a number that nobody owns gets 404", async () => {
		caller.send(request("INVITE", port, "nobody").replaceAll("sip:5000@", "sip:5999@"), port);
		assert.equal((await caller.response(404)).value("Call-ID"), "nobody@test");
		caller.send(request("OPTIONS", port, "self").replaceAll("sip:5000@", "sip:"), port);
		assert.equal((await caller.response(200)).value("Call-ID"), "self@test");
		await call(bed);
	});

	await t.test("RFC 3261 §16.3 PX-03: Max-Forwards 0 gets 483", async () => {
		caller.send(
			request("INVITE", port, "hops").replace("Max-Forwards: 70", "Max-Forwards: 0"),
			port,
		);
		assert.equal((await caller.response(483)).value("Call-ID"), "hops@test");
		await call(bed);
	});
});

async function start(t: TestContext): Promise<Bed> {
	const port = await freePort();
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	const caller = closing(t, await udpPeer(), (peer) => peer.close());
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			`devices: { "5000": { type: Extension, contact: "sip:5000@127.0.0.1:${phone.port}" } }`,
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	return { port, phone, caller };
}

/** INVITE, 200, ACK: the proof that the proxy still works. */
async function call({ port, phone, caller }: Bed): Promise<void> {
	calls += 1;
	caller.send(request("INVITE", port, `call-${calls}`), port);
	const arrived = await phone.request("INVITE");
	phone.send(
		answer(arrived, "200 OK", {
			tag: "p",
			headers: [`Contact: <sip:5000@127.0.0.1:${phone.port}>`],
		}),
	);
	const ok = await caller.response(200, "INVITE");
	const routes = ok.recordRoutes.toReversed().map((route) => `Route: ${route}`);
	const ack = request("ACK", port, `call-${calls}`)
		.replace(/^ACK \S+/, `ACK sip:5000@127.0.0.1:${phone.port}`)
		.replace("Max-Forwards: 70", ["Max-Forwards: 70", ...routes].join("\r\n"))
		.replace(/^To: .*$/m, `To: ${ok.value("To")}`);
	caller.send(ack, port);
	await phone.request("ACK");
}

let calls = 0;

function request(method: string, port: number, id: string): string {
	return message(`${method} sip:5000@127.0.0.1:${port} SIP/2.0`, [
		`Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK-${method}-${id}`,
		"Max-Forwards: 70",
		"From: <sip:caller@127.0.0.1>;tag=c",
		"To: <sip:5000@127.0.0.1>",
		`Call-ID: ${id}@test`,
		`CSeq: 1 ${method}`,
		"Contact: <sip:caller@127.0.0.1>",
	]);
}

function overTcp(text: string): string {
	return text.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
}
