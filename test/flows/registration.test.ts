import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";
import type { RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";

const bed = await testBed();
const HERE = "sip:172.21.83.50";

function register(phone: VirtualPhone, number: string, given: RequestGiven = {}) {
	const aor = `sip:${number}@172.21.83.50`;
	phone.request("REGISTER", HERE, { from: aor, to: aor, ...given });
	return phone;
}

const caller = (rig: ExchangeRig) => rig.phone("6000", { host: "172.21.83.70" });

test("RFC 3261 §10.3 RFC 5626 §5.3 PX-111: a phone behind NAT is called along the flow it registered on, not at its Contact", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	for (const transport of ["udp", "tcp", "tls"] as const) {
		const nat = rig.phone("7789", {
			transport,
			host: "172.21.83.99",
			port: 61_001,
			contact: "<sip:7789@192.168.0.7:5060>",
		});
		assert.match(register(nat, "7789").take(200).value("Contact"), /;expires=\d+$/);
		ann.request("INVITE", "sip:7789@172.21.83.50");
		const came = nat.take("INVITE");
		assert.equal(came.uri, "sip:7789@192.168.0.7:5060");
		nat.answer(came, "486 Busy Here");
		assert.equal(ann.take(486).status, 486);
		nat.disconnect();
	}
	assert.equal(rig.questions.length, 0);
	assert.equal(rig.nowhere.length, 0);
});

test("RFC 3261 §16.5 PX-22: nobody registered is 480, after the end of a registration too; an unknown number is 404", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const outcome = () => {
		ann.unread.length = 0;
		ann.request("INVITE", "sip:7789@172.21.83.50");
		return ann.unread.find(({ status }) => status !== undefined)?.status;
	};
	assert.equal(outcome(), 480);
	register(phone, "7789", { callId: "r", headers: ["Expires: 600"] });
	assert.equal(outcome(), undefined);
	register(phone, "7789", { callId: "r", cseq: 2, contact: "*", headers: ["Expires: 0"] });
	assert.equal(outcome(), 480);
	register(phone, "7789", { callId: "r", cseq: 3, headers: ["Expires: 600"] });
	rig.wait(599_000);
	assert.equal(outcome(), undefined);
	rig.wait(1_001);
	assert.equal(outcome(), 480);
	ann.request("INVITE", "sip:nobody@172.21.83.50");
	assert.equal(ann.take(404).status, 404);
});

test("RFC 5626 §7 RG-31: when the connection closes its bindings are gone, and the caller is told at once", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tcp" });
	register(phone, "7789").disconnect();
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(ann.take(480).status, 480);
	assert.ok(rig.log.some(({ message }) => message === "binding.flow-closed"));
});

test("RFC 5626 §6 RG-30: a registration over a new connection moves the calls there", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tcp" });
	register(phone, "7789", { callId: "r" });
	const old = phone.connection;
	phone.connection = 0;
	register(phone, "7789", { callId: "r", cseq: 2 });
	rig.closed(old);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(phone.take("INVITE").uri, "sip:7789@172.21.83.24:5060");
});

test("RFC 3261 §16.6 PX-26: several bindings of one number ring together", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const desk = rig.phone("7789", { host: "172.21.83.24" });
	const room = rig.phone("7789", { host: "172.21.83.25" });
	register(desk, "7789");
	register(room, "7789");
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.notEqual(desk.take("INVITE").vias[0], room.take("INVITE").vias[0]);
});

test("secure-signaling G15c G20 M4: a device with a configured contact may register, and is called at its contact", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const fixed = rig.phone("5000", { host: "172.21.83.60" });
	const other = rig.phone("5000", { host: "172.21.83.61" });
	register(other, "5000");
	assert.equal(other.take(200).status, 200);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	assert.equal(fixed.take("INVITE").uri, "sip:5000@172.21.83.60:5060");
	assert.deepEqual(other.unread, []);
});

