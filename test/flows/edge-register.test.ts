/** Phones that register with another registrar, through us: the Path that it gets, and what that is good for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PathFor } from "../../core/proxy/environment.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";
import type { PhonePlace, RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const bed = await testBed();
const HERE = "172.21.83.50";
const DOMAIN = "sip:example.com";
const AOR = "sip:1001@example.com";
const PRIVATE = "sip:1001@192.168.77.7:5060";
const SUPPORTED = "Supported: path, outbound";
const OUTBOUND = `<${PRIVATE};ob>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-0242ac120002>"`;

/** Everything that is new goes to the registrar. */
function scene({ pathFor = "supported", uri = "sip:10.0.0.9" }: Partial<Scene> = {}) {
	const relay = { kind: "relay", targets: [{ kind: "uri", uri }] } as const;
	const rig = bed.rig({
		config: { ...bed.config, edge: { pathFor } },
		listeners: [{ transport: "ws", address: HERE, host: HERE, port: 8080 }],
		routes: () => ({ ...relay, callee: undefined, edits: [] }),
	});
	const tls = /tls|sips/.test(uri);
	const core = rig.phone("core", { host: "10.0.0.9", transport: tls ? "tls" : "udp" });
	return { rig, core, phone: phoneAt(rig, {}) };
}

type Scene = { readonly pathFor: PathFor; readonly uri: string };

function phoneAt(rig: ExchangeRig, place: Partial<PhonePlace>): VirtualPhone {
	const host = "198.51.100.7";
	return rig.phone("1001", { transport: "tcp", host, port: 40_112, contact: OUTBOUND, ...place });
}

function register(phone: VirtualPhone, given: RequestGiven = {}): WireMessage {
	return phone.request("REGISTER", DOMAIN, { from: AOR, to: AOR, headers: [SUPPORTED], ...given });
}

/** Of the phone, where a proxy stands between it and us. */
const FAR_VIA = "Via: SIP/2.0/TCP 192.168.77.7:5060;branch=z9hG4bKfar";
const URI = /^<(sips?):([A-Za-z0-9_-]{26,})@([^>]+)>$/;

test("RFC 5626 §5.1 PX-102: the registrar gets a Path with the flow's token and ob, and nothing else is touched", () => {
	for (const transport of ["udp", "tcp", "tls", "ws"] as const) {
		const { rig, core } = scene();
		const phone = phoneAt(rig, { transport });
		const sent = register(phone);
		const came = core.take("REGISTER");
		const [path = "", ...others] = came.values("Path");
		assert.deepEqual(others, []);
		assert.equal(URI.exec(path)?.[3], "172.21.83.50:5060;lr;ob");
		assert.deepEqual(came.recordRoutes, []);
		const changed = ["Via", "Path", "Max-Forwards", "Max-Breadth"] as const;
		assert.deepEqual(came.without(...changed), sent.without(...changed));
		core.request("INVITE", PRIVATE, { headers: [`Route: ${path}`] });
		assert.equal(phone.take("INVITE").uri, PRIVATE, transport);
	}
});

test("RFC 5626 §5.1 PX-102: two phones at one address have tokens of their own", () => {
	const { rig, core, phone } = scene();
	const other = phoneAt(rig, { port: 40_113 });
	register(phone);
	register(other);
	const [first] = core.take("REGISTER").values("Path");
	const [second] = core.take("REGISTER").values("Path");
	assert.notEqual(first, second);
	core.request("INVITE", PRIVATE, { headers: [`Route: ${second}`] });
	assert.equal(other.take("INVITE").uri, PRIVATE);
	assert.deepEqual(phone.unread, []);
});

test("RFC 5626 §5.1 PX-102: towards a registrar over TLS the Path says so, in the scheme of that leg", () => {
	const overTls = scene({ uri: "sip:10.0.0.9:5061;transport=tls" });
	register(overTls.phone);
	const [path = ""] = overTls.core.take("REGISTER").values("Path");
	assert.equal(URI.exec(path)?.[3], "172.21.83.50:5314;transport=tls;lr;ob");

	const sips = scene({ uri: "sips:10.0.0.9:5061" });
	register(phoneAt(sips.rig, { transport: "tls", contact: OUTBOUND.replace("sip:", "sips:") }));
	const [secure = ""] = sips.core.take("REGISTER").values("Path");
	assert.deepEqual(URI.exec(secure)?.slice(1, 4).toSpliced(1, 1), [
		"sips",
		"172.21.83.50:5314;lr;ob",
	]);
});

