import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../core/proxy/decision.ts";
import { binding, UDP_FLOW } from "../support/bindings.ts";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const RFC5630 = "\nsecure-signaling: { policy: rfc5630 }\n";
const bed = await testBed(YAML + RFC5630);
const noTls = await testBed(YAML.replace("  - tls:172.21.83.50:5314\n", "") + RFC5630);
const mixed = await testBed();
const onePhone = await testBed(
	YAML.replace(
		'"5000": { type: Extension,',
		'"5000": { type: Extension, secure-signaling: { policy: rfc5630 },',
	),
);

const NOT_ALLOWED = '380 172.21.83.50:5314 "SIPS Not Allowed"';
const REQUIRED = '381 172.21.83.50:5060 "SIPS Required"';

function d1(rig: ExchangeRig): VirtualPhone {
	const contact = "<sips:7789@172.21.83.24:5061;transport=TCP>";
	return rig.phone("7789", { transport: "tls", host: "172.21.83.24", contact });
}

function d3(rig: ExchangeRig): VirtualPhone {
	const contact = "<sips:5001@192.168.8.57:5061>";
	return rig.phone("5001", { transport: "tls", host: "192.168.8.57", contact });
}

function register(phone: VirtualPhone): void {
	const aor = `sips:${phone.name}@172.21.83.50:5314`;
	phone.request("REGISTER", "sips:172.21.83.50:5314", { from: aor, to: aor });
	assert.equal(phone.take(200).status, 200);
}

const FROM_D3 = { from: "sips:5001@172.21.83.50" };

test("RFC 5630 §5.3 SIPS-01 SIPS-02 SIPS-03, secure-signaling G7c W6 E6: a sips call to a sip phone is answered 480 with Warning 380", () => {
	const rig = bed.rig();
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const caller = d3(rig);
	caller.request("INVITE", "sips:5000@172.21.83.50:5314", FROM_D3);
	const refused = caller.take(480);
	assert.equal(refused.startLine, "SIP/2.0 480 Temporarily Unavailable");
	assert.equal(refused.value("Warning"), NOT_ALLOWED);
	assert.deepEqual(bob.received, []);
	rig.wait(64_000);
	assert.equal(rig.size + rig.retained, 0);
});

test("RFC 5630 §5.3 SIPS-03: a phone that registered as sip is not there for a sips call, one that has not registered is no reason for a Warning", () => {
	const rig = bed.rig();
	const caller = d3(rig);
	caller.request("INVITE", "sips:7789@172.21.83.50:5314", FROM_D3);
	assert.equal(caller.take(480).value("Warning"), "");
	const bound = binding({ device: "7789", flow: UDP_FLOW, expiresAt: rig.now + 60_000 });
	rig.store.apply("7789", [bound], []);
	caller.request("INVITE", "sips:7789@172.21.83.50:5314", FROM_D3);
	assert.equal(caller.take(480).value("Warning"), NOT_ALLOWED);
});

test("RFC 5630 §5.3 SIPS-23, secure-signaling §5.7: of two bindings a sips call takes the sips one, a sip call both", () => {
	const rig = bed.rig();
	const phone = d1(rig);
	register(phone);
	const other = rig.phone("other", { host: "172.21.83.25" });
	const bound = binding({
		...{ device: "7789", flow: other.flow, expiresAt: rig.now + 60_000 },
		contact: "sip:7789@172.21.83.25",
	});
	rig.store.apply("7789", [bound], []);
	const caller = d3(rig);
	caller.request("INVITE", "sips:7789@172.21.83.50:5314", FROM_D3);
	assert.equal(phone.take("INVITE").uri, "sips:7789@172.21.83.24:5061");
	assert.deepEqual(other.received, []);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(phone.take("INVITE").uri, "sip:7789@172.21.83.24:5061");
	assert.equal(other.take("INVITE").uri, "sip:7789@172.21.83.25");
});

