/** `record-route: no` and `far-route-set: hide` with Record-Routes as peers write them, and across a reload (RFC 3261 §12.1, §16.12). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer } from "../support/dialog.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";

const settings = (block: string) => `${YAML}\nsecure-signaling: { ${block} }\n`;
const beds = {
	bare: await testBed(settings("contact: anchor, record-route: no")),
	hide: await testBed(settings("far-route-set: hide")),
	anchor: await testBed(settings("contact: anchor")),
};
const oneScheme = await rigConfig(settings("policy: rfc5630"));

const D1 = {
	transport: "tls",
	host: "172.21.83.24",
	contact: "<sips:7789@172.21.83.24:5061;transport=TCP>",
} as const;
const D2 = { host: "172.21.83.60" };
const CALL = {
	uri: "sips:5000@172.21.83.50:5314;transport=TCP",
	from: "sips:7789@172.21.83.24",
	to: "sips:5000@172.21.83.50:5314",
};

/** A call whose INVITE, and whose 200, bring this header line. */
function routed(
	rig: ExchangeRig,
	asked: string,
	answered = "",
	contact = "<sip:5000@172.21.83.60>",
) {
	const d1 = rig.phone("7789", D1);
	const d2 = rig.phone("5000", D2);
	d1.request("INVITE", CALL.uri, { ...CALL, headers: asked === "" ? [] : [asked] });
	const came = d2.take("INVITE");
	const text = answer(came, "200 OK", { tag: "5000", headers: [`Contact: ${contact}`] });
	const at = text.indexOf("\r\n") + 2;
	const line = answered === "" ? "" : `${answered}\r\n`;
	d2.send(`${text.slice(0, at)}${line}${text.slice(at)}`);
	return { d1, d2, came, ok: d1.take(200) };
}

for (const [name, bed] of Object.entries({ bare: beds.bare, hide: beds.hide })) {
	test(`RFC 3261 §16.3 step 1: ${name}: a Record-Route that nobody can read costs no call`, () => {
		for (const broken of [
			'Record-Route: "p',
			"Record-Route: <sip:p.example.org",
			"Record-Route: p p",
		])
			for (const [asked, answered] of [
				[broken, ""],
				["", broken],
			] as const)
				assert.equal(routed(bed.rig(), asked, answered).ok.status, 200);
	});

	test(`RFC 3261 §7.3.1: ${name}: a Record-Route that goes on in the next line goes back in one`, () => {
		const folded = 'Record-Route: "a\r\n b" <sip:172.21.83.24:5061;transport=tls;lr>\r\n ;x=1';
		const { ok } = routed(bed.rig(), folded);
		const back = ok.recordRoutes.at(-1);
		assert.equal(back, '"a b" <sip:172.21.83.24:5061;transport=tls;lr> ;x=1');
	});

	test(`RFC 3261 §25.1: ${name}: a NUL in the name of a Record-Route does not come along`, () => {
		const { ok } = routed(
			bed.rig(),
			'Record-Route: "a\0b" <sip:172.21.83.24:5061;transport=tls;lr>',
		);
		assert.equal(ok.recordRoutes.at(-1), "<sip:172.21.83.24:5061;transport=tls;lr>");
	});
}

test("RFC 3261 §12.1.2: route sets of both ways that are too long together are shown, and the dialog lives", () => {
	const long = "p".repeat(960);
	const near = `Record-Route: <sip:172.21.83.24:5061;transport=tls;lr;p=${long}>`;
	const far = `Record-Route: <sip:172.21.83.60:5060;lr;p=${long}>`;
	const contact = `<sip:5000@172.21.83.60:5060;p=${long}>`;
	const { d1, d2, came, ok } = routed(beds.bare.rig(), near, far, contact);
	const [shown = "", ours = ""] = ok.recordRoutes;
	assert.match(shown, /^<sip:172\.21\.83\.60:5060;lr;p=/);
	assert.match(ours, /^<sips:172\.21\.83\.50:5314;lr;x5=/);
	// The proxy on its own side has taken itself off.
	const a = d1.caller(ok).through(ours, shown);
	a.send("ACK");
	assert.equal(`<${d2.take("ACK").uri}>`, contact);
	d2.callee(came).send("BYE");
	assert.equal(d1.take("BYE").uri, "sips:7789@172.21.83.24:5061;transport=TCP");
});

