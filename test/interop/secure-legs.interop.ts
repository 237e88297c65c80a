/** The two messages of the Secure SIP Signaling page, through the running proxy, on the wire of each side. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { answer, DialogSide, type Endpoint } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { type SipPeer, tlsClient, tlsServer, udpPeer } from "../support/sip-peer.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { WireMessage } from "../support/wire-message.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/secure-sip-signaling");
/** The page's phone; on loopback, and behind a NAT as far as its Via can tell. */
const PHONE = "127.0.0.24";
/** Lines that the page, or RFC 3261 §16.6, has a proxy write. */
const LEG_HEADERS = ["Via", "From", "To", "Contact", "Record-Route", "Route", "Max-Forwards"];

type Bed = { udp: number; tls: number };
type Wired = Endpoint & { peer: SipPeer };
type Side = { endpoint: Wired; scheme: "sip" | "sips"; own: string };

test("secure-signaling G2 G4 G6 G7 G9 G10: the page's INVITE from a TLS client to a UDP phone, and the whole call", async (t) => {
	const phone = closing(t, await udpPeer(), (peer) => peer.close());
	const bed = await start(
		t,
		`"5000": { type: Extension, contact: "sip:5000@127.0.0.1:${phone.port}" }`,
	);
	const client = closing(t, await tlsClient(bed.tls), (peer) => peer.close());
	const invite = fromPage("invite.sip", bed);
	client.send(invite.text);

	const arrived = await phone.request("INVITE");
	assert.equal(arrived.uri, `sip:5000@127.0.0.1:${phone.port}`);
	assert.equal(arrived.value("From"), invite.value("From").replace("<sips:", "<sip:"));
	assert.match(arrived.value("From"), /^"7789"<sip:7789@/);
	assert.equal(arrived.value("To"), `<sip:5000@127.0.0.1:${bed.tls}>`);
	assert.equal(arrived.value("Contact"), `<sip:7789@${PHONE}:5061;transport=TCP>`);
	assert.match(arrived.vias[0] ?? "", new RegExp(`^SIP/2\\.0/UDP 127\\.0\\.0\\.1:${bed.udp};`));
	assert.deepEqual(arrived.vias.slice(1), [`${invite.value("Via")};received=127.0.0.1`]);
	assert.equal(arrived.value("Max-Forwards"), "69");
	assert.equal(arrived.recordRoutes.length, 1);
	assert.match(arrived.recordRoutes[0] ?? "", new RegExp(`^<sip:127\\.0\\.0\\.1:${bed.udp};lr;`));
	untouched(invite, arrived);

	const contact = `<sip:5000@127.0.0.1:${phone.port}>`;
	const page = fromPage("ok.sip", bed);
	const extra = page.without("Via", "From", "To", "Contact", "Call-ID", "CSeq", "Content-Length");
	const body = page.body;
	phone.send(
		answer(arrived, "200 OK", { tag: "b", headers: [`Contact: ${contact}`, ...extra], body }),
	);

	const ok = await client.response(200, "INVITE");
	assert.equal(ok.value("From"), invite.value("From"));
	assert.equal(ok.value("To"), `${invite.value("To")};tag=b`);
	assert.equal(ok.value("Contact"), contact.replace("<sip:", "<sips:"));
	assert.deepEqual(ok.vias, [`${invite.value("Via")};received=127.0.0.1`]);
	assert.equal(ok.recordRoutes.length, 1);
	assert.match(ok.recordRoutes[0] ?? "", new RegExp(`^<sips:127\\.0\\.0\\.1:${bed.tls};lr;`));
	assert.deepEqual(ok.without(...LEG_HEADERS, "Call-ID", "CSeq", "Content-Length"), extra);
	assert.equal(ok.body, body);

	const callerEnd = {
		peer: client,
		via: `SIP/2.0/TLS ${PHONE}:5061`,
		contact: invite.value("Contact"),
	};
	const calleeEnd = { peer: phone, via: `SIP/2.0/UDP 127.0.0.1:${phone.port}`, contact };
	await restOfCall(
		side("sips", callerEnd, DialogSide.caller(callerEnd, ok), bed),
		side(
			"sip",
			calleeEnd,
			DialogSide.callee(calleeEnd, arrived, `${arrived.value("To")};tag=b`),
			bed,
		),
	);
});

