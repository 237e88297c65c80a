import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import { DialogSide } from "../support/dialog.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { WireMessage } from "../support/wire-message.ts";

const bed = await testBed();

/** The phones of secure signaling §1.0, by the names used there. */
function phones(rig: ExchangeRig) {
	return {
		d1: rig.phone("7789", {
			transport: "tls",
			host: "172.21.83.24",
			contact: "<sips:7789@172.21.83.24:5061;transport=TCP>",
		}),
		d2: rig.phone("5000", { host: "172.21.83.60" }),
		d3: rig.phone("5001", {
			transport: "tls",
			host: "192.168.8.57",
			contact: "<sips:5001@192.168.8.57:5061>",
		}),
	};
}

/** The INVITE of the page (G9), its values. */
const CALL = {
	uri: "sips:5000@172.21.83.50:5314;transport=TCP",
	from: "sips:7789@172.21.83.24",
	to: "sips:5000@172.21.83.50:5314",
};

const four = (message: WireMessage) => ({
	uri: message.uri,
	from: message.value("From").replace(/;tag=.*/, ""),
	to: message.value("To").replace(/;tag=.*/, ""),
	contact: message.value("Contact"),
});

const uncooked = (entry: string | undefined) => entry?.replace(/x5=[\w-]+/, "x5=C");

function w1() {
	const rig = bed.rig();
	const { d1, d2 } = phones(rig);
	const invite = d1.request("INVITE", CALL.uri, CALL);
	return { rig, d1, d2, invite, came: d2.take("INVITE") };
}