test("RFC 5630 §5.2 §6.1 SIPS-21: a sips REGISTER goes on with a sips Path, and the call along it reaches the phone under sips, on its flow", () => {
	const { rig, core } = scene({ uri: "sips:10.0.0.9:5061" });
	const contact = OUTBOUND.replace("sip:", "sips:");
	const phone = phoneAt(rig, { transport: "tls", contact });
	const [domain = "", aor = "", behind = ""] = [DOMAIN, AOR, PRIVATE].map((uri) =>
		uri.replace("sip:", "sips:"),
	);
	const headers = [SUPPORTED];
	phone.request("REGISTER", domain, { from: aor, to: aor, headers });
	const came = core.take("REGISTER");
	assert.match(came.uri, /^sips:/);
	const [path = ""] = came.values("Path");
	assert.equal(URI.exec(path)?.[1], "sips");
	core.request("INVITE", behind, { headers: [`Route: ${path}`] });
	const called = phone.take("INVITE");
	assert.equal(called.uri, behind);
	assert.match(called.recordRoutes.at(0) ?? "", /^<sips:/);
});

test("RFC 5626 §5.1 PX-102: behind another proxy we are not the first hop, and write neither ob nor a Path", () => {
	for (const pathFor of ["supported", "any", "required"] as const) {
		const { rig, core } = scene({ pathFor });
		const edge = rig.phone("edge", { host: "10.0.0.5", contact: OUTBOUND });
		const given = "Path: <sip:abc@10.0.0.5;lr;ob>";
		const sent = edge
			.write("REGISTER", DOMAIN, { from: AOR, to: AOR, headers: [given] })
			.replace("Max-Forwards:", `${FAR_VIA}\r\nMax-Forwards:`);
		edge.send(sent);
		assertUntouched(sent, core.take("REGISTER"));
	}
});

test("RFC 3327 §4 §5.2 PX-103: our Path value goes above those that are there, and has lr", () => {
	const { core, phone } = scene();
	register(phone, {
		headers: ["Path: <sip:p2.example.org;lr>, <sip:p1.example.org;lr>", SUPPORTED],
	});
	const [ours = "", ...others] = core.take("REGISTER").values("Path");
	assert.match(ours, /;lr;ob>$/);
	assert.deepEqual(others, ["<sip:p2.example.org;lr>, <sip:p1.example.org;lr>"]);
});

test("RFC 3327 §5.2 PX-104: a phone that does not know Path gets none, gets one all the same, or gets 421, as is set", () => {
	const plain: RequestGiven = { headers: [], contact: `<${PRIVATE}>` };
	const outcomes = (["supported", "any", "required", "off"] as const).map((pathFor) => {
		const { core, phone } = scene({ pathFor });
		register(phone, plain);
		const [refused] = phone.unread;
		if (refused?.status !== undefined) return [refused.status, refused.value("Require")];
		return core.take("REGISTER").values("Path").length;
	});
	assert.deepEqual(outcomes, [0, 1, [421, "path"], 0]);
});

test("RFC 3327 §5.2 PX-104: where Path is required, the registrar has to know it, too", () => {
	const { core, phone } = scene({ pathFor: "required" });
	register(phone);
	const came = core.take("REGISTER");
	assert.deepEqual([came.values("Path").length, came.values("Require")], [1, ["path"]]);
	register(phone, { headers: [SUPPORTED, "Require: Path"] });
	assert.deepEqual(core.take("REGISTER").values("Require"), ["Path"], "once is enough");
});

test("RFC 5626 §4.2.1 §5.1 PX-104: who asks for outbound gets a Path, whatever it says of Path; with Path off nobody does", () => {
	const { core, phone } = scene();
	register(phone, { headers: ["Supported: outbound"] });
	assert.equal(core.take("REGISTER").values("Path").length, 1);
	const off = scene({ pathFor: "off" });
	register(off.phone);
	assert.deepEqual(off.core.take("REGISTER").values("Path"), []);
});

test("RFC 3261 §22.3 §22.4: 401 of the registrar and the credentials for it pass, of our own realm and of a user that we know, too", () => {
	for (const user of ["1001", "7790"]) {
		const { core, phone } = scene();
		register(phone);
		const challenge = 'WWW-Authenticate: Digest realm="example.com", nonce="core", qop="auth"';
		core.answer(core.take("REGISTER"), "401 Unauthorized", { headers: [challenge] });
		assert.equal(phone.take(401).value("WWW-Authenticate"), challenge.slice(18));
		const digest = `Digest username="${user}", realm="example.com", nonce="core", uri="${DOMAIN}", response="${"0".repeat(32)}", qop=auth, nc=00000001, cnonce="c"`;
		register(phone, { headers: [SUPPORTED, `Authorization: ${digest}`], cseq: 2 });
		assert.equal(core.take("REGISTER").value("Authorization"), digest, user);
	}
});

test("RFC 3261 §16.3 PX-104: headers that cannot be read are no reason to lose a REGISTER", () => {
	const { core, phone } = scene({ pathFor: "any" });
	register(phone, { headers: ['Supported: "', 'Require: "'], contact: '"' });
	assert.equal(core.take("REGISTER").values("Path").length, 1);
});

