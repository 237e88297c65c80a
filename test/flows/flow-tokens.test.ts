/** Requests that come back with a Path of ours as Route: sent along the flow in it, or refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathValue } from "../../core/leg/path-uri.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { scriptedRig } from "../support/scripted-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";

const bed = await testBed();
const HERE = "sip:172.21.83.50:5060";
const PRIVATE = "sip:7789@192.168.77.7:5060";

function scene() {
	const rig = bed.rig();
	return {
		rig,
		/** The proxy that knows the bindings: trusted. */
		core: rig.phone("core", { host: "10.0.0.9" }),
		phone: rig.phone("7789", {
			...{ transport: "tls", host: "198.51.100.7", port: 40_112 },
			contact: `<${PRIVATE}>`,
		}),
	};
}

function pathTo(rig: ExchangeRig, { flow }: Pick<VirtualPhone, "flow">): string {
	return pathValue(flow, HERE, rig.settings().environment.signing);
}

function invite(from: VirtualPhone, path: string, given: RequestGiven = {}) {
	return from.request("INVITE", PRIVATE, { headers: [`Route: ${path}`], ...given });
}

test("RFC 5626 §5.3.1 PX-107: a request with a token of ours goes along its flow, its private Request-URI unresolved", () => {
	const { rig, core, phone } = scene();
	for (const transport of ["tls", "tcp", "udp"] as const) {
		const nat = rig.phone("7789", { transport, host: "198.51.100.8", port: 1_234 });
		invite(core, pathTo(rig, nat));
		const came = nat.take("INVITE");
		assert.equal(came.uri, PRIVATE);
		assert.deepEqual(came.values("Route"), []);
	}
	assert.deepEqual(phone.received, []);
	assert.equal(rig.questions.length, 0);
	assert.equal(rig.nowhere.length, 0);
});

test("RFC 5626 §5.3 PX-107: a phone that sends its own token is an outgoing caller, routed as any other", () => {
	const { rig } = scene();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50", { headers: [`Route: ${pathTo(rig, ann)}`] });
	assert.deepEqual(bob.take("INVITE").values("Route"), []);
	assert.deepEqual(ann.unread.map(({ status }) => status).filter(isFinal), []);
});

test("RFC 5626 §5.3.1 PX-108: a token that was changed is 403, in any request and from whomever", () => {
	const { rig, core, phone } = scene();
	const path = pathTo(rig, phone);
	const forged = path.replace(/@/, "A@");
	invite(core, forged);
	assert.equal(core.take(403).status, 403);
	core.request("MESSAGE", PRIVATE, { headers: [`Route: ${forged}`] });
	assert.equal(core.take(403).status, 403);
	core.request("ACK", PRIVATE, { headers: [`Route: ${forged}`] });
	assert.deepEqual(phone.received, []);
	assert.equal(rig.questions.length, 0);
});

test("RFC 5626 §5.3.1 §11.5 PX-108: the token of a connection that has closed is 430 for the proxy that asked, at once", () => {
	const { rig, core, phone } = scene();
	const path = pathTo(rig, phone);
	phone.disconnect();
	invite(core, path);
	assert.equal(core.take(430).status, 430);
	core.request("OPTIONS", PRIVATE, { headers: [`Route: ${path}`] });
	assert.equal(core.take(430).status, 430);
	assert.equal(rig.questions.length, 0);
	assert.equal(rig.nowhere.length, 0);
});

test("RFC 5626 §5.3.1 PX-108: a connection that breaks under the request is 430 too, and so is a UDP port that is closed", () => {
	for (const transport of ["tcp", "udp"] as const) {
		const { rig, core } = scene();
		const phone = rig.phone("7789", { transport, host: "198.51.100.8", port: 1_234 });
		const path = pathTo(rig, phone);
		phone.reachable = false;
		invite(core, path);
		assert.equal(core.take(430).status, 430, transport);
	}
});