test("RFC 5630 §5.3 SIPS-04 SIPS-15, secure-signaling W6: a sip call reaches a sips binding as sip over its TLS flow, and nothing is rewritten", () => {
	const rig = bed.rig();
	const phone = d1(rig);
	register(phone);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const invite = ann.request("INVITE", "sip:7789@172.21.83.50");
	const came = phone.take("INVITE");
	assert.equal(came.uri, "sip:7789@172.21.83.24:5061");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
	for (const name of ["From", "To", "Contact"]) assert.equal(came.value(name), invite.value(name));
	const [upper, lower] = came.recordRoutes;
	assert.match(upper ?? "", /^<sip:172\.21\.83\.50:5314;r2=on;lr;/);
	assert.match(lower ?? "", /^<sip:172\.21\.83\.50:5060;r2=on;lr;/);

	const contact = "<sip:7789@172.21.83.24:5061>";
	const answered = phone.answer(came, "200 OK", { contact });
	const got = ann.take(200);
	for (const name of ["From", "To", "Contact", "Record-Route"])
		assert.deepEqual(got.values(name), answered.values(name));
	ann.caller(got).send("BYE");
	const bye = phone.take("BYE");
	assert.equal(bye.uri, "sip:7789@172.21.83.24:5061");
	assert.match(bye.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
	phone.answer(bye, "200 OK");
	phone.callee(came).send("INFO");
	assert.equal(ann.take("INFO").uri, "sip:6000@172.21.83.70:5060");
	assert.deepEqual(
		rig.log.filter(({ fields }) => JSON.stringify(fields).includes("grade")),
		[],
		"neither up nor down",
	);
});

test("RFC 5630 §5.3 SIPS-04 SIPS-06: a sip call to a configured sips contact keeps the rest of the URI, and a connection over TLS is opened for it", () => {
	const rig = bed.rig();
	const phone = d3(rig);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:5001@172.21.83.50");
	const came = phone.take("INVITE");
	assert.equal(came.uri, "sip:5001@192.168.8.57;transport=tcp");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
	assert.equal(came.value("From"), "<sip:6000@172.21.83.70>;tag=6000");
});

test("RFC 5630 §5.3 SIPS-05, secure-signaling E6: where we have no TLS, a sip call to a sips phone is answered 480 with Warning 381", () => {
	const rig = noTls.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:5001@172.21.83.50");
	const refused = ann.take(480);
	assert.equal(refused.value("Warning"), REQUIRED);
});

test("RFC 5630 §5.3 SIPS-07 SIPS-08, secure-signaling W6: 480 with Warning 380 or 381 and 416 from the phone go to the caller as they are, and nobody else is tried", () => {
	const answers = [
		["480 Temporarily Unavailable", 'Warning: 381 phone "SIPS Required"'],
		["480 Temporarily Unavailable", 'Warning: 380 phone "SIPS Not Allowed"'],
		["416 Unsupported URI Scheme", "X: y"],
	] as const;
	for (const [status, header] of answers) {
		const rig = bed.rig();
		const phone = d1(rig);
		register(phone);
		const ann = rig.phone("6000", { host: "172.21.83.70" });
		ann.request("INVITE", "sip:7789@172.21.83.50");
		phone.answer(phone.take("INVITE"), status, { headers: [header] });
		const got = ann.take(Number(status.slice(0, 3)));
		const [name = "", value] = header.split(": ");
		assert.equal(got.value(name), value);
		assert.equal(phone.received.filter(({ method }) => method === "INVITE").length, 1);
	}
});

test("RFC 5630 §5.3, secure-signaling §2.3: one side that keeps to one scheme is enough, as caller or as callee", () => {
	const rig = onePhone.rig();
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const caller = d3(rig);
	caller.request("INVITE", "sips:5000@172.21.83.50:5314", FROM_D3);
	assert.equal(caller.take(480).value("Warning"), NOT_ALLOWED);
	bob.request("INVITE", "sip:5001@172.21.83.50", { from: "sip:5000@172.21.83.50" });
	assert.equal(caller.take("INVITE").uri, "sip:5001@192.168.8.57;transport=tcp");
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:5001@172.21.83.50");
	assert.equal(caller.take("INVITE").uri, "sips:5001@192.168.8.57;transport=tcp", "others");
});

test("RFC 5630 §5.3: forceSips and forceSip ask for what is forbidden and are answered with the Warning that says so", () => {
	const forced = (callee: "sip" | "sips"): Decision => ({ ...relay("5001"), callee });
	const down = bed.rig({ routes: () => forced("sip") });
	const caller = d1(down);
	caller.request("INVITE", "sips:5001@172.21.83.50:5314");
	assert.equal(caller.take(480).value("Warning"), NOT_ALLOWED);
	const up = bed.rig({ routes: () => forced("sips") });
	const ann = up.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:5001@172.21.83.50");
	assert.equal(ann.take(480).value("Warning"), REQUIRED);
	const same = bed.rig({ routes: () => forced("sips") });
	const phone = d3(same);
	d1(same).request("INVITE", "sips:5001@172.21.83.50:5314");
	assert.equal(phone.take("INVITE").uri, "sips:5001@192.168.8.57;transport=tcp");
});

test("RFC 5630 §5.3 §5.4 SIPS-09 SIPS-26: a sip Contact under a sips Request-URI is refused with 400, whether we would proxy or redirect", () => {
	for (const routes of [
		() => relay("5001"),
		() => ({ kind: "redirect", status: 302, contacts: ["sips:a@b"] }) as const,
	]) {
		const rig = bed.rig({ routes });
		const phone = d3(rig);
		const ann = rig.phone("6000", { host: "172.21.83.70", transport: "tls" });
		ann.request("INVITE", "sips:5001@172.21.83.50:5314");
		assert.equal(ann.take(400).startLine, "SIP/2.0 400 SIP Contact under SIPS");
		assert.deepEqual(phone.received, []);
	}
});

test("RFC 5630 §5.4 SIPS-26: a redirection shows the Contacts that the script names, in the schemes that it writes", () => {
	const contacts = ["sips:5001@192.168.8.57", "sip:5000@172.21.83.60"];
	const rig = bed.rig({ routes: () => ({ kind: "redirect", status: 302, contacts }) });
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:5001@172.21.83.50");
	assert.deepEqual(
		ann.take(302).values("Contact"),
		contacts.map((uri) => `<${uri}>`),
	);
});

test("RFC 5630 §5.3 SIPS-14: sips that came in clear is refused with 400", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70", contact: "<sips:6000@172.21.83.70>" });
	ann.request("INVITE", "sips:5001@172.21.83.50:5314");
	assert.equal(ann.take(400).startLine, "SIP/2.0 400 SIPS over Insecure Transport");
});