test("RFC 3327 §5.2 RFC 3608 §6.2 PX-105: Path and Service-Route of the response reach the phone byte for byte", () => {
	for (const uri of ["sip:10.0.0.9", "sips:10.0.0.9:5061"]) {
		const { rig, core } = scene({ uri });
		const phone = phoneAt(rig, { transport: "tls" });
		register(phone);
		const came = core.take("REGISTER");
		const headers = [
			`Path:  ${came.values("Path")[0]} ,<sip:other;lr>`,
			"Service-Route: <sip:core.example.com;lr> ;x=1",
			"service-route:<sips:[2001:db8::9];lr>",
			`Contact: ${OUTBOUND};expires=600`,
		];
		core.answer(came, "200 OK", { headers });
		const lines = phone.take(200).lines;
		assert.deepEqual(
			lines.filter((line) => /^(path|service-route|contact)/i.test(line)),
			headers,
		);
	}
});

test("RFC 5626 §6 §11.6 PX-115: 439 is the registrar's to say: it passes, and we add none", () => {
	for (const pathFor of ["off", "supported"] as const) {
		const { core, phone } = scene({ pathFor });
		register(phone);
		const came = core.take("REGISTER");
		assert.deepEqual(phone.unread, []);
		core.answer(came, "439 First Hop Lacks Outbound Support");
		assert.equal(phone.take(439).status, 439);
	}
});

test("RFC 5626 §6 §11.6 PX-115: as registrar behind a proxy that writes no ob we say 439, and 200 when it does", () => {
	const rig = bed.rig();
	const proxy = rig.phone("proxy", { host: "10.0.0.5", contact: OUTBOUND });
	const aor = `sip:7789@${HERE}`;
	for (const [path, status] of [
		["<sip:token@10.0.0.5;lr>", 439],
		["<sip:token@10.0.0.5;lr;ob>", 200],
	] as const) {
		const headers = [SUPPORTED, `Path: ${path}`];
		const text = proxy.write("REGISTER", `sip:${HERE}`, { from: aor, to: aor, headers });
		proxy.send(text.replace("Max-Forwards:", `${FAR_VIA}\r\nMax-Forwards:`));
		assert.equal(proxy.take(status).status, status);
	}
});

test("RFC 5626 §5: the connection of a phone is kept as long as the registrar has granted, and no longer than it lives", () => {
	const { rig, core, phone } = scene();
	const { kept } = rig.exchange.proxy;
	const granted = (...contacts: readonly string[]) => {
		register(phone);
		const headers = contacts.map((contact) => `Contact: ${contact}`);
		core.answer(core.take("REGISTER"), "200 OK", { headers });
		const { connection } = phone;
		return { connection, after: (ms: number) => kept.has(connection, rig.now + ms) };
	};
	assert.equal(granted().after(0), false, "nobody is registered");
	const two = granted("<sip:a@h>;expires=60", `${OUTBOUND};expires=600`);
	assert.deepEqual([two.after(599_999), two.after(600_000)], [true, false]);
	assert.equal(granted().after(599_999), true, "another user of the connection has left");
	const unsaid = granted('<sip:a@h>;expires="x"');
	assert.deepEqual([unsaid.after(3_599_999), unsaid.after(3_600_000)], [true, false]);
	assert.equal(granted("<sip:a@h>;expires=4294967295").after(700_000_000), false);
	const closed = granted(`${OUTBOUND};expires=600`);
	phone.disconnect();
	assert.equal(closed.after(0), false);

	register(phone);
	core.answer(core.take("REGISTER"), "403 Forbidden", { headers: ["Contact: <sip:a@h>"] });
	assert.equal(kept.has(phone.connection, rig.now), false, "refused");
});

test("RFC 5626 §5.3.1 §11.5: the phone hangs its connection up: the registrar's call is 430, and 480 for a caller behind us", () => {
	const { rig, core, phone } = scene();
	register(phone);
	const registered = core.take("REGISTER");
	const [path] = registered.values("Path");
	core.answer(registered, "200 OK");
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const call = () => {
		ann.request("INVITE", AOR);
		const came = core.take("INVITE");
		core.request("INVITE", PRIVATE, { headers: [`Route: ${path}`] });
		return came;
	};
	const first = call();
	phone.answer(phone.take("INVITE"), "486 Busy Here");
	core.answer(first, "486 Busy Here");
	assert.equal(ann.take(486).status, 486);

	phone.disconnect();
	const second = call();
	core.answer(second, `${core.take(430).status} Flow Failed`);
	assert.equal(ann.take(480).status, 480);
	assert.equal(rig.nowhere.length, 0);
});

test("RFC 5626 §5: nothing is kept for a connection that has closed before the registrar answered", () => {
	const { rig, core, phone } = scene();
	register(phone);
	const { connection } = phone;
	const came = core.take("REGISTER");
	phone.disconnect();
	core.answer(came, "200 OK", { headers: [`Contact: ${OUTBOUND};expires=600`] });
	assert.equal(rig.exchange.proxy.kept.has(connection, rig.now), false);
});
