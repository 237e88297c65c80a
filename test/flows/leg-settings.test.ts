import assert from "node:assert/strict";
import { test } from "node:test";
import { YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed(`
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5061]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  plain: { type: Extension, contact: "sip:plain@10.0.0.1" }
  strip: { type: Extension, contact: "sips:strip@10.0.0.2;transport=tcp", secure-signaling: { uri-transport: strip } }
  mark:  { type: Extension, contact: "sip:mark@10.0.0.3:5061;transport=tls", secure-signaling: { tls-marker: transport } }
`);

test("secure-signaling §2.3 uri-transport: the Request-URI of a call loses its transport, that of a dialog is the phone's own", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const contact = "<sips:strip@10.0.0.2:5061;transport=tcp>";
	const strip = rig.phone("strip", { host: "10.0.0.2", transport: "tls", contact });
	ann.request("INVITE", "sip:strip@172.21.83.50");
	const came = strip.take("INVITE");
	assert.equal(came.uri, "sips:strip@10.0.0.2");
	strip.answer(came, "200 OK");
	ann.caller(ann.take(200)).send("BYE");
	assert.equal(strip.take("BYE").uri, "sips:strip@10.0.0.2:5061;transport=tcp");
});

test("secure-signaling §2.3: settings hold for a device when it calls, by its number or by its address", () => {
	for (const from of ["sips:strip@172.21.83.50", "sips:unknown@172.21.83.50"]) {
		const rig = bed.rig();
		const strip = rig.phone("strip", { host: "10.0.0.2", transport: "tls", port: 5061 });
		const contact = "<sip:plain@10.0.0.1:5060;transport=tcp>";
		const plain = rig.phone("plain", { host: "10.0.0.1", contact });
		strip.request("INVITE", "sips:plain@172.21.83.50:5061", { from });
		plain.answer(plain.take("INVITE"), "200 OK");
		const shown = strip.take(200).value("Contact");
		assert.match(shown, /^<sips:plain@10\.0\.0\.1:5060;x5c=[\w-]+>$/, from);
	}
});

test("secure-signaling §2.3: settings hold for a device that withholds its number, by its Contact", async () => {
	const anonymous = await testBed(`
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5061]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  plain: { type: Extension, contact: "sip:plain@10.0.0.1" }
  moves: { type: Extension, contact: "*", secure-signaling: { contact: anchor, record-route: no, sdes-downgrade: reject } }
`);
	const rig = anonymous.rig();
	const contact = "<sips:moves@10.0.0.7:5061>";
	const moves = rig.phone("moves", { host: "10.0.0.7", transport: "tls", contact });
	const plain = rig.phone("plain", { host: "10.0.0.1" });
	const from = "sips:anonymous@anonymous.invalid";
	const uri = "sips:plain@172.21.83.50:5061";
	moves.request("INVITE", uri, { from });
	const came = plain.take("INVITE");
	plain.answer(came, "200 OK");
	const ok = moves.take(200);
	assert.deepEqual(ok.recordRoutes, []);
	assert.match(ok.value("Contact"), /^<sips:plain@172\.21\.83\.50:5061;x5c=[\w-]+>$/);
	moves.caller(ok).send("ACK");
	assert.equal(plain.take("ACK").uri, "sip:plain@10.0.0.1:5060");
	plain.callee(came).send("BYE");
	assert.equal(`<${moves.take("BYE").uri}>`, contact);

	const headers = ["Content-Type: application/sdp"];
	moves.request("INVITE", uri, { from, headers, body: "v=0\r\na=crypto:1 AES key\r\n" });
	moves.take(488);
});

test("secure-signaling §2.3: a caller that is no device has the settings of the proxy", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70", transport: "tls" });
	const contact = "<sip:plain@10.0.0.1:5060;transport=tcp>";
	const plain = rig.phone("plain", { host: "10.0.0.1", contact });
	ann.request("INVITE", "sips:plain@172.21.83.50:5061", { from: "sips:6000@172.21.83.70" });
	plain.answer(plain.take("INVITE"), "200 OK");
	assert.equal(ann.take(200).value("Contact"), "<sips:plain@10.0.0.1:5060;transport=tcp>");
});

test("secure-signaling §3.5 tls-marker: our entry for a sip leg over TLS says so where the device wants it", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const mark = rig.phone("mark", { host: "10.0.0.3", transport: "tls" });
	ann.request("INVITE", "sip:mark@172.21.83.50");
	const [upper] = mark.take("INVITE").recordRoutes;
	assert.match(upper ?? "", /^<sip:172\.21\.83\.50:5061;transport=tls;r2=on;lr;/);
});

