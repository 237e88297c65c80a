/** A phone with a flow through each of two edges, before a registrar of ours: three processes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { answer, DialogSide } from "../support/dialog.ts";
import { CONTACT, invite, registered, startEdge } from "../support/edge.ts";
import { freePort, ownHost } from "../support/ports.ts";
import { udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";

test("RFC 5626 §7 PX-113: the flow through one edge is gone, and the call takes the one through the other; a phone that is busy is asked once", async (t) => {
	const [host, port] = [ownHost(), await freePort()];
	const at = `${host}:${port}`;
	const registrar = await startSipwright({
		config: [
			`listen: [ udp:${at} ]`,
			"domains: [example.com]",
			'devices: { "1001": { type: Extension, contact: "*" } }',
		].join("\n"),
	});
	closing(t, registrar, (one) => one.stop());
	const [first, second] = [await startEdge(t, at), await startEdge(t, at)];
	const one = await registered(t, first.udp, 1, 1);
	const two = await registered(t, second.udp, 2, 2);
	assert.equal(two.ok.values("Contact").length, 2, "a binding for each flow");
	assert.equal(two.ok.value("Require"), "outbound");

	const ann = closing(t, await udpPeer(), (peer) => peer.close());
	ann.send(invite(ann, at, 1), port, host);
	two.peer.send(answer(await two.peer.request("INVITE"), "486 Busy Here", { tag: "p" }));
	assert.equal((await ann.response(486)).value("Call-ID"), "call-1");
	assert.ok(!one.peer.received.some(({ method }) => method === "INVITE"));

	two.peer.cut();
	await two.peer.closed;
	ann.send(invite(ann, at, 2), port, host);
	const came = await one.peer.request("INVITE");
	assert.equal(`<${came.uri}>`, CONTACT);
	assert.deepEqual(came.values("Route"), []);
	one.peer.send(answer(came, "200 OK", { tag: "p", headers: [`Contact: ${CONTACT}`] }));
	const via = `SIP/2.0/UDP 127.0.0.1:${ann.port}`;
	const end = { peer: ann, via, contact: `<sip:ann@127.0.0.1:${ann.port}>` };
	const dialog = DialogSide.caller(end, await ann.response(200, "INVITE"));
	dialog.send("ACK");
	await one.peer.request("ACK");
	dialog.send("BYE");
	one.peer.send(answer(await one.peer.request("BYE"), "200 OK"));
	await ann.response(200, "BYE");

	one.peer.cut();
	await one.peer.closed;
	ann.send(invite(ann, at, 3), port, host);
	assert.equal((await ann.response(480)).value("Call-ID"), "call-3", "both are gone");
});