test("RFC 3261 §10.3 step 5 PX-20: the number is compared unescaped, and its URI parameters do not count", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	register(phone, "%37789");
	assert.equal(phone.take(200).status, 200);
	ann.request("INVITE", "sip:7%37%389;x=y@172.21.83.50".replace(";x=y", ""));
	assert.equal(phone.take("INVITE").uri, "sip:7789@172.21.83.24:5060");
});

test("RFC 3261 §8.2.2.2: of a REGISTER that comes by two ways one is answered 482", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	register(phone, "7789", { callId: "same" });
	register(phone, "7789", { callId: "same" });
	assert.deepEqual(
		phone.received.map(({ status }) => status),
		[200, 482],
	);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §10.3 PX-09: a REGISTER whose Contact, Path or Require cannot be read gets 400, and binds nothing", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const wrong: readonly RequestGiven[] = [
		{ contact: "<sip:a@" },
		{ contact: "", headers: ['Contact: "'] },
		{ headers: ["Path: <sip:p"] },
		{ headers: ["Path: <sip:@;lr>"] },
		{ headers: ['Path: "\\\0" <sip:p;lr>'] },
		{ headers: ['Path: "'] },
		{ headers: ['Require: "'] },
	];
	for (const given of wrong)
		assert.equal(register(phone, "7789", given).take(400).status, 400, JSON.stringify(given));
	assert.deepEqual(rig.store.bindings("7789", rig.now), []);
	const required = register(phone, "7789", { headers: ["Require: gruu, a\0b"] }).take(420);
	assert.deepEqual(required.values("Unsupported"), [], "not what cannot be written");
	assert.equal(rig.exchange.counters.scriptErrors, 0);
});

test("RFC 3327 §5.4 PX-114: a phone behind an edge proxy is called through its Path", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const edge = rig.phone("edge", { host: "10.0.0.5" });
	const path = '"Edge" <sip:10.0.0.5;lr;ob>';
	register(edge, "7789", {
		contact: "<sip:7789@192.168.0.7>",
		headers: [`Path: ${path}`, "Supported: path"],
	});
	assert.equal(edge.take(200).status, 200);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	const came = edge.take("INVITE");
	assert.equal(came.uri, "sip:7789@192.168.0.7");
	assert.deepEqual(came.values("Route"), [path]);
});

test("RFC 3327 §5.4 PX-114: calls go to the first proxy of the Path, and not along the connection of whoever passed it on", () => {
	const rig = bed.rig();
	const ann = caller(rig);
	const between = rig.phone("between", { host: "10.0.0.6", transport: "tcp" });
	const edge = rig.phone("edge", { host: "10.0.0.5" });
	register(between, "7789", {
		contact: "<sip:7789@192.168.0.7>",
		headers: ["Path: <sip:10.0.0.5;lr>", "Supported: path"],
	});
	assert.equal(between.take(200).value("Path"), "<sip:10.0.0.5;lr>");
	between.disconnect();
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(edge.take("INVITE").uri, "sip:7789@192.168.0.7");
	assert.deepEqual(between.unread, []);
});

test("RFC 3327 §7 RG-23: a Path from a source that is not trusted is refused, whoever lets it register", () => {
	const rig = bed.rig({ routes: () => ({ kind: "save", contacts: undefined }) });
	const phone = rig.phone("7791", { host: "198.51.100.7" });
	const headers = ["Path: <sip:10.0.0.5;lr>", "Supported: path"];
	register(phone, "7791", { headers });
	const refused = phone.take(403);
	assert.match(refused.text, /^SIP\/2.0 403 Path From a Source That Is Not Trusted/);
	assert.deepEqual(rig.store.bindings("7791", rig.now), []);
});

