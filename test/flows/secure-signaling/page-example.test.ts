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
import { DialogSide } from "../../support/dialog.ts";
import { secureBed, secureYaml } from "../../support/secure-bed.ts";
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

test("secure-signaling G10b E1: by default the page's 200 differs in Contact and Record-Route only", () => {
	const { rig, d1, d2 } = bed.open();
	d1.send(INVITE);
	const came = d2.take("INVITE");
	const got = assertCrossed(answerAsThePage(d2, came), d1.take(200));
	assert.equal(got.value("Contact"), "<sips:5000@172.21.83.60:5060>");
	const tag = "74cc50-185315ac-13c4-55013-38-2147ec74-38";
	assert.deepEqual(routesOf(got), [`<sips:172.21.83.50:5314;lr;x5=C;ftag=${tag}>`]);
	const others = ["Contact", "Record-Route"];
	assert.deepEqual(got.without(...others).toSorted(), OK.without(...others).toSorted());
	assert.equal(got.body, OK.body);

	const a = d1.caller(got);
	assertCrossed(a.send("ACK"), d2.take("ACK"));
	const { request } = exchange(a, [d1, d2], "BYE");
	assert.equal(request.uri, "sip:5000@172.21.83.60:5060");
	assertSchemes(d1, d2);
	assertNothingLeft(rig);
});

const anchored = await secureBed(
	secureYaml("secure-signaling: { contact: anchor, record-route: no }"),
);

/** The page's INVITE, and its 200 as the caller gets it, where both sides see our own address. */
function answeredAnchored(bed = anchored) {
	const all = bed.open();
	const { d1, d2 } = all;
	d1.send(INVITE);
	const came = d2.take("INVITE");
	return { ...all, came, got: assertCrossed(answerAsThePage(d2, came), d1.take(200)) };
}

test("secure-signaling G10a: with contact: anchor and record-route: no the caller gets the 200 of the page, and one opaque parameter", () => {
	const { got } = answeredAnchored();
	const plain = got.lines.map((line) => line.replace(/^(Contact: <[^>]*);x5c=[\w-]+>$/, "$1>"));
	assert.deepEqual(plain.toSorted(), OK.lines.toSorted());
	assert.match(
		got.value("Contact"),
		/^<sips:5000@172\.21\.83\.50:5314;transport=TCP;x5c=[\w-]+>$/,
		"the number dialled, our own address, the transport as it was asked for",
	);
	assert.equal(got.body, OK.body);
});

test("secure-signaling G10c: the ACK and the BYE to that Contact reach the callee at its own", () => {
	const { rig, d1, d2, got, came } = answeredAnchored();
	const a = d1.caller(got);
	const ack = assertCrossed(a.send("ACK"), d2.take("ACK"));
	assert.equal(ack.uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(ack.values("Route"), []);
	const bye = exchange(
		DialogSide.callee(d2, came, `${came.value("To")};tag=${TAG}`),
		[d2, d1],
		"BYE",
	);
	assert.equal(bye.request.uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	assertSchemes(d1, d2);
	assertNothingLeft(rig);
});

test("secure-signaling G10d: a caller that drops the parameter gets 481, and its ACK goes nowhere; with contact-state: user it gets there", async () => {
	const dropping = answeredAnchored();
	const bare = dropping.d1
		.caller(dropping.got)
		.refreshed("<sips:5000@172.21.83.50:5314;transport=TCP>");
	bare.send("ACK");
	bare.send("BYE");
	assert.equal(dropping.d1.take(481).status, 481);
	assert.deepEqual(dropping.d2.unread, []);

	const setting = "secure-signaling: { contact: anchor, record-route: no, contact-state: user }";
	const { d1, d2, got } = answeredAnchored(await secureBed(secureYaml(setting)));
	const shown = got.value("Contact");
	assert.match(shown, /^<sips:5000;x5c=[\w-]+@172\.21\.83\.50:5314;transport=TCP>$/);
	const a = d1.caller(got).refreshed(shown.replace(";transport=TCP", ""));
	assert.equal(assertCrossed(a.send("ACK"), d2.take("ACK")).uri, "sip:5000@172.21.83.60:5060");
	exchange(a, [d1, d2], "BYE");
});
