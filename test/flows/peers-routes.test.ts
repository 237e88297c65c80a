/** What peers and proxies write into Route, To and further headers, and what has to become of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { forcedValue } from "../../core/leg/listed-headers.ts";
import { relay } from "../support/decisions.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const bed = await testBed();
const HOP = "10.0.0.22";

/** A 200 with another proxy's entry above ours. */
function answerThrough(phone: VirtualPhone, invite: WireMessage, entry: string): void {
	const entries = [entry, ...invite.recordRoutes].map((value) => `Record-Route: ${value}`);
	const text = phone.answer(invite, "200 OK").text;
	assert.ok(text);
	phone.send(
		[
			"SIP/2.0 200 OK",
			...invite.vias.map((via) => `Via: ${via}`),
			...entries,
			`From: ${invite.value("From")}`,
			`To: ${invite.value("To")};tag=b`,
			`Call-ID: ${invite.value("Call-ID")}`,
			`CSeq: ${invite.value("CSeq")}`,
			`Contact: ${phone.contact}`,
			"Content-Length: 0",
			"",
			"",
		].join("\r\n"),
	);
}

test("RFC 5630 §5.1.1 SIPS-17: in a dialog, too, a sips Route of another proxy is followed over TLS, whatever way the INVITE went", () => {
	const rig = bed.rig({ routes: () => relay(`sip:5009@${HOP}`) });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const clear = rig.phone("hop", { host: HOP });
	const secure = rig.phone("hop-tls", { host: HOP, transport: "tls" });
	ann.request("INVITE", "sip:5009@172.21.83.50");
	answerThrough(clear, clear.take("INVITE"), `<sips:${HOP};lr>`);
	const a = ann.caller(ann.received.findLast(({ status }) => status === 200) ?? ann.take(200));
	a.send("BYE");
	const bye = secure.take("BYE");
	assert.match(bye.vias[0] ?? "", /^SIP\/2\.0\/TLS /);
	assert.deepEqual(bye.values("Route"), [`<sips:${HOP};lr>`]);
	assert.ok(!clear.unread.some(({ method }) => method === "BYE"));
});

test("RFC 3261 §16.4: our Route entry that a peer writes twice is taken off twice", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const tls = rig.phone("5001", {
		transport: "tls",
		host: "192.168.8.57",
		contact: "<sips:5001@192.168.8.57:5061>",
	});
	ann.request("INVITE", "sip:5001@172.21.83.50");
	const invite = tls.take("INVITE");
	tls.answer(invite, "200 OK");
	const b = tls.callee(invite);
	b.send(
		"BYE",
		b.routes.map((route) => `Route: ${route}`),
	);
	assert.deepEqual(ann.take("BYE").values("Route"), []);
});

test("RFC 3261 §8.2.6.2, secure-signaling G4a: a callee that answers with another To does not reach the caller with it", () => {
	const rig = bed.rig();
	const d1 = rig.phone("7789", { transport: "tls", host: "172.21.83.24" });
	const d2 = rig.phone("5000", { host: "172.21.83.60" });
	const sent = d1.request("INVITE", "sips:5000@172.21.83.50:5314", {
		from: "sips:7789@172.21.83.24",
		to: "sip:5000@172.21.83.50",
		contact: "<sips:7789@172.21.83.24:5061>",
	});
	const came = d2.take("INVITE");
	const answered = came.text.replace(/^To: .*$/m, "To: <tel:+1201>");
	d2.answer(
		{
			...came,
			text: answered,
			value: (name: string) => (name === "To" ? "<tel:+1201>" : came.value(name)),
			values: came.values.bind(came),
		} as WireMessage,
		"180 Ringing",
	);
	assert.equal(d1.take(180).value("To"), `${sent.value("To")};tag=5000`);
});

const listing = await testBed(
	YAML.replace('"5001": {', '"5001": { secure-signaling: { headers: [P-Asserted-Identity] },'),
);

test("secure-signaling §3.6 headers: what a script writes into a listed header has the scheme of the leg too", () => {
	const value = '"A" <sip:+1@example.com>, <tel:+1>';
	const edits = [
		{ op: "set", name: "P-Asserted-Identity", value },
		{ op: "set", name: "X-Other", value: "<sip:a@h>" },
	] as const;
	const rig = listing.rig({ routes: () => ({ ...relay("5001"), edits }) });
	const phone = rig.phone("5001", { transport: "tls", host: "192.168.8.57" });
	rig.phone("6000", { host: "172.21.83.70" }).request("INVITE", "sip:5001@172.21.83.50");
	const came = phone.take("INVITE");
	assert.equal(came.value("P-Asserted-Identity"), '"A" <sips:+1@example.com>, <tel:+1>');
	assert.equal(came.value("X-Other"), "<sip:a@h>");
});

test("secure-signaling §3.6 headers: each address of a value is forced, what is no address stays", () => {
	assert.equal(forcedValue("X", "sip:a@h;x=1, <SIPS:b@h>", "sip"), "sip:a@h;x=1, <sip:b@h>");
	assert.equal(forcedValue("X", '"sip:x" <sips:a@h>', "sips"), '"sip:x" <sips:a@h>');
	assert.equal(forcedValue("X", "<sip:a@h", "sips"), "<sip:a@h");
	assert.equal(forcedValue("X", "", "sips"), "");
});