test("RFC 6665 §4.3 PX-30: a NOTIFY in a dialog of ours is record-routed: it may overtake the 200 of its SUBSCRIBE", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const plain = rig.phone("plain", { host: "10.0.0.1" });
	ann.request("SUBSCRIBE", "sip:plain@172.21.83.50", { headers: ["Event: presence"] });
	const subscribe = plain.take("SUBSCRIBE");
	assert.equal(subscribe.recordRoutes.length, 1);
	plain.callee(subscribe).send("NOTIFY", [`Contact: ${plain.contact}`]);
	const notify = ann.take("NOTIFY");
	assert.equal(notify.recordRoutes.length, 1);
	ann.answer(notify, "200 OK");
	assert.equal(plain.take(200, "NOTIFY").vias.length, 1);
	const side = ann.callee(notify);
	side.send("SUBSCRIBE");
	assert.equal(plain.take("SUBSCRIBE").uri, "sip:plain@10.0.0.1:5060");
	plain.callee(subscribe).send("INFO");
	assert.equal(ann.take("INFO").recordRoutes.length, 0);
	ann.request("NOTIFY", "sip:plain@172.21.83.50");
	assert.equal(plain.take("NOTIFY").recordRoutes.length, 0, "not where we were not in the path");
});

const transports = await testBed(`
listen: [udp:172.21.83.50:5060, tls:172.21.83.50:5061]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  keep:    { type: Extension, contact: "sips:keep@10.0.0.1;transport=tls", secure-signaling: { uri-transport: keep } }
  rfc5630: { type: Extension, contact: "sips:rfc5630@10.0.0.2;transport=tls", secure-signaling: { uri-transport: rfc5630 } }
  strip:   { type: Extension, contact: "sips:strip@10.0.0.3;transport=tls", secure-signaling: { uri-transport: strip } }
`);

const SHOWN = {
	keep: ["sips:keep@10.0.0.1;transport=tls", ";transport=tls", ";transport=tcp", ";transport=ws"],
	rfc5630: ["sips:rfc5630@10.0.0.2", "", ";transport=tcp", ";transport=ws"],
	strip: ["sips:strip@10.0.0.3", "", "", ";transport=ws"],
} as const;

for (const [at, [name, [uri, ...params]]] of Object.entries(SHOWN).entries())
	test(`secure-signaling §2.3 uri-transport: ${name}: the Request-URI of a configured contact, and Contacts shown to that device and given back to their owner`, () => {
		const rig = transports.rig();
		const phone = rig.phone(name, { host: `10.0.0.${at + 1}`, transport: "tls" });
		for (const [index, transport] of ["tls", "tcp", "ws"].entries()) {
			const contact = `<sip:6000@172.21.83.70:5060;transport=${transport}>`;
			const ann = rig.phone(`600${index}`, { host: `172.21.83.7${index}`, contact });
			ann.request("INVITE", `sip:${name}@172.21.83.50`);
			const came = phone.take("INVITE");
			assert.equal(came.uri, uri);
			const shown = came.value("Contact").replace(/;x5c=[\w-]+/, "");
			assert.equal(shown, `<sips:6000@172.21.83.70:5060${params[index]}>`);
			phone.answer(came, "200 OK", { contact: `<${uri}>` });
			ann.caller(ann.take(200)).send("ACK");
			phone.callee(came).send("BYE");
			assert.equal(`<${ann.take("BYE").uri}>`, contact);
		}
	});

const asserting = await testBed(
	YAML.replace(
		'"5001": {',
		'"5001": { secure-signaling: { headers: [p-asserted-identity, Remote-Party-ID] },',
	),
);

test("secure-signaling §2.3 §3.6 headers: those listed have the scheme of the leg, in requests and responses, others and other URIs stay", () => {
	const rig = asserting.rig();
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const contact = "<sips:5001@192.168.8.57:5061>";
	const phone = rig.phone("5001", { transport: "tls", host: "192.168.8.57", contact });
	const asserted = (scheme: string) => [
		`P-Asserted-Identity: "Bob" <${scheme}:5000@172.21.83.50> , <tel:+1201>`,
		`Remote-Party-ID: <${scheme}:5000@172.21.83.50;user=phone>;party=calling`,
	];
	const history = `History-Info: <sip:5000@172.21.83.50>;index=1`;
	const lines = (message: { lines: readonly string[] }) =>
		message.lines.filter((line) => /^(P-Asserted|Remote-Party|History)/.test(line));
	bob.request("INVITE", "sip:5001@172.21.83.50", {
		from: "sip:5000@172.21.83.50",
		headers: [...asserted("sip"), history],
	});
	const came = phone.take("INVITE");
	assert.deepEqual(lines(came), [...asserted("sips"), history]);
	phone.answer(came, "200 OK", { headers: asserted("sips") });
	assert.deepEqual(lines(bob.take(200)), asserted("sips"), "Bob's leg lists none");
	phone.request("INVITE", "sips:5000@172.21.83.50:5314", { from: "sips:5001@172.21.83.50" });
	bob.answer(bob.take("INVITE"), "200 OK", { headers: asserted("sip") });
	assert.deepEqual(lines(phone.take(200)), asserted("sips"));
});