test("RFC 5626 §5.2 PX-106 PX-108: after a restart the token of a connection is 430, and that of a UDP flow still leads there", () => {
	const { rig, core, phone } = scene();
	const udp = rig.phone("7789", { host: "198.51.100.8", port: 1_234 });
	const paths = { udp: pathTo(rig, udp), tls: pathTo(rig, phone) };
	rig.restart();
	invite(core, paths.tls);
	assert.equal(core.take(430).status, 430);
	invite(core, paths.udp);
	assert.equal(udp.take("INVITE").uri, PRIVATE);
});

test("RFC 5626 §5.3.1 §11.5: a 430 or 486 from the end of the flow goes back as it is, silence is 408", () => {
	const { rig, core, phone } = scene();
	for (const status of ["430 Flow Failed", "486 Busy Here"]) {
		invite(core, pathTo(rig, phone));
		phone.answer(phone.take("INVITE"), status);
		assert.equal(core.take(Number(status.slice(0, 3))).cseqMethod, "INVITE");
	}
	invite(core, pathTo(rig, phone));
	rig.wait(64_000);
	assert.equal(core.take(408).status, 408);
});

test("RFC 5626 §12 PX-112: a token counts from those whom the configuration trusts, and from nobody else", () => {
	const { rig, phone } = scene();
	const path = pathTo(rig, phone);
	const stranger = rig.phone("eve", { host: "203.0.113.9" });
	invite(stranger, path);
	assert.equal(stranger.take(403).status, 403);
	stranger.request("ACK", PRIVATE, { headers: [`Route: ${path}`] });
	assert.deepEqual(phone.received, []);
	assert.equal(rig.size, 0, "nothing is kept for her");
});

test("RFC 5626 §5.3.1 PX-109: towards a flow the dialog is recorded with its flow and without ob, and requests in it take the flow", () => {
	const { rig, core, phone } = scene();
	invite(core, pathTo(rig, phone));
	const came = phone.take("INVITE");
	const [entry = ""] = came.recordRoutes;
	assert.match(entry, /^<sip:172\.21\.83\.50[^>]*;lr;x5=/);
	assert.doesNotMatch(entry, /;ob/);
	phone.answer(came, "200 OK");
	const caller = core.caller(core.take(200));
	for (const method of ["ACK", "INVITE", "BYE"]) {
		caller.send(method);
		assert.equal(phone.take(method).uri, PRIVATE);
	}
	assert.equal(rig.questions.length, 0);
	assert.equal(rig.nowhere.length, 0);
});

test("RFC 5626 §5.3.1 PX-107: a token is enough for a request in a dialog that we were no part of", () => {
	const { rig, core, phone } = scene();
	const text = core.write("NOTIFY", PRIVATE, { headers: [`Route: ${pathTo(rig, phone)}`] });
	core.send(text.replace(/^To: .*$/m, "$&;tag=theirs"));
	assert.equal(phone.take("NOTIFY").uri, PRIVATE);
});

test("secure-signaling G16 RFC 5626 §5.3.1: a sips phone is called by a registrar in clear: its leg is sips, theirs keeps the scheme of our Path", () => {
	const { rig, core, phone } = scene();
	const secure = PRIVATE.replace("sip:", "sips:");
	core.request("INVITE", secure, { headers: [`Route: ${pathTo(rig, phone)}`] });
	const came = phone.take("INVITE");
	assert.equal(came.uri, secure);
	assert.match(came.value("Contact"), /^<sips:core@10\.0\.0\.9/);
	assert.match(came.recordRoutes[0] ?? "", /^<sips:172\.21\.83\.50:5314;lr;/);
	phone.answer(came, "200 OK", { contact: `<${secure}>` });
	const ok = core.take(200);
	assert.equal(ok.value("Contact"), `<${PRIVATE}>`);
	assert.match(ok.recordRoutes[0] ?? "", /^<sip:172\.21\.83\.50:5060;lr;/);
	core.caller(ok).send("BYE");
	assert.equal(phone.take("BYE").uri, secure);
	phone.callee(came).send("INFO");
	assert.equal(core.take("INFO").uri, "sip:core@10.0.0.9:5060");
});

