/** The two messages of the Secure SIP Signaling page, on the wire. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
	assertCrossed,
	assertNothingLeft,
	assertSchemes,
	exchange,
	routesOf,
} from "../../support/crossing.ts";
import { secureBed } from "../../support/secure-bed.ts";
import type { VirtualPhone } from "../../support/virtual-phone.ts";
import { WireMessage } from "../../support/wire-message.ts";

const fixture = (name: string) =>
	readFileSync(join(import.meta.dirname, "../../fixtures/secure-sip-signaling", name), "latin1");

export const INVITE = fixture("invite.sip");
export const OK = new WireMessage(fixture("ok.sip"));
const TAG = "EBDFD947-8988-4831-9FFF-051C3B626FFA-2";

/** What the callee of the page says about itself. */
const OWN = OK.without("From", "To", "Call-ID", "CSeq", "Via", "Contact", "Content-Length");

function answerAsThePage(callee: VirtualPhone, came: WireMessage): WireMessage {
	return callee.answer(came, "200 OK", { tag: TAG, headers: OWN, body: OK.body });
}

const bed = await secureBed();

test("secure-signaling G9b E1: the page's INVITE reaches a sip phone over UDP, changed where its leg differs and nowhere else", () => {
	const { d1, d2 } = bed.open();
	const came = assertCrossed(d1.send(INVITE), d2.take("INVITE"));
	assert.equal(came.startLine, "INVITE sip:5000@172.21.83.60:5060 SIP/2.0");
	const tag = "74cc50-185315ac-13c4-55013-38-2147ec74-38";
	assert.equal(came.value("From"), `"7789"<sip:7789@172.21.83.24>;tag=${tag}`);
	assert.equal(came.value("To"), "<sip:5000@172.21.83.50:5314>");
	assert.equal(came.value("Contact"), "<sip:7789@172.21.83.24:5061;transport=TCP>");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/UDP 172\.21\.83\.50:5060;branch=z9hG4bK/);
	assert.equal(came.body.length, 299);
	assert.deepEqual(routesOf(came), [`<sip:172.21.83.50:5060;lr;x5=C;ftag=${tag}>`]);
});

test("secure-signaling G10b E1: by default the page's 200 differs in Contact, Record-Route and the top Via's received", () => {
	const { rig, d1, d2 } = bed.open();
	d1.send(INVITE);
	const came = d2.take("INVITE");
	const got = assertCrossed(answerAsThePage(d2, came), d1.take(200));
	for (const name of ["From", "To", "Call-ID", "CSeq"])
		assert.equal(got.value(name), OK.value(name));
	assert.equal(
		OK.value("Via"),
		`${got.value("Via")};received=172.21.83.24`,
		"no received: nothing differs",
	);
	assert.equal(got.value("Contact"), "<sips:5000@172.21.83.60:5060>");
	const tag = "74cc50-185315ac-13c4-55013-38-2147ec74-38";
	assert.deepEqual(routesOf(got), [`<sips:172.21.83.50:5314;lr;x5=C;ftag=${tag}>`]);
	const others = ["Via", "Contact", "Record-Route"];
	assert.deepEqual(got.without(...others).toSorted(), OK.without(...others).toSorted());
	assert.equal(got.body, OK.body);

	const a = d1.caller(got);
	assertCrossed(a.send("ACK"), d2.take("ACK"));
	const { request } = exchange(a, [d1, d2], "BYE");
	assert.equal(request.uri, "sip:5000@172.21.83.60:5060");
	assertSchemes(d1, d2);
	assertNothingLeft(rig);
});
