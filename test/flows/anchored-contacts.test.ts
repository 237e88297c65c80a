/** `contact: anchor` and `record-route: no`: a dialog that lives in the Contacts alone (secure signaling §3.4, W2). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DialogSide } from "../support/dialog.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import { WireMessage } from "../support/wire-message.ts";

const settings = (block: string) => `${YAML}\nsecure-signaling: { ${block} }\n`;
const bed = await testBed(settings("contact: anchor"));
const bare = await testBed(settings("contact: anchor, record-route: no"));
const inUser = await testBed(settings("contact: anchor, record-route: no, contact-state: user"));

const D1 = { transport: "tls", host: "172.21.83.24" } as const;
const D2 = { host: "172.21.83.60" };
const CALL = {
	uri: "sips:5000@172.21.83.50:5314;transport=TCP",
	from: "sips:7789@172.21.83.24",
	to: "sips:5000@172.21.83.50:5314",
};
const uncooked = (text: string | undefined) =>
	text?.replace(/x5=[\w-]+/g, "x5=C").replace(/x5c=[\w-]+/g, "x5c=E");

function called(rig: ExchangeRig) {
	const contact = "<sips:7789@172.21.83.24:5061;transport=TCP>";
	const d1 = rig.phone("7789", { ...D1, contact });
	const d2 = rig.phone("5000", D2);
	const invite = d1.request("INVITE", CALL.uri, CALL);
	return { d1, d2, invite, came: d2.take("INVITE") };
}

function answered(rig: ExchangeRig) {
	const { d1, d2, invite, came } = called(rig);
	d2.answer(came, "200 OK");
	const ok = d1.take(200);
	return { d1, d2, invite, came, ok, a: d1.caller(ok), b: d2.callee(came) };
}

test("secure-signaling W2: contact: anchor, record-route: no on both legs: INVITE and 200 on the wire", () => {
	const { invite, came, ok } = answered(bare.rig());
	assert.equal(came.uri, "sip:5000@172.21.83.60:5060");
	assert.equal(uncooked(came.value("Contact")), "<sip:7789@172.21.83.50:5060;x5c=E>");
	assert.deepEqual(came.recordRoutes, []);
	assert.equal(uncooked(ok.value("Contact")), "<sips:5000@172.21.83.50:5314;transport=TCP;x5c=E>");
	assert.deepEqual(ok.recordRoutes, []);
	assert.equal(ok.value("From"), invite.value("From"));
	assert.deepEqual(ok.vias, [`${invite.vias[0]};received=172.21.83.24`]);
});

test("secure-signaling W2 G10c: ACK, and requests of both sides, without any Route", () => {
	const rig = bare.rig();
	const { d1, d2, a, b } = answered(rig);
	a.send("ACK");
	const ack = d2.take("ACK");
	assert.equal(ack.uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(ack.values("Route"), []);
	for (const method of ["INVITE", "UPDATE", "INFO"]) {
		b.send(method);
		const came = d1.take(method);
		assert.equal(came.uri, "sips:7789@172.21.83.24:5061;transport=TCP");
		assert.equal(came.value("From"), "<sips:5000@172.21.83.50:5314>;tag=5000");
		assert.equal(came.value("To"), "<sips:7789@172.21.83.24>;tag=7789");
		assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
		if (method !== "INFO")
			assert.equal(uncooked(came.value("Contact")), "<sips:5000@172.21.83.50:5314;x5c=E>");
		d1.answer(came, "200 OK");
		assert.equal(d2.take(200, method).value("To"), "<sip:7789@172.21.83.24>;tag=7789");
		a.send(method);
		const other = d2.take(method);
		assert.equal(other.uri, "sip:5000@172.21.83.60:5060");
		d2.answer(other, "200 OK");
		assert.equal(d1.take(200, method).value("From"), "<sips:7789@172.21.83.24>;tag=7789");
	}
	b.send("BYE");
	const bye = d1.take("BYE");
	assert.equal(bye.uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	d1.answer(bye, "200 OK");
	d2.take(200, "BYE");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("secure-signaling W2: with record-route: yes the Contacts carry the URI alone, and Record-Route is that of W1", () => {
	const { d1, d2, came, ok, a, b } = answered(bed.rig());
	assert.equal(uncooked(came.value("Contact")), "<sip:7789@172.21.83.50:5060;x5c=E>");
	assert.deepEqual(came.recordRoutes.map(uncooked), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=7789>"]);
	assert.equal(uncooked(ok.value("Contact")), "<sips:5000@172.21.83.50:5314;transport=TCP;x5c=E>");
	assert.deepEqual(ok.recordRoutes.map(uncooked), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=7789>"]);
	a.send("ACK");
	assert.equal(d2.take("ACK").uri, "sip:5000@172.21.83.60:5060");
	b.send("BYE");
	assert.equal(d1.take("BYE").uri, "sips:7789@172.21.83.24:5061;transport=TCP");
});

test("secure-signaling §3.4 invariant 8: after a restart the Contacts alone lead back, from both sides", () => {
	for (const place of [bed, bare, inUser]) {
		const rig = place.rig();
		const { d1, d2, a, b } = answered(rig);
		a.send("ACK");
		d2.take("ACK");
		rig.restart();
		a.send("INVITE");
		const again = d2.take("INVITE");
		assert.equal(again.uri, "sip:5000@172.21.83.60:5060");
		d2.answer(again, "200 OK");
		d1.take(200);
		b.send("BYE");
		assert.equal(d1.take("BYE").uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	}
});

test("secure-signaling G10d: contact-state: user: a caller that drops unknown parameters still gets there", () => {
	const { d1, d2, ok } = answered(inUser.rig());
	const contact = ok.value("Contact");
	assert.equal(uncooked(contact), "<sips:5000;x5c=E@172.21.83.50:5314;transport=TCP>");
	d1.caller(ok).refreshed(contact.replace(";transport=TCP", "")).send("ACK");
	assert.equal(d2.take("ACK").uri, "sip:5000@172.21.83.60:5060");
});

const cut = (contact: string) => contact.replace(/;x5c=[\w-]+/, "");

test("secure-signaling §3.4: the entry cut off, no Route: 481, and an ACK is dropped", () => {
	const { d1, d2, ok } = answered(bare.rig());
	const a = d1.caller(ok).refreshed(cut(ok.value("Contact")));
	a.send("ACK");
	a.send("BYE");
	assert.equal(d1.take(481, "BYE").value("CSeq"), "2 BYE");
	assert.deepEqual(d2.unread, []);
});

test("secure-signaling §3.4: the entry cut off, with our Route: the user part names the device", () => {
	const rig = bed.rig();
	const { d1, d2, ok } = answered(rig);
	d1.caller(ok)
		.refreshed(cut(ok.value("Contact")))
		.send("BYE");
	assert.equal(d2.take("BYE").uri, "sip:5000@172.21.83.60:5060");
	const told = rig.log.filter(
		({ fields }) => "event" in fields && fields.event === "contact-state.lost",
	);
	assert.deepEqual(
		told.map(({ level, message }) => `${level} ${message}`),
		["warn 7789 drops URI parameters: set contact-state: user for it"],
	);
});

test("secure-signaling §3.4: nobody by that name: the address that the dialog's peer was heard from", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70", port: 5070 });
	const d2 = rig.phone("5000", D2);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const came = d2.take("INVITE");
	d2.answer(came, "200 OK");
	const b = d2.callee(came).refreshed(cut(came.value("Contact")));
	b.send("BYE");
	assert.equal(ann.take("BYE").uri, "sip:6000@172.21.83.70:5070");
});

test("secure-signaling §3.2: an anchored Contact that was changed gets 403, with a Route and without", () => {
	for (const place of [bed, bare]) {
		const { d1, d2, ok } = answered(place.rig());
		const forged = ok
			.value("Contact")
			.replace(/x5c=(.)/, (_, first) => `x5c=${first === "A" ? "B" : "A"}`);
		d1.caller(ok).refreshed(forged).send("BYE");
		d1.take(403, "BYE");
		assert.deepEqual(d2.unread, []);
	}
});

test("RFC 3891 §3, secure-signaling §3.4: a new INVITE to an anchored Contact goes to the device of its user part", () => {
	const rig = bare.rig();
	const { d2, ok } = answered(rig);
	const carl = rig.phone("6001", { host: "172.21.83.71" });
	const target = /<(.*)>/.exec(ok.value("Contact"))?.[1]?.replace("sips:", "sip:") ?? "";
	carl.request("INVITE", target);
	const came = d2.take("INVITE");
	assert.equal(came.uri, "sip:5000@172.21.83.60:5060");
});

test("RFC 3891 §3, secure-signaling §3.4: Replaces says which dialog a Contact belongs to that names no device", () => {
	const rig = bare.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const d2 = rig.phone("5000", D2);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const came = d2.take("INVITE");
	d2.answer(came, "200 OK");
	const ok = ann.take(200);
	const carl = rig.phone("6001", { host: "172.21.83.71" });
	const target = /<(.*)>/.exec(came.value("Contact"))?.[1] ?? "";
	const [to, from] = ["To", "From"].map((name) => /tag=([\w-]+)/.exec(ok.value(name))?.[1]);
	const replaces = `Replaces: ${ok.value("Call-ID")};to-tag=${from};from-tag=${to}`;
	carl.request("INVITE", target, { headers: [replaces] });
	assert.equal(ann.take("INVITE").uri, "sip:6000@172.21.83.70:5060");
	carl.request("INVITE", target);
	carl.take(404);
});

/** Another proxy between a phone and us: it record-routes, and sends on what it gets. */
const HOP_A = "<sip:10.0.0.21;lr>";
const HOP_B = "<sip:10.0.0.22;lr>";

