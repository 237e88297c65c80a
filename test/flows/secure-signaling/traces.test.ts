/** Calls between legs of two schemes, message by message, with every value that matters (RFC 5630, RFC 3261 §12). */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	assertCrossed,
	assertNothingLeft,
	assertSchemes,
	exchange,
	four,
	readable,
	routesOf,
} from "../../support/crossing.ts";
import { relay } from "../../support/decisions.ts";
import { DialogSide } from "../../support/dialog.ts";
import { call, register, secureBed } from "../../support/secure-bed.ts";

const bed = await secureBed();

/** The INVITE of the page, its values. */
const CALL = {
	uri: "sips:5000@172.21.83.50:5314;transport=TCP",
	from: "sips:7789@172.21.83.24",
	to: "sips:5000@172.21.83.50:5314",
};

function w1() {
	const all = bed.open();
	const { d1, d2 } = all;
	const invite = d1.request("INVITE", CALL.uri, CALL);
	return { ...all, invite, came: assertCrossed(invite, d2.take("INVITE")) };
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
	assert.deepEqual(routesOf(came), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=7789>"]);
});

test("secure-signaling W1 G4a G4b: its 180 and 200 as the caller gets them", () => {
	const { d1, d2, came, invite } = w1();
	for (const status of ["180 Ringing", "200 OK"]) {
		const got = assertCrossed(d2.answer(came, status), d1.take(Number(status.slice(0, 3))));
		assert.equal(got.value("From"), invite.value("From"));
		assert.equal(got.value("To"), `${invite.value("To")};tag=5000`);
		assert.equal(got.value("Contact"), "<sips:5000@172.21.83.60:5060>");
		assert.deepEqual(got.vias, [`${invite.vias[0]};received=172.21.83.24`]);
		assert.deepEqual(routesOf(got), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=7789>"]);
	}
});

test("RFC 5630 §5.1.1.2, secure-signaling W1 SIPS-18: ACK from the caller, re-INVITE and BYE from the callee", () => {
	const { rig, d1, d2, came } = w1();
	const ok = assertCrossed(d2.answer(came, "200 OK"), d1.take(200));
	const [a, b] = [d1.caller(ok), d2.callee(came)];
	const ack = assertCrossed(a.send("ACK"), d2.take("ACK"));
	assert.equal(ack.uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(ack.values("Route"), []);
	assert.equal(ack.value("From"), "<sip:7789@172.21.83.24>;tag=7789");

	const { request: again, response } = exchange(b, [d2, d1], "INVITE");
	assert.deepEqual(four(again), {
		uri: "sips:7789@172.21.83.24:5061;transport=TCP",
		from: "<sips:5000@172.21.83.50:5314>",
		to: "<sips:7789@172.21.83.24>",
		contact: "<sips:5000@172.21.83.60:5060>",
	});
	assert.match(again.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
	assert.equal(response.value("Contact"), "<sip:7789@172.21.83.24:5061;transport=TCP>");
	assert.equal(response.value("From"), "<sip:5000@172.21.83.50:5314>;tag=5000");
	const second = assertCrossed(b.send("ACK"), d1.take("ACK"));
	assert.equal(second.uri, "sips:7789@172.21.83.24:5061;transport=TCP");

	const bye = exchange(b, [d2, d1], "BYE");
	assert.equal(bye.request.value("To"), "<sips:7789@172.21.83.24>;tag=7789");
	assert.equal(bye.response.value("From"), "<sip:5000@172.21.83.50:5314>;tag=5000");
	assertSchemes(d1, d2);
	assertNothingLeft(rig);
});

test("secure-signaling W7: the callee moves in mid-call; the old target works until the new one is accepted", () => {
	const { d1, d2, came, rig } = w1();
	const a = d1.caller(assertCrossed(d2.answer(came, "200 OK"), d1.take(200)));
	assertCrossed(a.send("ACK"), d2.take("ACK"));
	const moved = rig.phone("moved", {
		host: "172.21.83.61",
		contact: "<sip:5000@172.21.83.61:5060;transport=udp>",
	});
	const b = DialogSide.callee(moved, came, `${came.value("To")};tag=5000`);
	const again = assertCrossed(b.send("INVITE"), d1.take("INVITE"));
	const shown = again.value("Contact");
	assert.equal(readable(shown), "<sips:5000@172.21.83.61:5060;x5c=E>");
	assertCrossed(d1.answer(again, "491 Request Pending"), moved.take(491));
	assert.equal(exchange(a, [d1, d2], "INFO").request.uri, "sip:5000@172.21.83.60:5060");
	const bye = exchange(a.refreshed(shown), [d1, moved], "BYE").request;
	assert.equal(bye.uri, "sip:5000@172.21.83.61:5060;transport=udp");
	assert.deepEqual(d2.unread, []);
	assertSchemes(d1, d2, moved);
});

/** A sip caller on UDP calls the sips device D3. */
function w3(contact?: string) {
	const all = bed.open({}, contact === undefined ? {} : { ann: { contact } });
	const { ann, d3 } = all;
	const invite = call(ann, "5001");
	return { ...all, invite, came: assertCrossed(invite, d3.take("INVITE")) };
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
	assert.deepEqual(routesOf(came), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=6000>"]);
	assert.equal(rig.questions.length, 0, "an address is not looked up");
});

test("secure-signaling W3: its 200 as the caller gets it, and the callee's BYE", () => {
	const { ann, d3, came, invite, rig } = w3();
	const got = assertCrossed(d3.answer(came, "200 OK"), ann.take(200));
	assert.equal(got.value("From"), invite.value("From"));
	assert.equal(got.value("To"), "<sip:5001@172.21.83.50>;tag=5001");
	assert.equal(got.value("Contact"), "<sip:5001@192.168.8.57:5061>");
	assert.deepEqual(routesOf(got), ["<sip:172.21.83.50:5060;lr;x5=C;ftag=6000>"]);
	const ack = assertCrossed(ann.caller(got).send("ACK"), d3.take("ACK"));
	assert.equal(ack.uri, "sips:5001@192.168.8.57:5061");
	const bye = exchange(d3.callee(came), [d3, ann], "BYE").request;
	assert.equal(bye.uri, "sip:6000@172.21.83.70:5060");
	assert.equal(bye.value("From"), "<sip:5001@172.21.83.50>;tag=5001");
	assert.equal(bye.value("To"), "<sip:6000@172.21.83.70>;tag=6000");
	assert.match(bye.vias[0] ?? "", /^SIP\/2\.0\/UDP/);
	assertSchemes(ann, d3);
	assertNothingLeft(rig);
});

test("secure-signaling W3b: transport=udp of the caller's Contact comes back to it, though sips cannot show it", () => {
	const { ann, d3, came } = w3("<sip:6000@172.21.83.70:5060;transport=udp>");
	assert.equal(readable(came.value("Contact")), "<sips:6000@172.21.83.70:5060;x5c=E>");
	const ok = assertCrossed(d3.answer(came, "200 OK"), ann.take(200));
	assertCrossed(ann.caller(ok).send("ACK"), d3.take("ACK"));
	const { uri } = exchange(d3.callee(came), [d3, ann], "BYE").request;
	assert.equal(uri, "sip:6000@172.21.83.70:5060;transport=udp");
});

test("RFC 3261 §26.3.1, secure-signaling W4 G15b G16a G17a SIPS-11 SIPS-29: REGISTER over TLS, then a call on the same connection, in sips", () => {
	const { rig, d1, d2 } = bed.open();
	register(d1, { contact: `${d1.contact};expires=600` });
	const ok = d1.take(200);
	assert.equal(ok.value("Contact"), "<sips:7789@172.21.83.24:5061;transport=TCP>;expires=600");
	const [binding] = rig.store.bindings("7789", rig.now);
	assert.equal(binding?.contact, "sips:7789@172.21.83.24:5061");
	assert.equal(binding.echoed, "sips:7789@172.21.83.24:5061;transport=TCP");
	assert.equal(binding.scheme, "sips");
	assert.equal(binding.flow.connection, d1.connection);

	const from = "sip:5000@172.21.83.50";
	const invite = d2.request("INVITE", "sip:7789@172.21.83.50", { from });
	const came = assertCrossed(invite, d1.take("INVITE"));
	assert.deepEqual(four(came), {
		uri: "sips:7789@172.21.83.24:5061",
		from: "<sips:5000@172.21.83.50>",
		to: "<sips:7789@172.21.83.50>",
		contact: "<sips:5000@172.21.83.60:5060>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
	assert.deepEqual(routesOf(came), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=5000>"]);
	assert.equal(rig.questions.length, 0);
});

test("secure-signaling W5 G21a G3c: a media server gets sip URIs over TLS from a sips caller", () => {
	const { d3, media } = bed.open();
	const from = "sips:5001@172.21.83.50";
	const invite = d3.request("INVITE", "sips:media@172.21.83.50:5314", { from });
	const came = assertCrossed(invite, media.take("INVITE"));
	assert.deepEqual(four(came), {
		uri: "sip:media@10.0.0.9:5061;transport=tls",
		from: "<sip:5001@172.21.83.50>",
		to: "<sip:media@172.21.83.50:5314>",
		contact: "<sip:5001@192.168.8.57:5061>",
	});
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
	const got = assertCrossed(media.answer(came, "200 OK"), d3.take(200));
	assert.equal(got.value("Contact"), "<sips:10.0.0.9:5061;transport=tls>");
	assert.deepEqual(routesOf(got), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=5001>"]);
	const ack = assertCrossed(d3.caller(got).send("ACK"), media.take("ACK"));
	assert.equal(ack.uri, "sip:10.0.0.9:5061;transport=tls");
	assertSchemes(d3, media);
});

test("secure-signaling G6a E4: a fork to a sip and a sips phone: each leg in its scheme, the caller in its own", () => {
	const { rig, ann, d2, d3 } = bed.open({ routes: () => relay("5000", "5001") });
	const invite = call(ann, "5555");
	const [toD2, toD3] = [
		assertCrossed(invite, d2.take("INVITE")),
		assertCrossed(invite, d3.take("INVITE")),
	];
	assert.equal(toD2.value("From"), "<sip:6000@172.21.83.70>;tag=6000");
	assert.equal(toD3.value("From"), "<sips:6000@172.21.83.70>;tag=6000");
	const rings = [d2.answer(toD2, "180 Ringing"), d3.answer(toD3, "180 Ringing")];
	for (const sent of rings) {
		const got = assertCrossed(sent, ann.take(180));
		assert.match(got.recordRoutes[0] ?? "", /^<sip:172\.21\.83\.50:5060/);
	}
	const ok = assertCrossed(d2.answer(toD2, "200 OK"), ann.take(200));
	assert.match(ok.value("Contact"), /^<sip:5000@/);
	const cancel = d3.take("CANCEL");
	assert.equal(cancel.uri, toD3.uri);
	assert.equal(cancel.value("From"), toD3.value("From"));
	assert.equal(cancel.value("To"), "<sips:5555@172.21.83.50>");
	d3.answer(cancel, "200 OK");
	d3.answer(toD3, "487 Request Terminated");
	assert.equal(d3.take("ACK").value("From"), toD3.value("From"));
	assertSchemes(ann, d2, d3);
	assertNothingLeft(rig);
});

test("secure-signaling G6b: two calls at once, one each way, share nothing", () => {
	const { d2, d3 } = bed.open();
	const [first, second] = [call(d3, "5000"), call(d2, "5001")];
	const down = assertCrossed(first, d2.take("INVITE"));
	const up = assertCrossed(second, d3.take("INVITE"));
	const atD3 = assertCrossed(d2.answer(down, "200 OK"), d3.take(200));
	const atD2 = assertCrossed(d3.answer(up, "200 OK"), d2.take(200));
	assert.equal(atD3.value("Contact"), "<sips:5000@172.21.83.60:5060>");
	assert.equal(atD2.value("Contact"), "<sip:5001@192.168.8.57:5061>");
	const [byeOfD3, byeOfD2] = [d3.caller(atD3).send("BYE"), d2.caller(atD2).send("BYE")];
	const [gotByD2, gotByD3] = [d2.take("BYE"), d3.take("BYE")];
	assertCrossed(byeOfD3, gotByD2);
	assertCrossed(byeOfD2, gotByD3);
	assert.equal(gotByD2.value("Call-ID"), first.value("Call-ID"));
	assert.equal(gotByD3.value("Call-ID"), second.value("Call-ID"));
	assertSchemes(d2, d3);
});

test("secure-signaling G4d: a sip INVITE over TLS is a sip call: TLS alone turns nothing into sips", () => {
	const { ann, d2 } = bed.open({}, { ann: { transport: "tls" } });
	const came = assertCrossed(call(ann, "5000"), d2.take("INVITE"));
	assert.equal(came.recordRoutes.length, 2, "equal schemes: a pair (RFC 5658)");
	const ok = assertCrossed(d2.answer(came, "200 OK"), ann.take(200));
	assert.equal(ok.value("Contact"), "<sip:5000@172.21.83.60:5060>");
	assertSchemes(ann, d2);
});
