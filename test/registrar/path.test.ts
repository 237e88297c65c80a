import assert from "node:assert/strict";
import { test } from "node:test";
import { tlsFlow } from "../support/bindings.ts";
import { answer, headers, Registration } from "./phone.ts";

const CONTACT = "Contact: <sip:1001@192.0.2.10:5060>";
const SUPPORTED = "Supported: 100rel, Path";

test("RFC 3327 §5.3 RG-22: the Path is kept with the binding in its order, and comes back so", () => {
	const phone = new Registration();
	const lines = [
		'Path: "P3" <sip:p3.example.com;lr>;x=1,  <sip:t@p2.example.com;lr>',
		"Path: <sip:p1.example.com;lr;ob>",
	];
	const path = [
		'"P3" <sip:p3.example.com;lr>;x=1',
		"<sip:t@p2.example.com;lr>",
		"<sip:p1.example.com;lr;ob>",
	];
	assert.deepEqual(headers(phone.send([CONTACT, SUPPORTED, ...lines]), "Path"), path);
	assert.deepEqual(phone.bindings[0]?.path, path);
});

test("RFC 3327 §5.3 RG-22: a refresh replaces the Path, and a response has that of its own request only", () => {
	const phone = new Registration();
	phone.send([CONTACT, SUPPORTED, "Path: <sip:p1.example.com;lr>"]);
	const second = phone.send([CONTACT, SUPPORTED, "Path: <sip:p2.example.com;lr>"]);
	assert.deepEqual(headers(second, "Path"), ["<sip:p2.example.com;lr>"]);
	assert.deepEqual(phone.bindings[0]?.path, ["<sip:p2.example.com;lr>"]);
	assert.deepEqual(headers(phone.send([]), "Path"), []);
	assert.deepEqual(headers(phone.send([CONTACT]), "Path"), []);
	assert.deepEqual(phone.bindings[0]?.path, []);
});

test("RFC 3327 §5.3, RFC 5626 §4.2.1 RG-23: from a phone that does not know of Path it is 420, or taken where configured", () => {
	const lines = [CONTACT, "Path: <sip:p1.example.com;lr>", "Supported: gruu"];
	const phone = new Registration();
	const refused = phone.send(lines);
	assert.equal(answer(refused), "420 Path Without Supported: path");
	assert.deepEqual(headers(refused, "Unsupported"), ["path"]);
	assert.deepEqual(phone.bindings, []);

	const outbound = new Registration();
	const implied = ["Supported: outbound", "Path: <sip:p1;lr;ob>"];
	assert.equal(answer(outbound.send([CONTACT, ...implied])), "200", "RFC 5626 §4.2.1");

	const lenient = new Registration({ path: "any" });
	assert.equal(answer(lenient.send(lines)), "200");
	assert.deepEqual(lenient.bindings[0]?.path, ["<sip:p1.example.com;lr>"]);
});

test("RFC 3327 §7 RG-23: nobody but proxies that are trusted says which way a phone is called", () => {
	for (const path of ["supported", "any"] as const) {
		const phone = new Registration({ path });
		const lines = [CONTACT, SUPPORTED, "Path: <sip:elsewhere.example.net;lr>"];
		const result = phone.send(lines, { pathTrusted: false });
		assert.equal(answer(result), "403 Path From a Source That Is Not Trusted");
		assert.deepEqual(phone.bindings, []);
		assert.equal(answer(phone.send([CONTACT], { pathTrusted: false })), "200");
	}
});

test("RFC 3327 §5.4: a binding with a Path does not rest on the connection of the proxy that brought it", () => {
	const phone = new Registration();
	phone.send([CONTACT, SUPPORTED, "Path: <sip:p1.example.com;lr>"], { flow: tlsFlow(7) });
	assert.equal(phone.bindings[0]?.flow.connection, 0);
	assert.equal(phone.store.restsOn(7), false);
	phone.send([CONTACT, SUPPORTED], { flow: tlsFlow(7) });
	assert.equal(phone.store.restsOn(7), true);
});

test("RFC 3261 §8.2.2.3 RG-02: path and outbound may be required, and what else is required is named alone", () => {
	const phone = new Registration();
	assert.equal(answer(phone.send([CONTACT, "Require: Path, outbound"])), "200");
	const refused = phone.send([CONTACT, "Require: path, magic"]);
	assert.equal(answer(refused), "420 Bad Extension");
	assert.deepEqual(headers(refused, "Unsupported"), ["magic"]);
});