function throughProxies(rig: ExchangeRig) {
	const hopA = rig.phone("hop-a", { host: "10.0.0.21" });
	const d2 = rig.phone("5000", D2);
	hopA.request("INVITE", "sip:5000@172.21.83.50", {
		from: "sip:6000@172.21.83.70",
		contact: "<sip:6000@172.21.83.70>",
		headers: [`Record-Route: ${HOP_A}`],
	});
	const came = d2.take("INVITE");
	const headers = [HOP_B, ...came.recordRoutes].map((value) => `Record-Route: ${value}`);
	d2.send(withRecordRoutes(came, headers, d2.contact));
	return { hopA, d2, came, ok: hopA.take(200) };
}

/** The 200 as it makes hop A send: without its own entry in the route set. */
function popped({ text }: WireMessage) {
	return new WireMessage(text.replace(`Record-Route: ${HOP_A}\r\n`, ""));
}

function withRecordRoutes(invite: WireMessage, recordRoutes: readonly string[], contact: string) {
	return [
		"SIP/2.0 200 OK",
		...invite.vias.map((via) => `Via: ${via}`),
		...recordRoutes,
		`From: ${invite.value("From")}`,
		`To: ${invite.value("To")};tag=b`,
		`Call-ID: ${invite.value("Call-ID")}`,
		`CSeq: ${invite.value("CSeq")}`,
		`Contact: ${contact}`,
		"Content-Length: 0",
		"",
		"",
	].join("\r\n");
}