test("secure-signaling G2 G3 G5 G7: a UDP caller to a sips device over TLS, and the whole call", async (t) => {
	const certificate = await loopbackCertificate();
	const device = closing(t, await tlsServer(certificate), (peer) => peer.close());
	const bed = await start(
		t,
		`"5001": { type: Extension, contact: "sips:5001@127.0.0.1:${device.port};transport=tcp" }`,
		certificate.cert,
	);
	const caller = closing(t, await udpPeer(), (peer) => peer.close());
	const contact = `<sip:6000@127.0.0.1:${caller.port}>`;
	const invite = new WireMessage(
		fromPage("invite.sip", bed)
			.text.replaceAll("sips:", "sip:")
			.replace(/^INVITE .* SIP/, `INVITE sip:5001@127.0.0.1:${bed.udp} SIP`)
			.replace(/^Via: .*$/m, `Via: SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bKa1`)
			.replace(/^Contact: .*$/m, `Contact: ${contact}`),
	);
	caller.send(invite.text, bed.udp);

	const arrived = await device.request("INVITE");
	assert.equal(arrived.uri, `sips:5001@127.0.0.1:${device.port};transport=tcp`);
	assert.equal(arrived.value("From"), invite.value("From").replace("<sip:", "<sips:"));
	assert.equal(arrived.value("To"), invite.value("To").replace("<sip:", "<sips:"));
	assert.equal(arrived.value("Contact"), contact.replace("<sip:", "<sips:"));
	assert.match(arrived.vias[0] ?? "", new RegExp(`^SIP/2\\.0/TLS 127\\.0\\.0\\.1:${bed.tls};`));
	assert.deepEqual(arrived.vias.slice(1), [invite.value("Via")]);
	assert.match(
		arrived.recordRoutes.join(),
		new RegExp(`^<sips:127\\.0\\.0\\.1:${bed.tls};lr;[^,]*$`),
	);
	assert.doesNotMatch(arrived.recordRoutes.join(), /transport=/);
	untouched(invite, arrived);

	const own = `<sips:5001@127.0.0.1:${device.port}>`;
	device.send(answer(arrived, "180 Ringing", { tag: "d", headers: [`Contact: ${own}`] }));
	device.send(
		answer(arrived, "200 OK", {
			tag: "d",
			headers: [`Contact: ${own}`, "Server: x"],
			body: "v=0\r\n",
		}),
	);
	for (const status of [180, 200]) {
		const response = await caller.response(status, "INVITE");
		assert.equal(response.value("From"), invite.value("From"));
		assert.equal(response.value("To"), `${invite.value("To")};tag=d`);
		assert.equal(response.value("Contact"), own.replace("<sips:", "<sip:"));
		assert.deepEqual(response.vias, [invite.value("Via")]);
		assert.match(
			response.recordRoutes.join(),
			new RegExp(`^<sip:127\\.0\\.0\\.1:${bed.udp};lr;[^,]*$`),
		);
	}
	const ok = caller.received.findLast((message) => message.status === 200);
	assert.ok(ok);

	const callerEnd = { peer: caller, via: `SIP/2.0/UDP 127.0.0.1:${caller.port}`, contact };
	const calleeEnd = { peer: device, via: `SIP/2.0/TLS 127.0.0.1:${device.port}`, contact: own };
	await restOfCall(
		side("sip", callerEnd, DialogSide.caller(callerEnd, ok), bed),
		side(
			"sips",
			calleeEnd,
			DialogSide.callee(calleeEnd, arrived, `${arrived.value("To")};tag=d`),
			bed,
		),
	);
	assert.equal(device.connections, 1, "the whole call runs on one connection");
});

type Talker = Side & { dialog: DialogSide };

