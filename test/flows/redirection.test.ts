import assert from "node:assert/strict";
import { test } from "node:test";
import { binding } from "../support/bindings.ts";
import { relay } from "../support/decisions.ts";
import { answer } from "../support/dialog.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();
const strict = {
	...config,
	secureSignaling: { ...config.secureSignaling, policy: "rfc5630" as const },
};
const OURS = "sip:group@example.com";
const A = "sip:a@10.0.0.1";
const B = "sip:b@10.0.0.2";
const C = "sip:c@10.0.0.3";

type Given = {
	readonly order?: "q" | "parallel" | "serial";
	readonly recurse?: boolean;
	readonly config?: typeof config;
	readonly callee?: "sip" | "sips";
};

/** Ann calls; a, b and c are at 10.0.0.1 to 10.0.0.3, tess at 10.0.0.4 over TLS. */
function calling(given: Given, ...targets: readonly string[]) {
	const { order = "q", recurse = true, callee } = given;
	const fork = { order, recurse, timeout: undefined };
	const rig = new ExchangeRig({
		config: given.config ?? config,
		routes: () => ({ ...relay(...targets), fork, callee }),
	});
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const [a, b, c] = ["a", "b", "c"].map((name, at) =>
		rig.phone(name, { host: `10.0.0.${at + 1}` }),
	);
	assert.ok(a && b && c);
	return { rig, ann, a, b, c };
}

const contacts = (...values: readonly string[]) => ({
	headers: values.map((value) => `Contact: ${value}`),
});

test("RFC 3261 §16.7 step 4 PX-52: a 302 is followed where the script asks for it, and does not reach the caller", () => {
	const { rig, ann, a, b } = calling({}, A);
	ann.request("INVITE", OURS);
	a.answer(a.take("INVITE"), "302 Moved", contacts(`<${B}>`));
	const came = b.take("INVITE");
	assert.equal(came.uri, B);
	assert.equal(came.value("Max-Breadth"), "60", "what the first leg had is free again");
	b.answer(came, "200 OK");
	assert.match(ann.take(200).value("To"), /tag=b$/);
	assert.ok(ann.received.every(({ status }) => status !== 302));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §16.7 step 4 PX-52: without recurse the caller gets the 302, all of it", () => {
	const { ann, a, b } = calling({ recurse: false }, A);
	ann.request("INVITE", OURS);
	a.answer(a.take("INVITE"), "302 Moved", contacts(`<${B}>`));
	assert.equal(ann.take(302).value("Contact"), `<${B}>`);
	assert.deepEqual(b.received, []);
});

test("RFC 3261 §16.5 PX-19 PX-52: a 302 for a Request-URI that is not ours goes to the caller", () => {
	const { ann, a, b } = calling({}, A);
	ann.request("INVITE", "sip:x@other.example.org");
	a.answer(a.take("INVITE"), "302 Moved", contacts(`<${B}>`));
	assert.equal(ann.take(302).value("Contact"), `<${B}>`);
	assert.deepEqual(b.received, []);
});

test("RFC 3261 §16.7 step 4 PX-52: what was called leaves the 3xx; the rest of it stays for the caller", () => {
	const { ann, a, b } = calling({}, A);
	ann.request("INVITE", OURS);
	const mixed = `"B" <${B}>, <tel:+12015550123>;q=0.1, <mailto:a@example.com>`;
	a.answer(a.take("INVITE"), "300 Multiple Choices", contacts(mixed));
	b.answer(b.take("INVITE"), "404 Not Found");
	const final = ann.take(300);
	assert.deepEqual(final.values("Contact"), ["<tel:+12015550123>;q=0.1, <mailto:a@example.com>"]);
	assert.match(final.value("To"), /tag=a$/);
});

test("RFC 3261 §18.3 PX-52: so it is with a 3xx over UDP that leaves Content-Length out", () => {
	const { ann, a, b } = calling({}, A);
	ann.request("INVITE", OURS);
	const moved = contacts(`<${B}>, <tel:+12015550123>`);
	const text = answer(a.take("INVITE"), "300 Multiple Choices", { tag: "a", ...moved });
	a.send(text.replace("Content-Length: 0\r\n", ""));
	b.answer(b.take("INVITE"), "404 Not Found");
	assert.equal(ann.take(300).value("Contact"), "<tel:+12015550123>");
});

test("RFC 3261 §16.7 step 4 PX-52: a 3xx with every Contact called is none of the responses to choose from", () => {
	const { rig, ann, a, b } = calling({}, A);
	const invite = ann.request("INVITE", OURS);
	a.answer(a.take("INVITE"), "302 Moved", contacts(`<${B}>`));
	b.answer(b.take("INVITE"), "486 Busy Here");
	ann.acknowledge(invite, ann.take(486));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.5 PX-21: no URI is called twice for one request: a redirects to b, b to a", () => {
	const { rig, ann, a, b } = calling({}, A);
	ann.request("INVITE", OURS);
	a.answer(a.take("INVITE"), "302 Moved", contacts(`<${B}>`));
	b.answer(b.take("INVITE"), "302 Moved", contacts("<sip:a@10.0.0.1;x=1>", "<SIP:%61@10.0.0.1>"));
	assert.equal(a.received.filter(({ method }) => method === "INVITE").length, 1);
	const final = ann.take(302);
	assert.deepEqual(final.values("Contact"), ["<sip:a@10.0.0.1;x=1>", "<SIP:%61@10.0.0.1>"]);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.5 PX-23 PX-52: the Contacts of a 3xx are called by their q, the first at once while others ring", () => {
	const { ann, a, b, c } = calling({ order: "q" }, A, B);
	const d = "sip:d@10.0.0.4";
	ann.request("INVITE", OURS);
	const toB = b.take("INVITE");
	b.answer(toB, "180 Ringing");
	a.answer(a.take("INVITE"), "302 Moved", contacts(`<${d}>;q=0.3`, `<${C}>;q=0.7`));
	c.answer(c.take("INVITE"), "486 Busy Here");
	assert.ok(ann.received.every(({ status = 0 }) => status < 200));
	b.answer(toB, "486 Busy Here");
	assert.equal(ann.take(486).status, 486, "d is nobody: a 503 loses");
});

