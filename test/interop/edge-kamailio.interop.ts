/** An edge before Kamailio as registrar: phones register there through us, and its calls find them along their flows. And the other way round. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { answer, DialogSide, type Endpoint, uriOf } from "../support/dialog.ts";
import { CONTACT, INSTANCE, invite, register, registered, startEdge } from "../support/edge.ts";
import { startKamailioEdge, startKamailioRegistrar } from "../support/kamailio.ts";
import { freePort, ownHost } from "../support/ports.ts";
import { type SipPeer, udpPeer } from "../support/sip-peer.ts";
import { startSipp } from "../support/sipp.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { startBaresip } from "../support/softphones.ts";

/** With Kamailio as its core. */
async function edge(t: TestContext) {
	const host = ownHost();
	const kamailio = closing(t, await startKamailioRegistrar(host), (one) => one.stop());
	return { ...(await startEdge(t, `${host}:${kamailio.udp}`)), kamailio };
}

test("RFC 5626 §5.3 RFC 3327 §5.4 PX-102 PX-109 PX-110: Kamailio calls a phone through its Path; requests in the dialog find its flow from either side", async (t) => {
	const { udp: port } = await edge(t);
	const { peer: phone, ok } = await registered(t, port, 1);
	assert.match(
		ok.value("Path"),
		new RegExp(`^<sip:[A-Za-z0-9_-]+@127\\.0\\.0\\.1:${port};lr;ob>$`),
	);
	assert.ok(ok.value("Contact").includes(CONTACT), ok.value("Contact"));

	const ann = closing(t, await udpPeer(), (one) => one.close());
	ann.send(invite(ann, `127.0.0.1:${port}`, 1), port);
	const came = await phone.request("INVITE");
	assert.equal(`<${came.uri}>`, CONTACT);
	assert.deepEqual(came.values("Route"), []);
	assert.equal(came.vias.length, 4, "of Ann, us, Kamailio, and us again");
	phone.send(answer(came, "180 Ringing", { tag: "p", headers: [`Contact: ${CONTACT}`] }));
	await ann.response(180);
	phone.send(answer(came, "200 OK", { tag: "p", headers: [`Contact: ${CONTACT}`] }));
	const answered = await ann.response(200, "INVITE");
	const caller = talker(ann, "UDP", `<sip:ann@127.0.0.1:${ann.port}>`, (end) =>
		DialogSide.caller(end, answered),
	);
	const callee = talker(phone, "TCP", CONTACT, (end) =>
		DialogSide.callee(end, came, `${came.value("To")};tag=p`),
	);
	await passes("ACK", caller, callee);
	await passes("INVITE", callee, caller);
	await passes("ACK", callee, caller);
	await passes("INVITE", caller, callee);
	await passes("ACK", caller, callee);
	await passes("BYE", caller, callee);
});

type Talker = { readonly peer: SipPeer; readonly dialog: DialogSide; readonly contact: string };

function talker(
	peer: SipPeer,
	protocol: string,
	contact: string,
	side: (end: Endpoint) => DialogSide,
): Talker {
	const via = `SIP/2.0/${protocol} ${uriOf(contact).replace(/^.*@|;.*$/g, "")}`;
	return { peer, contact, dialog: side({ peer, via, contact }) };
}

/** A request in the dialog arrives with all routes used up, and its 200 comes back. */
async function passes(method: string, from: Talker, to: Talker): Promise<void> {
	from.dialog.send(method);
	const arrived = await to.peer.request(method);
	assert.equal(arrived.uri, uriOf(to.contact), method);
	assert.deepEqual(arrived.values("Route"), [], method);
	if (method === "ACK") return;
	to.peer.send(answer(arrived, "200 OK", { headers: [`Contact: ${to.contact}`] }));
	await from.peer.response(200, method);
}

test("RFC 5626 §5.3.1 §11.5 PX-108 PX-116: the connection of the phone is gone: 430 for Kamailio, 480 for the caller, and its next registration is called", async (t) => {
	const { udp: port, kamailio } = await edge(t);
	const first = await registered(t, port, 1);
	first.peer.cut();
	await first.peer.closed;
	const ann = closing(t, await udpPeer(), (one) => one.close());
	ann.send(invite(ann, `127.0.0.1:${port}`, 1), port);
	assert.equal((await ann.response(undefined, "INVITE")).status, 480);
	await kamailio.program.printed(/reply 430 INVITE/);

	const { peer: phone } = await registered(t, port, 2);
	ann.send(invite(ann, `127.0.0.1:${port}`, 2), port);
	const came = await phone.request("INVITE");
	phone.send(answer(came, "486 Busy Here", { tag: "p" }));
	assert.equal((await ann.response(486)).value("Call-ID"), "call-2");
});

test("RFC 3327 §5.4 RFC 5626 §6 PX-114 PX-115: behind Kamailio's path module a phone is called through it, and outbound is refused with 439", async (t) => {
	const port = await freePort();
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${port} ]`,
			"domains: [example.com]",
			'devices: { "1001": { type: Extension, contact: "*" } }',
		].join("\n"),
	});
	closing(t, sipwright, (one) => one.stop());
	const kamailio = await startKamailioEdge(`127.0.0.1:${port}`);
	closing(t, kamailio, (one) => one.stop());
	const phone = closing(t, await udpPeer(), (one) => one.close());
	const contact = `<sip:1001@127.0.0.1:${phone.port}>`;
	const given = { contact: `${contact};reg-id=1;+sip.instance=${INSTANCE}`, port };
	phone.send(register(`UDP 127.0.0.1:${phone.port}`, 1, given), kamailio.udp);
	assert.equal((await phone.response(undefined, "REGISTER")).status, 439);
	const plain = { ...given, supported: "path" };
	phone.send(register(`UDP 127.0.0.1:${phone.port}`, 2, plain), kamailio.udp);
	const ok = await phone.response(200, "REGISTER");
	assert.equal(ok.value("Path"), `<sip:127.0.0.1:${kamailio.udp};lr>`);

	const ann = closing(t, await udpPeer(), (one) => one.close());
	ann.send(invite(ann, `127.0.0.1:${port}`, 1), port);
	const came = await phone.request("INVITE");
	assert.equal(came.vias.length, 3, "of Ann, us and Kamailio");
	phone.send(answer(came, "486 Busy Here", { tag: "p" }));
	assert.equal((await ann.response(486)).value("Call-ID"), "call-1");
});

for (const transport of ["udp", "tls"] as const)
	test(`RFC 5626 §5.3: baresip over ${transport.toUpperCase()} registers with Kamailio through the edge, and SIPp calls it there`, async (t) => {
		const { udp: port, tls, kamailio } = await edge(t);
		const at = `127.0.0.1:${transport === "udp" ? port : tls}`;
		const phone = await startBaresip("1001", at, { transport });
		closing(t, phone, (one) => one.stop());
		const caller = startSipp({
			scenario: "uac-calls-through-record-route",
			port: await freePort(),
			remote: `127.0.0.1:${port}`,
			service: "1001",
			calls: 1,
			callsPerSecond: 1,
			args: ["-timeout", "30s", "-timeout_error"],
		});
		const counts = await caller.finished();
		const story = `${counts.errors}\n${phone.program.output()}\n${kamailio.program.output()}`;
		assert.deepEqual([counts.successful, counts.failed], [1, 0], story);
	});
