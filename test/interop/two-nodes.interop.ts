/** Two nodes that share Redis and keys: a phone that is connected to one is called through the other. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { message } from "../support/dialog.ts";
import { connectedPhone, type Node, register, startNodes } from "../support/nodes.ts";
import { type Phone, type UdpPhone, udpPhone } from "../support/raw-phones.ts";
import { startRedis } from "../support/redis-server.ts";
import { connect, passes } from "../support/talkers.ts";

const certificate = loopbackCertificate();
const DEVICES = ["1001", "1002", "6000"].map(
	(name) => `"${name}": { type: Extension, contact: "*" }`,
);

async function start(t: TestContext) {
	const redis = closing(t, await startRedis(), (one) => one.close());
	const nodes = await startNodes(t, ["a", "b"], {
		...{ redis, devices: DEVICES, certificate: await certificate },
	});
	return { redis, ...nodes };
}

/** Until the node has heard of the registrations of the other. */
async function knows(node: Node, bindings: number): Promise<void> {
	await until(async () => (await node.sipwright.status()).bindings >= bindings);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
	while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function udpPhoneAt(t: TestContext, user: string, node: Node): Promise<UdpPhone> {
	const phone = await udpPhone(t, user);
	phone.use(node.host);
	await register(phone, user, node.host);
	return phone;
}

/** The final answer to an INVITE; raw peers wait for less than the 32 s of Timer B. */
async function callEnds(phone: Phone, number: string, host: string): Promise<number | undefined> {
	calls += 1;
	phone.peer.send(
		message(`INVITE sip:${number}@${host} SIP/2.0`, [
			`Via: ${phone.via};branch=z9hG4bKlost${calls}`,
			"Max-Forwards: 70",
			`From: ${phone.contact};tag=l`,
			`To: <sip:${number}@${host}>`,
			`Call-ID: lost-${calls}@${host}`,
			"CSeq: 1 INVITE",
			`Contact: ${phone.contact}`,
		]),
	);
	return (await phone.peer.response(undefined, "INVITE")).status;
}

let calls = 0;

for (const scheme of ["sip", "sips"] as const) {
	test(`RFC 5626 §5.3 PX-107 PX-114: a ${scheme} phone that is connected to node A is called through node B, and both send requests within the call`, async (t) => {
		const { a, b } = await start(t);
		// The other node is a hop beyond, and shows its own Record-Route in the scheme between the two.
		const far = { farRoutes: scheme === "sips" };
		const phone = { ...connectedPhone(t, "1001", scheme), ...far };
		await phone.register(a);
		const other = { ...(await udpPhoneAt(t, "6000", b)), ...far };
		await knows(b, 2);

		const call = await connect(other, phone, "1001", b.host);
		await passes("INVITE", call.callee, call.caller);
		await passes("INVITE", call.caller, call.callee);
		await passes("INFO", call.callee, call.caller);
		await passes("BYE", call.caller, call.callee);

		const back = await connect(phone, other, "6000", a.host);
		await passes("INVITE", back.callee, back.caller);
		await passes("BYE", back.callee, back.caller);
	});
}

test("RFC 5626 §5.3.1: node A is killed: its phones get no calls, and callers hear so at once; who registers at B is reachable, and calls of B go on", async (t) => {
	const { a, b } = await start(t);
	const phone = connectedPhone(t, "1001", "sip");
	await phone.register(a);
	const [other, third] = [await udpPhoneAt(t, "6000", b), await udpPhoneAt(t, "1002", b)];
	await knows(b, 3);
	const throughB = await connect(other, third, "1002", b.host);
	const throughBoth = await connect(other, phone, "1001", b.host);

	await a.kill();
	assert.equal(await callEnds(other, "1001", b.host), 480, "while nobody has missed node A yet");
	throughBoth.caller.dialog.send("BYE");
	const ended = await other.peer.response(undefined, "BYE");
	assert.equal(ended.status, 500, "the next hop is no more, and nobody waits to find out");

	await b.sipwright.logged(/"event":"node.away"/);
	assert.equal(await callEnds(other, "1001", b.host), 480, "when B has");
	await passes("INVITE", throughB.callee, throughB.caller);
	await passes("BYE", throughB.caller, throughB.callee);

	await phone.register(b);
	const again = await connect(other, phone, "1001", b.host);
	await passes("INVITE", again.callee, again.caller);
	await passes("BYE", again.callee, again.caller);
});

test("RFC 3261 §18.4: node A stands still, and the network says nothing: a call that is on the way to it ends when it is missed", async (t) => {
	const { a, b } = await start(t);
	const phone = connectedPhone(t, "1001", "sip");
	await phone.register(a);
	const other = await udpPhoneAt(t, "6000", b);
	await knows(b, 2);
	const call = await connect(other, phone, "1001", b.host);
	await passes("BYE", call.caller, call.callee);
	a.sipwright.signal("SIGSTOP");
	closing(t, a, () => a.sipwright.signal("SIGCONT"));
	// Along the connection of the call before, which takes what is written to it.
	assert.equal(await callEnds(other, "1001", b.host), 480);
});

test("RFC 5626 §5.2: another process takes over the address and the keys of a node that was killed: its UDP phones are called, and their calls go on", async (t) => {
	const { a, b } = await start(t);
	const [phone, other] = [await udpPhoneAt(t, "1001", a), await udpPhoneAt(t, "6000", b)];
	await knows(b, 2);
	const call = await connect(other, phone, "1001", b.host);
	await a.sipwright.crash();
	await passes("INVITE", call.callee, call.caller);
	await passes("BYE", call.caller, call.callee);
	await until(async () => (await b.sipwright.status()).shared?.nodes[0]?.present === true);
	const next = await connect(other, phone, "1001", b.host);
	await passes("BYE", next.callee, next.caller);
});