test("RFC 3261 §16.6 PX-52: in a serial fork the Contacts come before the targets that were still to be called", () => {
	const { ann, a, b, c } = calling({ order: "serial" }, A, B);
	ann.request("INVITE", OURS);
	a.answer(a.take("INVITE"), "302 Moved", contacts(`<${C}>`));
	assert.deepEqual(b.received, []);
	c.answer(c.take("INVITE"), "404 Not Found");
	b.answer(b.take("INVITE"), "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("RFC 3261 §16.5 PX-52: a Contact that names a device of ours means its bindings; a trunk, or a number of nobody, is not followed", () => {
	const { rig, ann, a, b } = calling({}, A);
	const one = { device: "7789", contact: "sip:7789@10.0.0.2:5060", flow: b.flow };
	rig.store.apply("7789", [binding({ ...one, expiresAt: rig.now + 60_000, q: 200 })], []);
	ann.request("INVITE", OURS);
	const device = contacts("<sip:7789@example.com>", "<sip:gw@example.com>, <sip:812@172.21.83.50>");
	a.answer(a.take("INVITE"), "302 Moved", device);
	const came = b.take("INVITE");
	assert.equal(came.uri, "sip:7789@10.0.0.2:5060");
	b.answer(came, "486 Busy Here");
	assert.deepEqual(ann.take(302).values("Contact"), [
		"<sip:gw@example.com>, <sip:812@172.21.83.50>",
	]);
});

test("secure-signaling §3.6 SIPS-07 SIPS-08: between sip and sips only a device of ours is followed", () => {
	const { rig, ann, a, b } = calling({}, A);
	const tess = rig.phone("tess", { host: "192.168.8.57", transport: "tls" });
	ann.request("INVITE", OURS);
	const to = contacts("<sips:5001@example.com>", "<sips:b@10.0.0.2>");
	a.answer(a.take("INVITE"), "302 Moved", to);
	const came = tess.take("INVITE");
	assert.match(came.uri, /^sips:5001@192\.168\.8\.57/);
	tess.answer(came, "486 Busy Here");
	assert.equal(ann.take(302).value("Contact"), "<sips:b@10.0.0.2>");
	assert.deepEqual(b.received, []);
});

test("RFC 5630 §5.3 SIPS-07 SIPS-08: with policy rfc5630 nobody is followed from sip to sips", () => {
	const { rig, ann, a, b } = calling({ config: strict }, A);
	const tess = rig.phone("tess", { host: "192.168.8.57", transport: "tls" });
	ann.request("INVITE", OURS);
	a.answer(a.take("INVITE"), "302 Moved", contacts("<sips:5001@example.com>", `<${B}>`));
	b.answer(b.take("INVITE"), "486 Busy Here");
	assert.equal(ann.take(302).value("Contact"), "<sips:5001@example.com>");
	assert.deepEqual(tess.received, []);
});

test("RFC 3261 §16.5 PX-52: whoever is called adds 16 targets to a request at most, and Contacts that cannot be read add none", () => {
	const { rig, ann, a } = calling({ order: "parallel" }, A);
	ann.request("INVITE", OURS);
	const many = Array.from({ length: 40 }, (_, at) => `<sip:x@10.1.0.${at}>`);
	a.answer(a.take("INVITE"), "302 Moved", contacts("<sip:@>", "*", ...many));
	assert.equal(rig.nowhere.length, 16);
	assert.deepEqual(
		ann.take(302).values("Contact"),
		["<sip:@>", "*", ...many.slice(16)],
		"what was not called is the caller's to try",
	);
	const again = calling({}, A);
	again.ann.request("INVITE", OURS);
	again.a.answer(again.a.take("INVITE"), "302 Moved", contacts('"open <sip:b@10.0.0.2>'));
	assert.equal(again.ann.take(302).value("Contact"), '"open <sip:b@10.0.0.2>');
});

test("RFC 3261 §16.10 PX-69: a 3xx that crosses the CANCEL of the caller is not followed", () => {
	const { ann, a, b } = calling({}, A);
	const invite = ann.request("INVITE", OURS);
	const came = a.take("INVITE");
	a.answer(came, "180 Ringing");
	ann.cancel(invite);
	a.answer(came, "302 Moved", contacts(`<${B}>`));
	assert.equal(ann.take(302).value("Contact"), `<${B}>`);
	assert.deepEqual(b.received, []);
});

test("RFC 3261 §16.7 step 4 PX-66: nothing here is ever sent to a tel URI, so a 416 is a failure like any other", () => {
	const { ann, a } = calling({}, A);
	ann.request("INVITE", OURS);
	a.answer(a.take("INVITE"), "302 Moved", contacts("<tel:+12015550123>"));
	assert.equal(ann.take(302).value("Contact"), "<tel:+12015550123>");

	const again = calling({ order: "serial" }, A, B);
	again.ann.request("INVITE", OURS);
	again.a.answer(again.a.take("INVITE"), "416 Unsupported URI Scheme");
	again.b.answer(again.b.take("INVITE"), "486 Busy Here");
	assert.equal(again.ann.take(416).status, 416);
	assert.equal(again.a.received.filter(({ method }) => method === "INVITE").length, 1);
});