/** ACK, a re-INVITE from each side, and BYE: from the caller in one call; the callee's BYE is answered too. */
async function restOfCall(caller: Talker, callee: Talker): Promise<void> {
	await passes("ACK", caller, callee);
	await passes("INVITE", caller, callee);
	await passes("ACK", caller, callee);
	await passes("INVITE", callee, caller);
	await passes("ACK", callee, caller);
	await passes("BYE", callee, caller);
	await passes("BYE", caller, callee);
}

/** One request from one side to the other and its answer back, every rewritten line looked at. */
async function passes(method: string, from: Talker, to: Talker): Promise<void> {
	const body = method === "INVITE" ? "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n" : "";
	const sent = new WireMessage(from.dialog.send(method, ["X-Untouched:  a,b ;c"], body));
	const arrived = await to.endpoint.peer.request(method);
	assert.equal(arrived.uri, bare(to.endpoint.contact), method);
	assert.equal(arrived.value("From"), to.dialog.remote, method);
	assert.equal(arrived.value("To"), to.dialog.local, method);
	assert.deepEqual(arrived.values("Route"), [], method);
	assert.match(arrived.vias[0] ?? "", new RegExp(`^${to.own};`), method);
	assert.equal(arrived.vias.length, 2, method);
	if (method === "INVITE")
		assert.equal(arrived.value("Contact"), inScheme(from.endpoint.contact, to.scheme));
	untouched(sent, arrived);
	if (method === "ACK") return;

	const headers = method === "INVITE" ? [`Contact: ${to.endpoint.contact}`] : [];
	to.endpoint.peer.send(answer(arrived, "200 OK", { headers }));
	const ok = await from.endpoint.peer.response(200, method);
	assert.equal(ok.value("From"), from.dialog.local, method);
	assert.equal(ok.value("To"), from.dialog.remote, method);
	assert.equal(ok.vias.length, 1, method);
	if (method === "INVITE")
		assert.equal(ok.value("Contact"), inScheme(to.endpoint.contact, from.scheme));
}

async function start(t: TestContext, devices: string, ca?: string): Promise<Bed> {
	const bed = { udp: await freePort(), tls: await freePort() };
	const own = await loopbackCertificate();
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${bed.udp}, tls:127.0.0.1:${bed.tls} ]`,
			`tls: { certificate: own.pem, key: own.key${ca === undefined ? "" : ", ca: ca.pem"} }`,
			`devices: { ${devices} }`,
		].join("\n"),
		files: { "own.pem": own.cert, "own.key": own.key, ...(ca !== undefined && { "ca.pem": ca }) },
	});
	closing(t, sipwright, (one) => one.stop());
	return bed;
}

/** A message of the page with the addresses in its header moved to loopback. */
function fromPage(name: string, bed: Bed): WireMessage {
	const [head = "", body = ""] = readFileSync(join(FIXTURES, name), "latin1").split("\r\n\r\n");
	const moved = head
		.replaceAll("172.21.83.50:5314", `127.0.0.1:${bed.tls}`)
		.replaceAll("172.21.83.24", PHONE);
	return new WireMessage(`${moved}\r\n\r\n${body}`);
}

function side(scheme: "sip" | "sips", endpoint: Wired, dialog: DialogSide, bed: Bed): Talker {
	const own =
		scheme === "sips"
			? `SIP/2\\.0/TLS 127\\.0\\.0\\.1:${bed.tls}`
			: `SIP/2\\.0/UDP 127\\.0\\.0\\.1:${bed.udp}`;
	return { scheme, endpoint, dialog, own };
}

/** But for its leg, and the Max-Breadth that RFC 5393 §5.3.3 has a proxy add. */
function untouched(sent: WireMessage, arrived: WireMessage): void {
	assert.deepEqual(arrived.values("Max-Breadth"), ["60"]);
	assert.deepEqual(arrived.without(...LEG_HEADERS, "Max-Breadth"), sent.without(...LEG_HEADERS));
	assert.equal(arrived.body, sent.body);
}

function bare(contact: string): string {
	return contact.slice(1, -1);
}

function inScheme(contact: string, scheme: string): string {
	return contact.replace(/^<sips?:/, `<${scheme}:`);
}
