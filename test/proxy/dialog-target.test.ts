import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import { dialogTarget } from "../../core/proxy/dialog-target.ts";
import { binding, tlsFlow } from "../support/bindings.ts";
import { bench, flow, forwarded, type Parts, request, routed } from "./fixtures.ts";

const { rig, environment } = bench();
const CALLEE = flow("tcp", "172.21.83.60");

/** A request inside the dialog, as the side sends it that has `from` in From. */
function inDialog(parts: Parts, place = environment) {
	const [entry = ""] = forwarded(request(), { transport: "tcp" }).recordRoutes;
	const lines = [`Route: ${entry}`, ...(parts.lines ?? [])];
	const received = request({ method: "BYE", cseq: 2, ...parts, lines });
	const route = routed(received, place);
	assert.ok(route.dialog);
	return { route, dialog: route.dialog };
}

const byCaller: Parts = { uri: "sip:7789@192.0.2.10:5060", to: "<sip:5000@h>;tag=b" };
const byCallee: Parts = {
	uri: "sip:6000@172.21.83.70:5060",
	from: "<sip:5000@h>;tag=b",
	to: "<sip:6000@172.21.83.70>;tag=a",
};

function target(parts: Parts, alive: (flow: Flow) => boolean, place = environment) {
	const { route, dialog } = inDialog(parts, place);
	return targetOf(route, dialog, place, alive);
}

function targetOf(...[route, dialog, place, alive]: Asked) {
	const found = dialogTarget(route, dialog, place, alive, rig.now);
	assert.ok("uri" in found, JSON.stringify(found));
	return found;
}

type Asked = Parameters<typeof dialogTarget> extends [...infer First, number] ? First : never;

test("RFC 5626 §5.3 PX-17 PX-107: a dialog's request goes along the flow in the cookie, its Request-URI unresolved", () => {
	const caller = target(byCallee, () => true);
	assert.equal(caller.uri, "sip:6000@172.21.83.70:5060");
	assert.equal(caller.flow?.host, "172.21.83.70");
	assert.equal(caller.flow?.transport, "udp");
	const callee = target(byCaller, () => true);
	assert.equal(callee.flow?.host, CALLEE.host);
	assert.equal(callee.flow?.transport, "tcp");
});

test("RFC 5626 §5.3: a flow that is gone is not used; the phone may have registered on another since", () => {
	assert.equal(target(byCaller, () => false).flow, undefined);
	const now = { ...tlsFlow(11), listener: 0 };
	const contact = "sip:7789@192.0.2.10:5060";
	const one = binding({ device: "7789", contact, flow: now, expiresAt: rig.now + 9 });
	rig.store.apply("7789", [one], []);
	const alive = (one: Flow) => one.connection === 11;
	assert.equal(target(byCaller, alive).flow, now);
	assert.equal(target(byCaller, () => false).flow, undefined, "that one is gone too");
	const lines = ["Route: <sip:p2.example.org;lr>"];
	assert.equal(target({ ...byCaller, lines }, alive).flow, undefined, "a proxy stands between");
});

test("RFC 5626 §5.2 PX-106: a connection of an earlier run is no flow any more, UDP still is one", () => {
	const later = { ...environment, signing: { ...environment.signing, boot: 1 } };
	const connected: Parts = { ...byCaller, uri: "sip:5000@172.21.83.60" };
	const [entry = ""] = forwarded(request(), { transport: "tcp", came: flow("tls") }).recordRoutes;
	const route = routed(
		request({ ...byCallee, method: "BYE", cseq: 2, lines: [`Route: ${entry}`] }),
		later,
	);
	assert.ok(route.dialog);
	assert.equal(route.dialog.cookie.callerFlow?.stale, true);
	assert.equal(targetOf(route, route.dialog, later, () => true).flow, undefined);
	assert.equal(target(byCallee, () => true, later).flow?.transport, "udp");
	assert.equal(target(connected, () => true, later).flow?.connection, 0, "to be connected anew");
});