test("RFC 5626 §5.3.1 RFC 3261 §16.6 step 5: scripts look on: onBranch and onResponse edit, onRequest and onFailure are not asked", async (t) => {
	const rig = await scriptedRig(t, bed.config, [
		"onRequest: () => reply(500)",
		"onFailure: () => reply(599)",
		"onBranch(request, leg) { request.headers.set('X-Branch', leg.uri.user + ' ' + request.source.trusted); }",
		"onResponse(response) { response.headers.set('X-Seen', String(response.status)); }",
	]);
	const core = rig.phone("core", { host: "10.0.0.9" });
	const phone = rig.phone("7789", { transport: "tcp", host: "198.51.100.7", port: 40_112 });
	invite(core, pathTo(rig, phone));
	const came = phone.take("INVITE");
	assert.equal(came.value("X-Branch"), "7789 true");
	phone.answer(came, "180 Ringing");
	assert.equal(core.take(180).value("X-Seen"), "180");
	phone.answer(came, "486 Busy Here");
	assert.equal(core.take(486).value("X-Seen"), "486");
	rig.wait(64_000);
	assert.deepEqual([rig.size, rig.retained, rig.statuses], [0, 0, []]);
	assert.equal(rig.exchange.counters.scriptErrors, 0);
});

test("RFC 5630 §5.3 RFC 5626 §5.3.1: under that policy both legs have the scheme of the Request-URI, and TLS stays TLS", async () => {
	const config = await rigConfig(`${YAML}secure-signaling: { policy: rfc5630 }\n`);
	const rig = bed.rig({ config });
	const core = rig.phone("core", { host: "10.0.0.9", transport: "tls" });
	const phone = rig.phone("7789", { transport: "tls", host: "198.51.100.7", port: 40_112 });
	const { signing } = rig.settings().environment;
	for (const scheme of ["sips", "sip"] as const) {
		const uri = PRIVATE.replace("sip:", `${scheme}:`);
		const path = pathValue(phone.flow, `${scheme}:172.21.83.50:5314`, signing);
		const contact = `<${scheme}:core@10.0.0.9:5061>`;
		core.request("INVITE", uri, { contact, headers: [`Route: ${path}`] });
		const came = phone.take("INVITE");
		assert.deepEqual([came.uri, came.value("Contact")], [uri, contact]);
	}
});

test("RFC 5626 §5.3.2 PX-110: a caller is found along the flow that it called on, whatever its Contact", () => {
	const { rig, core, phone } = scene();
	const uri = "sip:5000@172.21.83.50";
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const nat = rig.phone("6000", {
		...{ transport: "tcp", host: "172.21.83.71", port: 61_001 },
		contact: "<sip:6000@192.168.77.6;ob>",
	});
	nat.request("INVITE", uri);
	const came = bob.take("INVITE");
	bob.answer(came, "200 OK");
	nat.take(200);
	bob.callee(came).send("BYE");
	assert.equal(nat.take("BYE").uri, "sip:6000@192.168.77.6;ob");
	assert.equal(rig.questions.length, 0);
	assert.deepEqual([...core.received, ...phone.received], []);
});

test("RFC 5626 §5.3.1 RFC 3261 §26.2.2: what is sips takes no flow in clear, and a Request-URI that is no SIP URI none at all", () => {
	const { rig, core, phone } = scene();
	const tcp = rig.phone("7789", { transport: "tcp", host: "198.51.100.8", port: 1_234 });
	core.request("MESSAGE", "sips:7789@192.168.77.7", { headers: [`Route: ${pathTo(rig, tcp)}`] });
	assert.equal(core.take(430).status, 430);
	core.request("MESSAGE", "tel:+1-201-555-0123", { headers: [`Route: ${pathTo(rig, phone)}`] });
	assert.equal(core.take(416).status, 416);
	assert.deepEqual([...tcp.received, ...phone.received], []);
});

test("RFC 5626 §5.3.1: an ACK outside the dialogs that we recorded finds its flow, too", () => {
	const { rig, core, phone } = scene();
	core.request("ACK", PRIVATE, { headers: [`Route: ${pathTo(rig, phone)}`] });
	assert.equal(phone.take("ACK").uri, PRIVATE);
});

function isFinal(status: number | undefined): boolean {
	return status !== undefined && status >= 200;
}
