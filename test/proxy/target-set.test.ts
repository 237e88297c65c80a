import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision, TargetChoice } from "../../core/proxy/decision.ts";
import { inScheme, type Target, targetSet } from "../../core/proxy/target-set.ts";
import { binding, tlsFlow, UDP_FLOW } from "../support/bindings.ts";
import { bench, environment, type Parts, request } from "./fixtures.ts";

const { directory } = environment;
const { rig, environment: busy } = bench();

const device = (name: string, number?: string): TargetChoice => ({ kind: "device", name, number });
const uri = (text: string): TargetChoice => ({ kind: "uri", uri: text });

type Relay = Extract<Decision, { kind: "relay" }>;

function set(
	choices: readonly TargetChoice[],
	{ callee }: Partial<Pick<Relay, "callee">> = {},
	parts: Parts = {},
) {
	const found = targetSet(choices, request(parts), busy.directory, rig.now);
	if ("status" in found || callee === undefined) return found;
	return found.map((target) => inScheme(target, callee));
}

function targets(...args: Parameters<typeof set>): readonly Target[] {
	const found = set(...args);
	assert.ok(!("status" in found), JSON.stringify(found));
	return found;
}

const uris = (found: readonly Target[]) => found.map((target) => target.uri);

test("RFC 3261 §16.5 PX-19: a Request-URI that is not ours is the only target, as it came", () => {
	const parts = { uri: "sip:x@other.example.org:5070;transport=TCP;foo" };
	const [target, ...more] = targets([{ kind: "request-uri" }], {}, parts);
	assert.deepEqual(more, []);
	assert.deepEqual(target, {
		uri: parts.uri,
		scheme: "sip",
		flow: undefined,
		path: [],
		policy: directory.policy,
		device: undefined,
	});
	assert.equal(targets([{ kind: "request-uri" }], {}, { uri: "sips:x@h" })[0]?.scheme, "sips");
});

test("RFC 3261 §16.3 step 2 PX-02: a tel URI that no script has translated gets 416", () => {
	assert.deepEqual(set([{ kind: "request-uri" }], {}, { uri: "tel:+1-201-555-0123" }), {
		status: 416,
	});
});

test("RFC 3261 §16.5 PX-22: an unknown device gets 404, one without a binding 480", () => {
	assert.deepEqual(set([device("nobody")]), { status: 404 });
	assert.deepEqual(set([device("7789")]), { status: 480 });
	assert.deepEqual(set([device("5000"), device("nobody")]), { status: 404 });
	assert.equal(targets([device("7789"), device("5000")]).length, 1);
});

test("RFC 3261 §16.6 step 2 §19.1.1 PX-27: headers and the method of a target URI are left out", () => {
	assert.deepEqual(uris(targets([uri("sip:a@h;x=1?Subject=hi&Priority=urgent")])), ["sip:a@h;x=1"]);
	const method = "sip:a@h;ttl=1;Method=REGISTER;maddr=192.0.2.1?Subject=hi";
	assert.deepEqual(uris(targets([uri(method)])), ["sip:a@h;ttl=1;maddr=192.0.2.1"]);
	assert.deepEqual(uris(targets([uri("sip:a@h;method=BYE")])), ["sip:a@h"]);
});

test("RFC 3261 §16.5 PX-21: the same target stands in the set once", () => {
	const found = targets([uri("sip:a@h"), device("5000"), uri("sip:a@h"), device("5000")]);
	assert.deepEqual(uris(found), ["sip:a@h", "sip:5000@172.21.83.60:5060"]);
});

test("secure-signaling G2 G6 G16: each target has the scheme of its device; forceSips and forceSip override all", () => {
	const both = [device("5000"), device("5001")];
	const schemes = (callee: Relay["callee"]) =>
		targets(both, { callee }).map((target) => target.scheme);
	assert.deepEqual(schemes(undefined), ["sip", "sips"]);
	assert.deepEqual(schemes("sips"), ["sips", "sips"]);
	assert.deepEqual(schemes("sip"), ["sip", "sip"]);
});

test("secure-signaling G14: a contact without a number is dialled with the one that was dialled, a trunk's prefix replaced by the script", () => {
	const dialled = { uri: "sip:5002@172.21.83.50" };
	assert.deepEqual(uris(targets([device("5002")], {}, dialled)), [
		"sips:5002@192.168.8.58:5071;transport=tls",
	]);
	assert.deepEqual(uris(targets([device("5002", "%2B1")], {}, dialled)), [
		"sips:%2B1@192.168.8.58:5071;transport=tls",
	]);
	assert.deepEqual(uris(targets([device("gw")], {}, { uri: "sip:8123@172.21.83.50" })), [
		"sip:8123@gw.example.org",
	]);
});

test("RFC 5626 §5.3 RFC 3327 §5.4 PX-114: a binding is called at its Contact, along its flow, or along its Path", () => {
	const flow = { ...tlsFlow(9), listener: 0 };
	const contact = "sips:7789@172.21.83.24:5061";
	const path = ["<sip:p3;lr>", "<sip:p1;lr>"];
	const given = { device: "7789", expiresAt: rig.now + 9 };
	const behind = binding({ ...given, contact, scheme: "sips", flow, path });
	rig.store.apply("7789", [behind], []);
	const [first] = targets([device("7789")]);
	assert.deepEqual(first, {
		uri: contact,
		scheme: "sips",
		flow: undefined,
		alongFlow: undefined,
		path,
		policy: busy.directory.policy,
		device: "7789",
		q: 1000,
		instance: undefined,
	});
	rig.store.apply("7789", [], [behind]);

	const one = binding({ ...given, contact, scheme: "sips", flow });
	const two = binding({ ...given, flow: UDP_FLOW });
	rig.store.apply("7789", [one, two], []);
	assert.deepEqual(
		targets([device("7789")]).map((target) => target.flow),
		[flow, UDP_FLOW],
	);
	const forced = targets([device("7789")], { callee: "sips" });
	assert.deepEqual(
		forced.map((target) => [target.scheme, target.flow?.transport]),
		[
			["sips", "tls"],
			["sips", undefined],
		],
		"RFC 3261 §26.2.2 PX-93: sips never goes along a flow in clear",
	);
	const plain = targets([device("7789")], { callee: "sip" });
	assert.deepEqual(
		plain.map((target) => [target.scheme, target.flow?.transport]),
		[
			["sip", "tls"],
			["sip", "udp"],
		],
	);
	rig.store.apply("7789", [], [one, two]);
});

test("RFC 5626 §5.3: a stream of an earlier run is no way any more, but its Contact may be", () => {
	const flow = { ...tlsFlow(0), listener: 0 };
	const gone = binding({ device: "7789", flow, expiresAt: rig.now + 9 });
	rig.store.apply("7789", [gone], []);
	assert.equal(targets([device("7789")])[0]?.flow, undefined);
	rig.store.apply("7789", [], [gone]);
});

test("RFC 3261 §10.2.1 RG-34: a Contact that is no SIP URI is never called", () => {
	const mail = binding({
		device: "7789",
		contact: "mailto:ann@example.com",
		expiresAt: rig.now + 9,
	});
	rig.store.apply("7789", [mail], []);
	assert.deepEqual(set([device("7789")]), { status: 480 });
	rig.store.apply("7789", [], [mail]);
});
