import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUri } from "../../core/message/uri.ts";
import { bindingOf, deviceNamed, deviceOf, deviceOnFlow } from "../../core/proxy/directory.ts";
import { binding, tlsFlow } from "../support/bindings.ts";
import { bench, flow } from "./fixtures.ts";

const { rig, environment } = bench();
const { directory } = environment;
const expiresAt = rig.now + 1_000;

const onFlow = (from: string, came: Parameters<typeof deviceOnFlow>[1]) =>
	deviceOnFlow(parseUri(from), came, directory, rig.now)?.name;

test("RFC 3261 §16.5 PX-20: a URI names a device by its user part, escapes resolved, whatever else it says", () => {
	const named = (uri: string) => {
		const device = deviceNamed(uri, directory);
		assert.equal(deviceOf(parseUri(uri), directory), device, "taken apart or not");
		return device?.name;
	};
	assert.equal(named("sip:5000@anywhere.example.org"), "5000");
	assert.equal(named("sips:%35000:secret@h;user=phone"), "5000");
	assert.equal(named("sip:5000;phone-context=x@h"), undefined);
	assert.equal(named("sip:h"), undefined);
	assert.equal(named("tel:5000"), undefined);
});

test("architecture §6: a request comes from the device that its path shows: the flow it registered on", () => {
	const registered = { ...tlsFlow(9), listener: 0 };
	rig.store.apply("7789", [binding({ device: "7789", flow: registered, expiresAt })], []);
	assert.equal(onFlow("sip:7789@example.com", registered), "7789");
	const others = [
		{ ...registered, connection: 10 },
		{ ...registered, port: 1 },
		{ ...registered, host: "192.0.2.11" },
		flow("udp", "192.0.2.10"),
	];
	for (const other of others) assert.equal(onFlow("sip:7789@example.com", other), undefined);
	assert.equal(onFlow("sip:7790@example.com", registered), undefined, "another's flow");
});

test("architecture §6: …or the address of its configured contact, with the port or alone there", () => {
	assert.equal(onFlow("sip:5000@h", flow("udp", "172.21.83.60", 5060)), "5000");
	assert.equal(onFlow("sip:5000@h", flow("udp", "172.21.83.60", 40_000)), "5000");
	assert.equal(onFlow("sip:anybody@h", flow("udp", "172.21.83.60")), "5000");
	assert.equal(onFlow("sip:5000@h", flow("udp", "172.21.83.61")), undefined);
	assert.equal(onFlow("sip:7789@h", flow("udp", "172.21.83.60")), "5000", "it registers elsewhere");
});

test("architecture §6: no toll fraud: what comes from a trunk is the trunk's, whatever number its From says", () => {
	const [gw, phone] = [directory.device("gw"), directory.device("5000")];
	assert.ok(gw && phone && phone.contact !== "*");
	const trunk = { ...gw, contact: { ...phone.contact, port: 5070 } };
	const place = { ...directory, deviceAt: () => trunk };
	for (const user of ["7789", "5000", "6000"]) {
		const from = parseUri(`sip:${user}@h`);
		assert.equal(deviceOnFlow(from, flow("udp", "172.21.83.60", 5070), place, rig.now)?.name, "gw");
	}
});

test("secure-signaling §3.4: a live binding is found by its address, whatever scheme and transport", () => {
	const contact = "sips:7789@172.21.83.24:5061";
	const one = binding({ device: "7789", contact, scheme: "sips", expiresAt });
	rig.store.apply("7789", [one], rig.store.bindings("7789", rig.now));
	const found = (uri: string, at = rig.now) => bindingOf(parseUri(uri), directory, at)?.contact;
	assert.equal(found("sip:7789@172.21.83.24:5061;transport=tcp"), contact);
	assert.equal(found("SIPS:7789@172.21.83.24:5061"), contact);
	assert.equal(found("sips:7789@172.21.83.24:5062"), undefined);
	const named = binding({ device: "7789", contact: "sip:7789@Phone.Example.Org;ob", expiresAt });
	rig.store.apply("7789", [named], []);
	assert.equal(found("sips:7789@phone.example.org"), named.contact);
	assert.equal(found("sips:7790@172.21.83.24:5061"), undefined);
	assert.equal(found(contact, expiresAt), undefined, "expired");
});