test("secure-signaling W1 G9b: the INVITE of a sips caller as a sip device on UDP gets it", () => {
	const { came, invite } = w1();
	assert.deepEqual(four(came), {
		uri: "sip:5000@172.21.83.60:5060",
		from: "<sip:7789@172.21.83.24>",
		to: "<sip:5000@172.21.83.50:5314>",
		contact: "<sip:7789@172.21.83.24:5061;transport=TCP>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/UDP 172\.21\.83\.50:5060;branch=/);
	assert.equal(came.vias[1], `${invite.vias[0]};received=172.21.83.24`);
	assert.deepEqual(came.recordRoutes.map(uncooked), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=7789>"]);
});

test("secure-signaling W1 G4a G4b: its 180 and 200 as the caller gets them", () => {
	const { d1, d2, came, invite } = w1();
	for (const status of ["180 Ringing", "200 OK"]) {
		const answered = d2.answer(came, status);
		const got = d1.take(Number(status.slice(0, 3)));
		assert.equal(got.value("From"), invite.value("From"));
		assert.equal(got.value("To"), `${invite.value("To")};tag=5000`);
		assert.equal(got.value("Contact"), "<sips:5000@172.21.83.60:5060>");
		assert.deepEqual(got.vias, [`${invite.vias[0]};received=172.21.83.24`]);
		assert.deepEqual(got.recordRoutes.map(uncooked), [
			"<sips:172.21.83.50:5314;lr;x5=C;ftag=7789>",
		]);
		const written = ["Via", "From", "To", "Contact", "Record-Route"];
		assert.deepEqual(got.without(...written), answered.without(...written));
	}
});

test("RFC 5630 §5.1.1.2, secure-signaling W1 SIPS-18: ACK from the caller, re-INVITE and BYE from the callee", () => {
	const { rig, d1, d2, came } = w1();
	d2.answer(came, "200 OK");
	const [a, b] = [d1.caller(d1.take(200)), d2.callee(came)];
	a.send("ACK");
	const ack = d2.take("ACK");
	assert.equal(ack.uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(ack.values("Route"), []);
	assert.equal(ack.value("From"), "<sip:7789@172.21.83.24>;tag=7789");

	b.send("INVITE");
	const again = d1.take("INVITE");
	assert.deepEqual(four(again), {
		uri: "sips:7789@172.21.83.24:5061;transport=TCP",
		from: "<sips:5000@172.21.83.50:5314>",
		to: "<sips:7789@172.21.83.24>",
		contact: "<sips:5000@172.21.83.60:5060>",
	});
	assert.match(again.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
	d1.answer(again, "200 OK");
	const answered = d2.take(200);
	assert.equal(answered.value("Contact"), "<sip:7789@172.21.83.24:5061;transport=TCP>");
	assert.equal(answered.value("From"), "<sip:5000@172.21.83.50:5314>;tag=5000");
	b.send("ACK");
	assert.equal(d1.take("ACK").uri, "sips:7789@172.21.83.24:5061;transport=TCP");

	b.send("BYE");
	const bye = d1.take("BYE");
	assert.equal(bye.value("To"), "<sips:7789@172.21.83.24>;tag=7789");
	d1.answer(bye, "200 OK");
	assert.equal(d2.take(200, "BYE").value("From"), "<sip:5000@172.21.83.50:5314>;tag=5000");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("secure-signaling W1 5.9-3: on no wire of the call stands the other leg's scheme in the four headers", () => {
	const { d1, d2, came } = w1();
	d2.answer(came, "180 Ringing");
	d2.answer(came, "200 OK");
	const [a, b] = [d1.caller(d1.take(200)), d2.callee(came)];
	a.send("ACK");
	for (const method of ["UPDATE", "INFO", "BYE"]) {
		a.send(method);
		d2.answer(d2.take(method), "200 OK");
		b.send(method);
		d1.answer(d1.take(method), "200 OK");
	}
	const check = (message: WireMessage, wrong: RegExp) => {
		for (const value of Object.values(four(message)))
			if (value.includes("sip")) assert.doesNotMatch(value, wrong, message.text);
		for (const entry of message.recordRoutes) assert.doesNotMatch(entry, wrong, message.text);
	};
	for (const message of d1.received) check(message, /<?sip:/);
	for (const message of d2.received) check(message, /sips:/);
});

test("secure-signaling W7: the callee moves in mid-call; the old target works until the new one is accepted", () => {
	const { d1, d2, came, rig } = w1();
	d2.answer(came, "200 OK");
	const a = d1.caller(d1.take(200));
	a.send("ACK");
	d2.take("ACK");
	const moved = rig.phone("moved", {
		host: "172.21.83.61",
		contact: "<sip:5000@172.21.83.61:5060;transport=udp>",
	});
	DialogSide.callee(moved, came, `${came.value("To")};tag=5000`).send("INVITE");
	const again = d1.take("INVITE");
	const shown = again.value("Contact");
	assert.match(shown, /^<sips:5000@172\.21\.83\.61:5060;x5c=[\w-]+>$/);
	d1.answer(again, "491 Request Pending");
	a.send("INFO");
	assert.equal(d2.take("INFO").uri, "sip:5000@172.21.83.60:5060");
	a.refreshed(shown).send("BYE");
	assert.equal(moved.take("BYE").uri, "sip:5000@172.21.83.61:5060;transport=udp");
	assert.deepEqual(d2.unread, []);
});

/** W3: a sip caller on UDP calls the sips device D3. */
function w3(contact?: string) {
	const rig = bed.rig();
	const { d3 } = phones(rig);
	const ann = rig.phone("6000", { host: "172.21.83.70", ...(contact && { contact }) });
	const invite = ann.request("INVITE", "sip:5001@172.21.83.50");
	return { rig, ann, d3, invite, came: d3.take("INVITE") };
}

test("secure-signaling W3 G2a G3a G5a G14b: the INVITE of a sip caller as a sips device gets it, over TLS", () => {
	const { came, rig } = w3();
	assert.deepEqual(four(came), {
		uri: "sips:5001@192.168.8.57;transport=tcp",
		from: "<sips:6000@172.21.83.70>",
		to: "<sips:5001@172.21.83.50>",
		contact: "<sips:6000@172.21.83.70:5060>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;branch=[^;]*$/);
	assert.deepEqual(came.recordRoutes.map(uncooked), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=6000>"]);
	assert.equal(rig.questions.length, 0, "an address is not looked up");
});

test("secure-signaling W3: its 200 as the caller gets it, and the callee's BYE", () => {
	const { ann, d3, came, invite, rig } = w3();
	d3.answer(came, "200 OK");
	const got = ann.take(200);
	assert.equal(got.value("From"), invite.value("From"));
	assert.equal(got.value("To"), "<sip:5001@172.21.83.50>;tag=5001");
	assert.equal(got.value("Contact"), "<sip:5001@192.168.8.57:5061>");
	assert.deepEqual(got.recordRoutes.map(uncooked), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=6000>"]);
	const [a, b] = [ann.caller(got), d3.callee(came)];
	a.send("ACK");
	assert.equal(d3.take("ACK").uri, "sips:5001@192.168.8.57:5061");
	b.send("BYE");
	const bye = ann.take("BYE");
	assert.equal(bye.uri, "sip:6000@172.21.83.70:5060");
	assert.equal(bye.value("From"), "<sip:5001@172.21.83.50>;tag=5001");
	assert.equal(bye.value("To"), "<sip:6000@172.21.83.70>;tag=6000");
	assert.match(bye.vias[0] ?? "", /^SIP\/2\.0\/UDP/);
	ann.answer(bye, "200 OK");
	d3.take(200, "BYE");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("secure-signaling W3b: transport=udp of the caller's Contact comes back to it, though sips cannot show it", () => {
	const { ann, d3, came } = w3("<sip:6000@172.21.83.70:5060;transport=udp>");
	assert.match(came.value("Contact"), /^<sips:6000@172\.21\.83\.70:5060;x5c=[\w-]+>$/);
	d3.answer(came, "200 OK");
	ann.caller(ann.take(200)).send("ACK");
	const bye = d3.callee(came).send("BYE");
	assert.equal(ann.take("BYE").uri, "sip:6000@172.21.83.70:5060;transport=udp");

	const bare = bye.replace(/;x5c=[\w-]+/, "").replace(/branch=[^\r]*/, "branch=z9hG4bKbare");
	d3.send(bare);
	assert.equal(ann.take("BYE").uri, "sip:6000@172.21.83.70:5060", "the phone dropped it");
});

test("RFC 3261 §26.3.1, secure-signaling W4 G15b G16a G17a SIPS-11 SIPS-29: REGISTER over TLS, then a call on the same connection, in sips", () => {
	const rig = bed.rig();
	const { d1, d2 } = phones(rig);
	const aor = "sips:7789@172.21.83.50:5314";
	d1.request("REGISTER", "sips:172.21.83.50:5314", {
		from: aor,
		to: aor,
		contact: `${d1.contact};expires=600`,
	});
	assert.equal(
		d1.take(200).value("Contact"),
		"<sips:7789@172.21.83.24:5061;transport=TCP>;expires=600",
	);
	const [binding] = rig.store.bindings("7789", rig.now);
	assert.equal(binding?.contact, "sips:7789@172.21.83.24:5061");
	assert.equal(binding.echoed, "sips:7789@172.21.83.24:5061;transport=TCP");
	assert.equal(binding.scheme, "sips");
	assert.equal(binding.flow.connection, d1.connection);

	d2.request("INVITE", "sip:7789@172.21.83.50", { from: "sip:5000@172.21.83.50" });
	const came = d1.take("INVITE");
	assert.deepEqual(four(came), {
		uri: "sips:7789@172.21.83.24:5061",
		from: "<sips:5000@172.21.83.50>",
		to: "<sips:7789@172.21.83.50>",
		contact: "<sips:5000@172.21.83.60:5060>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
	assert.deepEqual(came.recordRoutes.map(uncooked), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=5000>"]);
	assert.equal(rig.questions.length, 0);
});

test("secure-signaling W5 G21a G3c: a media server gets sip URIs over TLS from a sips caller", () => {
	const rig = bed.rig();
	const { d3 } = phones(rig);
	const media = rig.phone("media", { transport: "tls", host: "10.0.0.9" });
	const from = "sips:5001@172.21.83.50";
	d3.request("INVITE", "sips:media@172.21.83.50:5314", { from });
	const came = media.take("INVITE");
	assert.deepEqual(four(came), {
		uri: "sip:media@10.0.0.9:5061;transport=tls",
		from: "<sip:5001@172.21.83.50>",
		to: "<sip:media@172.21.83.50:5314>",
		contact: "<sip:5001@192.168.8.57:5061>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
	media.answer(came, "200 OK", { contact: "<sip:10.0.0.9:5061;transport=tls>" });
	const got = d3.take(200);
	assert.equal(got.value("Contact"), "<sips:10.0.0.9:5061;transport=tls>");
	assert.deepEqual(got.recordRoutes.map(uncooked), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=5001>"]);
	d3.caller(got).send("ACK");
	assert.equal(media.take("ACK").uri, "sip:10.0.0.9:5061;transport=tls");
});

test("secure-signaling G6a E4: a fork to a sip and a sips phone: each leg in its scheme, the caller in its own", () => {
	const rig = bed.rig({ routes: () => relay("5000", "5001") });
	const { d2, d3 } = phones(rig);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const invite = ann.request("INVITE", "sip:5555@172.21.83.50");
	const [toD2, toD3] = [d2.take("INVITE"), d3.take("INVITE")];
	assert.equal(toD2.value("From"), "<sip:6000@172.21.83.70>;tag=6000");
	assert.equal(toD3.value("From"), "<sips:6000@172.21.83.70>;tag=6000");
	d2.answer(toD2, "180 Ringing");
	d3.answer(toD3, "180 Ringing");
	for (const got of [ann.take(180), ann.take(180)]) {
		assert.equal(got.value("From"), invite.value("From"));
		assert.match(got.value("Contact"), /^<sip:/);
		assert.match(got.recordRoutes[0] ?? "", /^<sip:172\.21\.83\.50:5060/);
	}
	d2.answer(toD2, "200 OK");
	assert.match(ann.take(200).value("Contact"), /^<sip:5000@/);
	const cancel = d3.take("CANCEL");
	assert.equal(cancel.uri, toD3.uri);
	assert.equal(cancel.value("From"), toD3.value("From"));
	assert.equal(cancel.value("To"), "<sips:5555@172.21.83.50>");
	d3.answer(cancel, "200 OK");
	d3.answer(toD3, "487 Request Terminated");
	assert.equal(d3.take("ACK").value("From"), toD3.value("From"));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("secure-signaling G6b: two calls at once, one each way, share nothing", () => {
	const rig = bed.rig();
	const { d2, d3 } = phones(rig);
	d3.request("INVITE", "sips:5000@172.21.83.50:5314", { from: "sips:5001@172.21.83.50" });
	d2.request("INVITE", "sip:5001@172.21.83.50", { from: "sip:5000@172.21.83.50" });
	const [down, up] = [d2.take("INVITE"), d3.take("INVITE")];
	d2.answer(down, "200 OK");
	d3.answer(up, "200 OK");
	const [atD3, atD2] = [d3.take(200), d2.take(200)];
	assert.equal(atD3.value("Contact"), "<sips:5000@172.21.83.60:5060>");
	assert.equal(atD2.value("Contact"), "<sip:5001@192.168.8.57:5061>");
	d3.caller(atD3).send("BYE");
	d2.caller(atD2).send("BYE");
	assert.equal(d2.take("BYE").value("Call-ID"), atD3.value("Call-ID"));
	assert.equal(d3.take("BYE").value("Call-ID"), atD2.value("Call-ID"));
});

test("secure-signaling G4d: a sip INVITE over TLS is a sip call: TLS alone turns nothing into sips", () => {
	const rig = bed.rig();
	const { d2 } = phones(rig);
	const ann = rig.phone("6000", { transport: "tls", host: "172.21.83.70" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const came = d2.take("INVITE");
	assert.equal(came.recordRoutes.length, 2, "equal schemes: a pair (RFC 5658)");
	d2.answer(came, "200 OK");
	assert.equal(ann.take(200).value("Contact"), "<sip:5000@172.21.83.60:5060>");
});