test("RFC 5626 §5.4 TR-30: silence beyond Flow-Timer is watched for, on the stream of a phone that was told of it", () => {
	const expected: [connection: number, every: number | undefined][] = [];
	const rig = bed.rig({
		expectPings: ({ connection }, every) => expected.push([connection, every]),
	});
	const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tcp" });
	const contact = '<sip:7789@192.168.0.7>;reg-id=1;+sip.instance="<urn:uuid:1>"';
	const headers = ["Supported: outbound"];
	register(phone, "7789", { contact, headers, callId: "a" });
	const { connection } = phone;
	assert.equal(phone.take(200).value("Flow-Timer"), "120");
	assert.deepEqual(expected.splice(0), [[connection, 120_000]]);
	register(phone, "7789", { contact, callId: "a", cseq: 2 });
	assert.deepEqual(phone.take(200).values("Flow-Timer"), []);
	assert.deepEqual(expected.splice(0), [[connection, undefined]]);
	register(rig.phone("7789", { host: "172.21.83.24" }), "7789", { contact, headers });
	assert.deepEqual(expected, []);
});

test("RFC 6223 §4.4 §5 TR-31: keep has one value in all responses, that of Flow-Timer where there is one", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tcp" });
	const contact = '<sip:7789@192.168.0.7>;reg-id=1;+sip.instance="<urn:uuid:1>"';
	const aor = "sip:7789@172.21.83.50";
	const headers = ["Supported: outbound"];
	const text = phone.write("REGISTER", HERE, { from: aor, to: aor, contact, headers });
	rig.receive(text.replace(/^(Via: .*)$/m, "$1;keep"), phone.flow);
	const registered = phone.take(200);
	assert.match(registered.value("Via") ?? "", /;keep=120$/);
	assert.equal(registered.value("Flow-Timer"), "120");

	const ann = caller(rig);
	const invite = ann.write("INVITE", "sip:7789@172.21.83.50");
	rig.receive(invite.replace(/^(Via: .*)$/m, "$1;keep"), ann.flow);
	const came = phone.take("INVITE");
	rig.wait(300);
	phone.answer(came, "180 Ringing");
	phone.answer(came, "200 OK");
	for (const status of [100, 180, 200]) {
		const [via] = ann.take(status).vias;
		assert.match(via ?? "", /;keep=30(;|$)/);
	}
});

test("RFC 3608 §5 §6 PX-117 RG-42: a phone sends its calls along the Service-Route that it was given, and we take ours off", async () => {
	const service = "<sip:10.0.0.5;lr>";
	const yaml = YAML.replace(
		"devices:",
		`registrar: { service-route: ["sip:172.21.83.50;lr", "sip:10.0.0.5;lr"] }\ndevices:`,
	);
	const rig = bed.rig({ config: await rigConfig(yaml) });
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const told = register(phone, "7789").take(200).values("Service-Route");
	assert.deepEqual(told, ["<sip:172.21.83.50;lr>", service]);

	const logger = rig.phone("logger", { host: "10.0.0.5" });
	phone.request("INVITE", "sip:5000@172.21.83.50", {
		headers: told.map((value) => `Route: ${value}`),
	});
	const came = logger.take("INVITE");
	assert.deepEqual(came.values("Route"), [service]);
	assert.equal(came.uri, "sip:5000@172.21.83.50");
});

test("RFC 8599 §5.6.2: a call to a phone with push parameters has them in its Request-URI", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const uri = "sip:7789@192.168.0.7;pn-provider=fcm;pn-param=project;pn-prid=cR1:APA91_x-y";
	register(phone, "7789", { contact: `<${uri}>` });
	caller(rig).request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(phone.take("INVITE").uri, uri);
});

test("RG-33: a device may have a limit of its own, which counts instead of that of all", async () => {
	const outcome = async (yaml: string) => {
		const rig = bed.rig({ config: await rigConfig(yaml) });
		const phone = rig.phone("7789", { host: "172.21.83.24" });
		for (const contact of ["<sip:a@192.168.0.7>", "<sip:b@192.168.0.8>"])
			register(phone, "7789", { contact });
		return phone.received.map(({ status }) => status);
	};
	const all = YAML.replace("devices:", "registrar: { max-bindings: 1 }\ndevices:");
	const own = (max: number) => `"7789": { type: Extension, max-bindings: ${max},`;
	const device = (max: number) => all.replace('"7789": { type: Extension,', own(max));
	assert.deepEqual(await outcome(YAML), [200, 200]);
	assert.deepEqual(await outcome(all), [200, 403]);
	assert.deepEqual(await outcome(device(2)), [200, 200]);
});

