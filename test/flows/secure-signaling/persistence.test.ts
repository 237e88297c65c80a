/** Dialogs that outlive a process, a connection and a binding: nothing is kept for them (RFC 5626 §5.2, §5.3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	assertCrossed,
	assertNothingLeft,
	assertSchemes,
	exchange,
} from "../../support/crossing.ts";
import { DialogSide } from "../../support/dialog.ts";
import { signingKey } from "../../support/exchange-rig.ts";
import { call, register, secureBed } from "../../support/secure-bed.ts";
import { answered } from "./whole-call.ts";

const bed = await secureBed();

test("RFC 5626 §5.3, secure-signaling E10: a restart between INVITE and BYE: both sides go on, one over UDP, one on its new connection", () => {
	for (const registers of [true, false]) {
		const { rig, d1, d2 } = bed.open();
		register(d1, { callId: "r" });
		d1.take(200);
		const { a, b } = answered(d2, d1, "7789");
		rig.restart();
		if (registers) {
			register(d1, { callId: "r", cseq: 2 });
			d1.take(200);
			exchange(a, [d2, d1], "INVITE");
			assertCrossed(a.send("ACK"), d1.take("ACK"));
		}
		exchange(b, [d1, d2], "INVITE");
		assertCrossed(b.send("ACK"), d2.take("ACK"));
		rig.restart();
		exchange(b, [d1, d2], "BYE");
		assertSchemes(d2);
		assertNothingLeft(rig);
	}
});

test("secure-signaling E14: keys rotate in mid-call: the dialog goes on, until its key is retired: then 403", () => {
	const { rig, d3, d2 } = bed.open();
	const { a, b } = answered(d3, d2, "5000");
	const [old, fresh] = [signingKey(3), signingKey(4)];
	rig.keys = { current: fresh, all: [old, fresh] };
	rig.reload(rig.config);
	exchange(a, [d3, d2], "INVITE");
	assertCrossed(a.send("ACK"), d2.take("ACK"));
	exchange(b, [d2, d3], "UPDATE");
	const next = answered(d3, d2, "5000");

	rig.keys = { current: fresh, all: [fresh] };
	rig.reload(rig.config);
	a.send("BYE");
	assert.equal(d3.take(403, "BYE").status, 403);
	b.send("BYE");
	assert.equal(d2.take(403, "BYE").status, 403);
	exchange(next.b, [d2, d3], "BYE");
	assertSchemes(d3, d2);
});

test("RFC 5626 §5.3, secure-signaling E16: a phone reconnects in mid-call and sends a re-INVITE: the other side's BYE arrives on its new connection", () => {
	const { rig, d1, d2 } = bed.open();
	register(d1);
	d1.take(200);
	const { a, b, came } = answered(d2, d1, "7789");
	const again = rig.phone("7789", {
		transport: "tls",
		host: "172.21.83.24",
		port: 50_001,
		contact: d1.contact,
	});
	const moved = DialogSide.callee(again, came, b.local);
	const { request } = exchange(moved, [again, d2], "INVITE");
	assert.match(
		request.value("Contact"),
		/^<sip:7789@172\.21\.83\.24:5061;transport=TCP;x5c=[\w-]+>$/,
	);
	assertCrossed(moved.send("ACK"), d2.take("ACK"));
	d1.disconnect();
	const bye = exchange(a.refreshed(request.value("Contact")), [d2, again], "BYE").request;
	assert.equal(bye.uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	assertSchemes(d2, again);
	assertNothingLeft(rig);
});

test("RFC 5626 §5.3, secure-signaling E5: a sips phone behind NAT registers, is called, calls and leaves, on one connection", () => {
	const place = {
		host: "172.21.83.99",
		port: 61_000,
		contact: "<sips:7789@192.168.0.7:5061;transport=TCP>",
	};
	const { rig, ann, d1 } = bed.open({}, { d1: place });
	register(d1, { callId: "r", headers: ["Expires: 600"] });
	assert.equal(
		d1.take(200).value("Contact"),
		"<sips:7789@192.168.0.7:5061;transport=TCP>;expires=600",
	);
	const { connection } = d1;

	const first = answered(ann, d1, "7789");
	assert.equal(first.came.uri, "sips:7789@192.168.0.7:5061");
	assert.equal(
		exchange(first.a, [ann, d1], "BYE").request.uri,
		"sips:7789@192.168.0.7:5061;transport=TCP",
	);

	const second = call(d1, "5000", { callId: "out" });
	assert.match(second.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.99:61000/);
	assert.equal(d1.connection, connection);

	const fields = { contact: "*", headers: ["Expires: 0"] };
	register(d1, { callId: "r", cseq: 2, ...fields });
	assert.deepEqual(d1.take(200, "REGISTER").values("Contact"), []);
	call(ann, "7789");
	assert.equal(ann.take(480).status, 480);
	assert.equal(d1.connection, connection);
	assert.deepEqual(rig.nowhere, []);
});
