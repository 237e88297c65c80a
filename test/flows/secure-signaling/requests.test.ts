/** What a sips device is sent, and over which transport: RFC 5630, RFC 3261 §8.1.1, §26.2.2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	assertCrossed,
	assertNothingLeft,
	assertSchemes,
	exchange,
	four,
	routesOf,
} from "../../support/crossing.ts";
import { call, secureBed, secureYaml } from "../../support/secure-bed.ts";
import { answered } from "./whole-call.ts";

const bed = await secureBed();

test("RFC 3261 §19.1.4, secure-signaling G1a: SIPS in capitals is sips in every place of a call, and comes back in capitals", () => {
	const { rig, d3, d2 } = bed.open({}, { d3: { contact: "<SIPS:5001@192.168.8.57:5061>" } });
	const from = "SIPS:5001@172.21.83.50";
	const headers = ["Route: <SIPS:172.21.83.50:5314;lr>"];
	const invite = d3.request("INVITE", "SIPS:5000@172.21.83.50:5314", { from, headers });
	const came = assertCrossed(invite, d2.take("INVITE"));
	assert.deepEqual(came.values("Route"), [], "a Route in capitals is ours as well");
	const { contact, ...rest } = four(came);
	assert.deepEqual(rest, {
		uri: "sip:5000@172.21.83.60:5060",
		from: "<sip:5001@172.21.83.50>",
		to: "<sip:5000@172.21.83.50:5314>",
	});
	assert.match(
		contact,
		/^<sip:5001@192\.168\.8\.57:5061;x5c=[\w-]+>$/,
		"its letters ride in the entry",
	);
	const ok = assertCrossed(d2.answer(came, "200 OK"), d3.take(200));
	assert.equal(ok.value("From"), invite.value("From"));
	assert.equal(ok.value("To"), "<SIPS:5000@172.21.83.50:5314>;tag=5000");
	assertCrossed(d3.caller(ok).send("ACK"), d2.take("ACK"));
	assertSchemes(d2);
	const b = d2.callee(came);
	const bye = exchange(b, [d2, d3], "BYE").request;
	assert.equal(bye.uri, "SIPS:5001@192.168.8.57:5061");
	assert.equal(bye.value("From"), "<SIPS:5000@172.21.83.50:5314>;tag=5000");
	assert.equal(bye.value("To"), "<SIPS:5001@172.21.83.50>;tag=5001");
	assertNothingLeft(rig);
});

test("secure-signaling G1a: SIPS in capitals is sips in the Contact and Path of a registration", async () => {
	const strict = await secureBed(secureYaml("secure-signaling: { register: strict }"));
	const { rig, d1 } = strict.open();
	const aor = "SIPS:7789@172.21.83.50";
	const headers = ["Path: <SIPS:192.168.8.99;lr>", "Supported: path"];
	const contact = "<SIPS:7789@172.21.83.24:5061>";
	d1.request("REGISTER", "SIPS:172.21.83.50:5314", { from: aor, to: aor, contact, headers });
	assert.match(d1.take(200).value("Contact"), /^<SIPS:7789@172\.21\.83\.24:5061>/);
	assert.equal(rig.store.bindings("7789", rig.now)[0]?.scheme, "sips");
});

test("RFC 3261 §8.2.2.1, secure-signaling G1b: a Request-URI of an unknown scheme is 416, one with sips is not", () => {
	const { ann, d3, d2 } = bed.open();
	ann.request("INVITE", "foo:bar");
	assert.equal(ann.take(416).status, 416);
	call(d3, "5000");
	d2.answer(d2.take("INVITE"), "486 Busy Here");
	assert.equal(d3.take(486).status, 486);
	call(d3, "nobody");
	assert.equal(d3.take(404).status, 404);
});

const IN_SIPS = {
	from: "<sips:6000@172.21.83.70>",
	to: "<sips:5001@172.21.83.50>",
};

test("secure-signaling G2a: the INVITE with a display name, and not a byte more than its scheme changes", () => {
	const { ann, d3 } = bed.open();
	const text = ann
		.write("INVITE", "sip:5001@172.21.83.50", {
			headers: ["P-Asserted-Identity: <sip:6000@h>"],
			body: "v=0\r\n",
		})
		.replace("From: <", 'From: "Ann" <');
	const came = assertCrossed(ann.send(text), d3.take("INVITE"));
	assert.equal(came.uri, "sips:5001@192.168.8.57;transport=tcp");
	assert.equal(came.value("From"), '"Ann" <sips:6000@172.21.83.70>;tag=6000');
	assert.deepEqual(routesOf(came), ["<sips:172.21.83.50:5314;lr;x5=C;ftag=6000>"]);
});

test("secure-signaling G2b: every later request of that call has sips in all four places", () => {
	const { rig, ann, d3 } = bed.open();
	const invite = call(ann, "5001", { headers: ["Supported: 100rel"] });
	const came = assertCrossed(invite, d3.take("INVITE"));
	const rings = d3.answer(came, "180 Ringing", { headers: ["Require: 100rel", "RSeq: 7"] });
	const a = ann.caller(assertCrossed(rings, ann.take(180)));
	const both = [ann, d3] as const;
	const sent = [exchange(a, both, "PRACK", ["RAck: 7 1 INVITE"]).request];
	const ok = assertCrossed(d3.answer(came, "200 OK"), ann.take(200, "INVITE"));
	assertCrossed(ann.caller(ok).send("ACK"), d3.take("ACK"));
	sent.push(exchange(a, both, "INVITE").request);
	assertCrossed(a.send("ACK"), d3.take("ACK"));
	for (const method of ["UPDATE", "INFO", "MESSAGE", "OPTIONS", "BYE"])
		sent.push(exchange(a, both, method).request);
	assert.deepEqual(
		sent.map(({ method }) => method),
		["PRACK", "INVITE", "UPDATE", "INFO", "MESSAGE", "OPTIONS", "BYE"],
	);
	for (const message of sent) {
		const { contact, ...rest } = four(message);
		assert.deepEqual(rest, { uri: "sips:5001@192.168.8.57:5061", ...IN_SIPS });
		if (contact !== "") assert.equal(contact, "<sips:6000@172.21.83.70:5060>");
		assert.match(message.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
	}
	assertSchemes(ann, d3);
	assertNothingLeft(rig);
});

test("RFC 3261 §9.1, secure-signaling G2b: a CANCEL repeats what the INVITE was sent with, and so does the ACK for the 487", () => {
	const { rig, ann, d3 } = bed.open();
	const invite = call(ann, "5001");
	const came = d3.take("INVITE");
	assertCrossed(d3.answer(came, "180 Ringing"), ann.take(180));
	ann.cancel(invite);
	assert.equal(ann.take(200, "CANCEL").value("From"), invite.value("From"));
	const cancel = d3.take("CANCEL");
	d3.answer(cancel, "200 OK");
	const final = d3.answer(came, "487 Request Terminated");
	const ack = d3.take("ACK");
	for (const message of [cancel, ack]) {
		assert.equal(message.uri, came.uri);
		assert.deepEqual(message.vias, [came.vias[0]]);
		for (const name of ["From", "Call-ID"]) assert.equal(message.value(name), came.value(name));
		assert.match(message.value("CSeq"), /^1 (CANCEL|ACK)$/);
	}
	assert.equal(cancel.value("To"), came.value("To"));
	assert.equal(
		ack.value("To"),
		final.value("To"),
		"as the response had it, before anything was rewritten",
	);
	ann.acknowledge(invite, ann.take(487));
	assertNothingLeft(rig);
});

test("secure-signaling G2a: so has every request outside a dialog", () => {
	for (const method of ["MESSAGE", "OPTIONS", "SUBSCRIBE", "REFER", "NOTIFY", "INFO", "PUBLISH"]) {
		const { ann, d3 } = bed.open();
		const sent = call(ann, "5001", { method, headers: ["Event: presence", "Refer-To: <sip:x@h>"] });
		const came = assertCrossed(sent, d3.take(method));
		assert.deepEqual(four(came), {
			...{ uri: "sips:5001@192.168.8.57;transport=tcp", ...IN_SIPS },
			contact: "<sips:6000@172.21.83.70:5060>",
		});
		assertCrossed(d3.answer(came, "200 OK"), ann.take(200));
		assertSchemes(ann, d3);
	}
});

test("secure-signaling G3a G3c: over TLS our Via says TLS and the port of our TLS listener, for sips and for sip", () => {
	const { ann, d3, d4, media } = bed.open();
	for (const [phone, number] of [
		[d3, "5001"],
		[d4, "5002"],
		[media, "media"],
	] as const) {
		call(ann, number);
		assert.match(
			phone.take("INVITE").vias[0] ?? "",
			/^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/,
			number,
		);
	}
});

test("RFC 3261 §26.2.2, secure-signaling G5a G5d: sips with transport=tcp and without a port is TLS at port 5061, and never plain TCP", () => {
	const { rig, ann, d3 } = bed.open();
	d3.reachable = false;
	call(ann, "5001");
	assert.equal(ann.take(500).status, 500);
	assert.deepEqual(
		rig.nowhere.map(({ flow: { transport, host, port } }) => [transport, host, port]),
		[["tls", "192.168.8.57", 5061]],
	);
});

test("RFC 3261 §26.2.2, secure-signaling G5c: sips with transport=udp in the Request-URI is 400, and goes nowhere", () => {
	const { rig, d3, d2 } = bed.open();
	const from = "sips:5001@172.21.83.50";
	for (const transport of ["udp", "UDP"]) {
		const uri = `sips:5000@172.21.83.50:5314;transport=${transport}`;
		d3.request("INVITE", uri, { from });
		assert.equal(d3.take(400).status, 400);
	}
	assert.deepEqual([d2.received, rig.nowhere], [[], []]);
});

test("secure-signaling 5.9-5 5.9-6: what stands beside the four places crosses as it came", () => {
	const { d3, d2 } = bed.open();
	const headers = [
		"P-Asserted-Identity:  <sips:5001@172.21.83.50>",
		"Diversion: <sips:x@h>;reason=unconditional",
		"History-Info: <sips:x@h?Reason=SIP%3Bcause%3D302>;index=1",
		"X-Unknown:   sips:a@b ,  sip:c@d",
	];
	const sent = call(d3, "5000", { headers, body: "m=audio 1 RTP/SAVP 0\r\na=x:sips:a@h\r\n" });
	assertCrossed(sent, d2.take("INVITE"));
	const { came } = answered(d3, d2, "5000");
	assert.equal(came.values("Record-Route").length, 1);
});
