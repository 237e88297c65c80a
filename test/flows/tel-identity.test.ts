import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";

/** Bob and D3 are shown no tel URI. */
const bed = await testBed(
	YAML.replaceAll(
		/"(5000|5001)": \{/g,
		'"$1": { secure-signaling: { tel: convert, identity: drop },',
	),
);

const ANN = "tel:+1-201-555-0123";
const GROUP = "tel:5001;phone-context=example.com";
const SHOWN_ANN = "sips:+12015550123@example.com;user=phone;x5t=dGVsOisxLTIwMS01NTUtMDEyMw";
const SHOWN_GROUP = "sips:5001;phone-context=example.com@example.com;user=phone";

function phones(rig: ExchangeRig) {
	const contact = "<sips:5001@192.168.8.57:5061>";
	return {
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		bob: rig.phone("5000", { host: "172.21.83.60" }),
		d3: rig.phone("5001", { transport: "tls", host: "192.168.8.57", contact }),
	};
}

function call(from: string, to: string) {
	const rig = bed.rig();
	const { ann, d3 } = phones(rig);
	const headers = ["Identity: a;info=<https://x/y>"];
	const invite = ann.request("INVITE", "sip:5001@172.21.83.50", { from, to, headers });
	return { rig, ann, d3, invite, came: d3.take("INVITE") };
}

const uri = (value: string) => /<([^>]*)>/.exec(value)?.[1];

test("RFC 3261 §19.1.6, secure-signaling §5.3: tel URIs in From and To are shown as SIP URIs of our domain, and come back as they were", () => {
	const { ann, d3, invite, came } = call(ANN, GROUP);
	assert.equal(uri(came.value("From")), SHOWN_ANN);
	assert.equal(uri(came.value("To")), SHOWN_GROUP);
	d3.answer(came, "180 Ringing");
	d3.answer(came, "200 OK");
	assert.equal(ann.take(180).value("From"), invite.value("From"));
	const got = ann.take(200);
	assert.equal(got.value("From"), invite.value("From"));
	assert.equal(got.value("To"), `${invite.value("To")};tag=5001`);

	ann.caller(got).send("ACK");
	assert.equal(d3.take("ACK").value("From"), came.value("From"), "the same in each request");
	const side = d3.callee(came);
	side.send("INFO");
	const info = ann.take("INFO");
	assert.equal(info.value("To"), invite.value("From"));
	assert.equal(info.value("From"), got.value("To"));
	ann.answer(info, "200 OK");
	assert.equal(d3.take(200, "INFO").value("From"), `<${SHOWN_GROUP}>;tag=5001`);
});

test("RFC 3261 §19.1.6, secure-signaling §3.4: a phone that drops our parameter costs the separators, not the number", () => {
	const { ann, d3, came } = call(ANN, GROUP);
	d3.answer(came, "200 OK");
	ann.take(200);
	const bye = d3.callee(came).send("BYE");
	const before = ann.take("BYE");
	assert.equal(uri(before.value("To")), ANN);
	const bare = bye.replace(/;x5t=[\w-]+/, "").replace(/branch=[^\r]*/, "branch=z9hG4bKbare");
	d3.send(bare);
	assert.equal(uri(ann.take("BYE").value("To")), "tel:+12015550123");
});

test("RFC 3261 §19.1.6: an x5t that names another number, or is none, is not believed", () => {
	for (const forged of ["dGVsOis5OQ", "!!", "eHg"]) {
		const { ann, d3, came } = call(ANN, GROUP);
		d3.answer(came, "200 OK");
		ann.take(200);
		const text = d3.callee(came).send("BYE");
		ann.take("BYE");
		const changed = text.replace(/;x5t=[\w-]+/, `;x5t=${forged}`);
		d3.send(changed.replace(/branch=[^\r]*/, "branch=z9hG4bKforged"));
		assert.equal(uri(ann.take("BYE").value("To")), "tel:+12015550123");
	}
});

test("RFC 4916 §4.7, secure-signaling §3.4: a callee that is somebody else by now is shown as what it says, in the caller's scheme", () => {
	const { ann, d3, came } = call(ANN, GROUP);
	d3.answer(came, "200 OK");
	ann.take(200);
	const text = d3.callee(came).send("UPDATE");
	ann.take("UPDATE");
	for (const [now, shown] of [
		["sips:carl@example.net", "sip:carl@example.net"],
		["sips:+4930@elsewhere.example;user=phone", "sip:+4930@elsewhere.example;user=phone"],
	] as const) {
		const changed = text.replace(`From: <${SHOWN_GROUP}>`, `From: <${now}>`);
		assert.notEqual(changed, text);
		d3.send(changed.replace(/branch=[^\r]*/, `branch=z9hG4bK${now.length}`));
		assert.equal(uri(ann.take("UPDATE").value("From")), shown);
	}
});

test("secure-signaling §3.6 identity: what signs From and To goes with what it signed", () => {
	assert.deepEqual(call(ANN, GROUP).came.values("Identity"), []);
	assert.deepEqual(call("sip:6000@a.b", "sip:5001@a.b").came.values("Identity"), []);
	const rig = bed.rig();
	const { ann, bob } = phones(rig);
	const headers = ["Identity: a;info=<https://x/y>"];
	ann.request("INVITE", "sip:5000@172.21.83.50", { headers });
	assert.equal(bob.take("INVITE").values("Identity").length, 1, "nothing was rewritten");
	ann.request("INVITE", "sip:5000@172.21.83.50", { headers, from: ANN });
	const came = bob.take("INVITE");
	assert.equal(uri(came.value("From")), SHOWN_ANN.replace("sips:", "sip:"));
	assert.deepEqual(came.values("Identity"), []);
});

test("RFC 3261 §19.1.6, secure-signaling §5.3: a tel URI that cannot be read stays, and so does every one where tel is keep", async () => {
	assert.equal(uri(call("tel:+1/2", GROUP).came.value("From")), "tel:+1/2");
	assert.equal(uri(call("tel:5001", GROUP).came.value("From")), "tel:5001", "no context");
	const keep = (await testBed()).rig();
	const { ann, d3 } = phones(keep);
	ann.request("INVITE", "sip:5001@172.21.83.50", { from: ANN, to: GROUP });
	assert.equal(uri(d3.take("INVITE").value("From")), ANN);
});

test("RFC 3261 §20.10: a tel URI without brackets gets some, since its SIP URI has parameters", () => {
	const rig = bed.rig();
	const { ann, d3 } = phones(rig);
	const sent = ann.request("INVITE", "sip:5001@172.21.83.50", { from: "tel:+493012345" });
	d3.take("INVITE");
	const bare = sent.text
		.replace("From: <tel:+493012345>", "f: tel:+493012345")
		.replace(/branch=[^\r]*/, "branch=z9hG4bKbare")
		.replace(/Call-ID: .*/, "Call-ID: bare");
	ann.send(bare);
	const came = d3.take("INVITE");
	const [from] = came.values("f");
	assert.equal(from, "<sips:+493012345@example.com;user=phone>;tag=6000");
});