test("RFC 3680 §4.6 RG-43: who subscribes to the registrations of a phone is told 489, and the phone is not asked", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	register(phone, "7789").take(200);
	const ann = caller(rig);
	for (const event of ["Event: reg", "o: reg;id=1"]) {
		ann.request("SUBSCRIBE", "sip:7789@172.21.83.50", { headers: [event] });
		assert.equal(ann.take(489).status, 489);
	}
	assert.deepEqual(phone.unread, []);
	ann.request("SUBSCRIBE", "sip:7789@172.21.83.50", { headers: ["Event: regional"] });
	assert.ok(phone.take("SUBSCRIBE"));
});

test("RFC 3841 §7 RG-37: caller preferences reach the phone as they are, and keep none from ringing", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	register(phone, "7789", { contact: '<sip:7789@192.168.0.7>;methods="INVITE"' }).take(200);
	const headers = [
		'a:  *;+sip.instance="<urn:uuid:1>";require;explicit , *;audio',
		'Reject-Contact: *;mobility="mobile"',
		"Request-Disposition: proxy, parallel",
	];
	const sent = caller(rig).request("INVITE", "sip:7789@172.21.83.50", { headers });
	assertUntouched(sent, phone.take("INVITE"));
});

test("RFC 3261 §10.3 RG-46: our own address is no Contact: calls to it would come back here", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	for (const contact of ["<sip:5000@172.21.83.50>", "<sip:7789@h;maddr=172.21.83.50>"])
		assert.equal(register(phone, "7789", { contact }).take(403).status, 403);
});

test("RFC 4475 §3.3.14 RFC 5626 §5.3 RG-46: a Contact in our domain is bound, and calls take the flow of its phone", () => {
	const rig = bed.rig();
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	register(phone, "7789", { contact: "<sip:7789@example.com>" }).take(200);
	rig.phone("ann", { host: "172.21.83.70" }).request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(phone.take("INVITE").uri, "sip:7789@example.com");
	assert.deepEqual(rig.questions, []);
});

test("RFC 3261 §10.3 step 1 RG-01: a REGISTER for another domain is sent on as it is, for those who may, and binds nothing here", () => {
	const rig = bed.rig();
	const edge = rig.phone("edge", { host: "172.21.83.90" });
	const other = rig.phone("other", { host: "10.0.0.1" });
	const aor = "sip:7789@10.0.0.1";
	const sent = edge.request("REGISTER", "sip:10.0.0.1", { from: aor, to: aor });
	const came = other.take("REGISTER");
	assertUntouched(sent, came);
	assert.deepEqual(came.recordRoutes, []);
	assertUntouched(
		other.answer(came, "200 OK", { headers: ["Contact: <sip:x@h>;expires=9"] }),
		edge.take(200),
	);
	assert.deepEqual(rig.store.bindings("7789", rig.now), []);

	const stranger = rig.phone("stranger", { host: "198.51.100.7" });
	stranger.request("REGISTER", "sip:10.0.0.1", { from: aor, to: aor });
	stranger.take(401);
	assert.deepEqual(other.unread, []);
});

test("RFC 3261 §10.3 RG-17: REGISTERs of one address count in the order in which they came", () => {
	const rig = bed.rig();
	const edge = rig.phone("edge", { host: "172.21.83.90" });
	const aor = "sip:7789@172.21.83.50";
	const send = (callId: string, contact: string) =>
		edge.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor, callId, contact });
	send("a", "<sip:x@192.168.0.7>");
	send("b", "<sip:x@192.168.0.7>;expires=0");
	assert.deepEqual(rig.store.bindings("7789", rig.now), []);
	send("c", "<sip:x@192.168.0.7>;expires=0");
	send("d", "<sip:x@192.168.0.7>");
	assert.deepEqual(
		edge.received.map((came) => came.values("Contact").length),
		[1, 0, 0, 1],
	);
	assert.equal(rig.store.bindings("7789", rig.now)[0]?.callId, "d");
});