const PROXY = "<sip:172.21.83.60:5060;lr>";

/** The text with a Record-Route of the proxy before Bob. */
function recorded(text: string, value = PROXY): string {
	const at = text.indexOf("Max-Forwards");
	return `${text.slice(0, at)}Record-Route: ${value}\r\n${text.slice(at)}`;
}

for (const [name, bed] of Object.entries(beds))
	test(`RFC 6665 §4.4.1: ${name}: a NOTIFY that comes before the 200 brings the way back through the notifier's proxy`, () => {
		const rig = bed.rig();
		const d1 = rig.phone("7789", D1);
		const d2 = rig.phone("5000", D2);
		d1.request("SUBSCRIBE", CALL.uri, { ...CALL, headers: ["Event: presence"] });
		const b = d2.callee(d2.take("SUBSCRIBE"));
		const notify = b.write("NOTIFY", [
			"Event: presence",
			"Subscription-State: active",
			"Contact: <sip:5000@192.168.8.200>",
		]);
		d2.send(recorded(notify));
		d1.callee(d1.take("NOTIFY")).send("SUBSCRIBE", [`Contact: ${D1.contact}`]);
		const again = d2.take("SUBSCRIBE");
		assert.equal(again.uri, "sip:5000@192.168.8.200");
		assert.deepEqual(again.values("Route"), [PROXY]);
	});

test("RFC 3261 §12.2.1.1: bare: a re-INVITE of the callee through its proxy leaves the way back as it was", () => {
	const { d1, d2, came, ok } = routed(beds.bare.rig(), "", `Record-Route: ${PROXY}`);
	const a = d1.caller(ok);
	a.send("ACK");
	assert.deepEqual(d2.take("ACK").values("Route"), [PROXY]);
	d2.send(recorded(d2.callee(came).write("INVITE")));
	const again = d1.take("INVITE");
	a.refreshed(again.value("Contact")).send("BYE");
	assert.deepEqual(d2.take("BYE").values("Route"), [PROXY]);
});

test("RFC 3261 §16.12.1.2: hide: the entry of a strict router stays, for it cannot ride along", () => {
	const strict = "<sip:172.21.83.24:5061;transport=tls>";
	const { came } = routed(beds.hide.rig(), `Record-Route: ${strict}`);
	assert.equal(came.recordRoutes.at(-1), strict);
});

for (const [name, bed] of Object.entries(beds))
	test(`RFC 3261 §16.12: ${name}: a dialog goes on as it began when one scheme for both sides is set in mid-call`, () => {
		const rig = bed.rig();
		const contact = "<sip:6000@172.21.83.70:5060;transport=udp>";
		const ann = rig.phone("6000", { host: "172.21.83.70", contact });
		const d2 = rig.phone("5000", D2);
		ann.request("INVITE", "sip:5000@172.21.83.50");
		const came = d2.take("INVITE");
		d2.answer(came, "200 OK");
		let a = ann.caller(ann.take(200));
		let b = d2.callee(came);
		rig.reload(oneScheme);
		a.send("ACK");
		assert.equal(d2.take("ACK").uri, "sip:5000@172.21.83.60:5060");
		a.send("INVITE");
		const again = d2.take("INVITE");
		assert.equal(again.uri, "sip:5000@172.21.83.60:5060");
		d2.answer(again, "200 OK");
		a = a.refreshed(ann.take(200).value("Contact"));
		b = b.refreshed(again.value("Contact"));
		a.send("INFO");
		assert.equal(d2.take("INFO").uri, "sip:5000@172.21.83.60:5060");
		b.send("BYE");
		assert.equal(`<${ann.take("BYE").uri}>`, contact);
	});
