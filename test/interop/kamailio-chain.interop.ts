/** Kamailio before and behind Sipwright, both record-routing: a call, a re-INVITE from each side, and BYE from either. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { answer, DialogSide, message } from "../support/dialog.ts";
import { startKamailio } from "../support/kamailio.ts";
import { freePort } from "../support/ports.ts";
import { udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";

type Peer = Awaited<ReturnType<typeof udpPeer>>;
type Between = "udp" | "tls";
type Bed = { readonly caller: Peer; readonly callee: Peer; readonly entry: number };
type Talker = { readonly peer: Peer; readonly dialog: DialogSide; readonly contact: string };

const NUMBER = "5000";
/** Of both proxies. */
const certificate = loopbackCertificate();

for (const between of ["udp", "tls"] as const)
	for (const { where, start } of [
		{ where: "behind", start: kamailioBehind },
		{ where: "before", start: kamailioBefore },
	])
		for (const ends of ["caller", "callee"] as const)
			test(`RFC 3261 §16.12: Kamailio ${where} Sipwright over ${between.toUpperCase()}, the ${ends} hangs up`, async (t) => {
				const talkers = await connect(await start(t, between));
				await passes("INVITE", talkers.caller, talkers.callee);
				await passes("ACK", talkers.caller, talkers.callee);
				await passes("INVITE", talkers.callee, talkers.caller);
				await passes("ACK", talkers.callee, talkers.caller);
				const other = ends === "caller" ? "callee" : "caller";
				await passes("BYE", talkers[ends], talkers[other]);
			});

async function kamailioBehind(t: TestContext, between: Between): Promise<Bed> {
	const { caller, callee } = await phones(t);
	const kamailio = await startKamailio(`127.0.0.1:${callee.port}`, await certificate);
	closing(t, kamailio, (one) => one.stop());
	const contact = `sip:${NUMBER}@127.0.0.1:${kamailio[between]};transport=${between}`;
	return { caller, callee, entry: (await sipwright(t, contact)).udp };
}

async function kamailioBefore(t: TestContext, between: Between): Promise<Bed> {
	const { caller, callee } = await phones(t);
	const ports = await sipwright(t, `sip:${NUMBER}@127.0.0.1:${callee.port}`);
	const kamailio = await startKamailio(
		`127.0.0.1:${ports[between]};transport=${between}`,
		await certificate,
	);
	closing(t, kamailio, (one) => one.stop());
	return { caller, callee, entry: kamailio.udp };
}

async function phones(t: TestContext): Promise<Pick<Bed, "caller" | "callee">> {
	const caller = closing(t, await udpPeer(), (peer) => peer.close());
	const callee = closing(t, await udpPeer(), (peer) => peer.close());
	return { caller, callee };
}

async function sipwright(t: TestContext, contact: string): Promise<Record<Between, number>> {
	const ports = { udp: await freePort(), tls: await freePort() };
	const own = await certificate;
	const started = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${ports.udp}, tls:127.0.0.1:${ports.tls} ]`,
			"tls: { certificate: own.pem, key: own.key, ca: own.pem }",
			"secure-signaling: { name-check: off, tls-marker: transport }",
			`devices: { "${NUMBER}": { type: Extension, contact: "${contact}" } }`,
		].join("\n"),
		files: { "own.pem": own.cert, "own.key": own.key },
	});
	closing(t, started, (one) => one.stop());
	return ports;
}

/** INVITE, 180, 200 and ACK through both proxies. */
async function connect({ caller, callee, entry }: Bed): Promise<{
	caller: Talker;
	callee: Talker;
}> {
	const contacts = {
		caller: `<sip:caller@127.0.0.1:${caller.port}>`,
		callee: `<sip:${NUMBER}@127.0.0.1:${callee.port}>`,
	};
	caller.send(
		message(`INVITE sip:${NUMBER}@127.0.0.1:${entry} SIP/2.0`, [
			`Via: SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bKfirst`,
			"Max-Forwards: 70",
			"From: <sip:caller@127.0.0.1>;tag=c",
			`To: <sip:${NUMBER}@127.0.0.1>`,
			`Call-ID: chain-${entry}`,
			"CSeq: 1 INVITE",
			`Contact: ${contacts.caller}`,
		]),
		entry,
	);
	const invite = await callee.request("INVITE");
	assert.ok(invite.recordRoutes.length >= 2, "both proxies stay in the route");
	assert.equal(invite.vias.length, 3);
	const headers = [`Contact: ${contacts.callee}`];
	callee.send(answer(invite, "180 Ringing", { tag: "d", headers }));
	await caller.response(180, "INVITE");
	callee.send(answer(invite, "200 OK", { tag: "d", headers }));
	const ok = await caller.response(200, "INVITE");
	const end = (peer: Peer, contact: string) => ({
		...{ peer, contact, via: `SIP/2.0/UDP 127.0.0.1:${peer.port}` },
	});
	const callerEnd = end(caller, contacts.caller);
	const calleeEnd = end(callee, contacts.callee);
	const talkers = {
		caller: { ...callerEnd, dialog: DialogSide.caller(callerEnd, ok) },
		callee: {
			...calleeEnd,
			dialog: DialogSide.callee(calleeEnd, invite, `${invite.value("To")};tag=d`),
		},
	};
	await passes("ACK", talkers.caller, talkers.callee);
	return talkers;
}

/** A request in the dialog arrives at the other side with all routes used up, and its 200 comes back. */
async function passes(method: string, from: Talker, to: Talker): Promise<void> {
	from.dialog.send(method);
	const arrived = await to.peer.request(method);
	assert.equal(arrived.uri, to.contact.slice(1, -1), method);
	assert.deepEqual(arrived.values("Route"), [], method);
	assert.equal(arrived.value("From"), from.dialog.local, method);
	if (method === "ACK") return;
	to.peer.send(answer(arrived, "200 OK", { headers: [`Contact: ${to.contact}`] }));
	await from.peer.response(200, method);
}