test("RFC 5630 §5.1.1.2 §5.3 SIPS-18, secure-signaling §5.7: in a dialog of one scheme a Contact of the other goes to and fro as it is, over TLS", () => {
	const rig = bed.rig();
	const phone = d1(rig);
	register(phone);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:7789@172.21.83.50");
	const came = phone.take("INVITE");
	phone.answer(came, "200 OK");
	const got = ann.take(200);
	assert.equal(got.value("Contact"), phone.contact, "which it should not have said");
	const side = ann.caller(got);
	side.send("ACK");
	assert.equal(phone.take("ACK").uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	side.send("BYE");
	const bye = phone.take("BYE");
	assert.equal(bye.uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	assert.equal(bye.value("From"), "<sip:6000@172.21.83.70>;tag=6000");
});

test("RFC 5630 §5.3 SIPS-04: a phone that has reconnected is found over TLS again, and nowhere else", () => {
	const rig = bed.rig();
	const phone = d3(rig);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:5001@172.21.83.50");
	phone.answer(phone.take("INVITE"), "200 OK", { contact: "<sip:5001@192.168.8.57:5061>" });
	const side = ann.caller(ann.take(200));
	side.send("ACK");
	phone.take("ACK");
	phone.disconnect();
	side.send("BYE");
	const bye = phone.take("BYE");
	assert.equal(bye.uri, "sip:5001@192.168.8.57:5061");
	assert.match(bye.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
});

test("secure-signaling E18 §3.4: a dialog of two schemes stays one after a reload to policy rfc5630", () => {
	const rig = mixed.rig();
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const phone = d3(rig);
	phone.request("INVITE", "sips:5000@172.21.83.50:5314", FROM_D3);
	const came = bob.take("INVITE");
	bob.answer(came, "200 OK");
	const side = phone.caller(phone.take(200));
	rig.reload(bed.config);
	side.send("BYE");
	const bye = bob.take("BYE");
	assert.equal(bye.uri, "sip:5000@172.21.83.60:5060");
	assert.equal(bye.value("From"), came.value("From"));
	bob.callee(came).send("INFO");
	assert.equal(phone.take("INFO").value("To"), "<sips:5001@172.21.83.50>;tag=5001");
});

const trunks = await testBed(`
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5314]
trusted: [172.21.83.0/24, 192.168.8.0/24]
secure-signaling: { policy: rfc5630 }
devices:
  near:  { type: Trunk, prefix: "9", contact: "sip:10.0.0.1" }
  far:   { type: Trunk, prefix: "9", priority: 1, contact: "sips:10.0.0.2" }
  plain: { type: Trunk, prefix: "8", contact: "sip:10.0.0.3" }
`);

test("RFC 5630 §5.3, secure-signaling §2.2: trunks of the wrong scheme are no candidates, however good they are", () => {
	const rig = trunks.rig();
	const near = rig.phone("near", { host: "10.0.0.1" });
	const far = rig.phone("far", { host: "10.0.0.2", transport: "tls" });
	const caller = d3(rig);
	caller.request("INVITE", "sips:9123@172.21.83.50:5314");
	assert.equal(far.take("INVITE").uri, "sips:9123@10.0.0.2");
	caller.request("INVITE", "sips:8123@172.21.83.50:5314");
	assert.equal(caller.take(480).value("Warning"), NOT_ALLOWED);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:9123@172.21.83.50");
	near.answer(near.take("INVITE"), "503 Service Unavailable");
	const came = far.take("INVITE");
	assert.equal(came.uri, "sip:9123@10.0.0.2", "the next one, as sip over TLS");
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS/);
});