test("secure-signaling §3.4: record-route: no hides the proxies beyond us, and their Route comes back", () => {
	const { hopA, d2, came, ok } = throughProxies(bare.rig());
	assert.deepEqual(came.recordRoutes, []);
	assert.deepEqual(ok.recordRoutes, [HOP_A]);
	DialogSide.callee(d2, came, `${came.value("To")};tag=b`).send("BYE");
	const bye = hopA.take("BYE");
	assert.equal(bye.uri, "sip:6000@172.21.83.70");
	assert.deepEqual(bye.values("Route"), [HOP_A]);
	hopA.caller(popped(ok)).send("INFO");
	const info = d2.take("INFO");
	assert.equal(info.uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(info.values("Route"), [HOP_B]);
});

const hiding = await testBed(settings("far-route-set: hide"));

test("secure-signaling §3.5: far-route-set: hide shows our entry alone, and gives the others back as Route", () => {
	const { hopA, d2, came, ok } = throughProxies(hiding.rig());
	assert.deepEqual(came.recordRoutes.map(uncooked), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=hop-a>"]);
	assert.deepEqual(ok.recordRoutes.map(uncooked), [
		"<sip:172.21.83.50:5060;lr;x5=C;ftag=hop-a>",
		HOP_A,
	]);
	DialogSide.callee(d2, came, `${came.value("To")};tag=b`).send("BYE");
	const bye = hopA.take("BYE");
	assert.deepEqual(bye.values("Route"), [HOP_A]);
	assert.equal(bye.uri, "sip:6000@172.21.83.70");
	hopA.caller(popped(ok)).send("BYE");
	assert.deepEqual(d2.take("BYE").values("Route"), [HOP_B]);
});
