/** A phone with several flows is one phone: RFC 5626 §7. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forking } from "../../core/proxy/decision.ts";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { scriptedRig } from "../support/scripted-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { PhonePlace, VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const bed = await testBed();
const AOR = "sip:7789@172.21.83.50";
const CONTACT = "<sip:7789@192.168.77.7>";
const Q: Forking = { order: "q", timeout: undefined, recurse: false };

/** Ann calls 7789: each flow of an instance is a phone of its own here. */
function scene(forking: Partial<Forking> = {}, chosen = relay("7789")) {
	const fork = { ...Q, ...forking };
	const rig = bed.rig({
		routes: (_context, text) =>
			text.startsWith("REGISTER") ? { kind: "save", contacts: undefined } : { ...chosen, fork },
	});
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	return { rig, ann, flow: flows(rig), call: () => ann.request("INVITE", AOR) };
}

function flows(rig: ExchangeRig) {
	let host = 10;
	return (instance: string, regId = 1, place: Partial<PhonePlace> = {}): VirtualPhone => {
		host += 1;
		return rig.phone(`${instance}-${regId}`, {
			host: `198.51.100.${host}`,
			contact: `${CONTACT};reg-id=${regId};+sip.instance="<urn:uuid:${instance}>"`,
			...place,
		});
	};
}

function register(...phones: readonly VirtualPhone[]): void {
	for (const phone of phones) {
		const headers = ["Supported: path, outbound"];
		phone.request("REGISTER", "sip:172.21.83.50", { from: AOR, to: AOR, headers });
		assert.equal(phone.take(200, "REGISTER").status, 200);
	}
}

const called = (...phones: readonly VirtualPhone[]) =>
	phones.map(({ received }) => received.filter(({ method }) => method === "INVITE").length);

function finals({ received }: VirtualPhone): readonly (number | undefined)[] {
	return received.map(({ status }) => status).filter((status) => (status ?? 0) >= 200);
}

test("RFC 5626 §7 PX-113: of two flows of an instance the newest is called, and nothing else as long as it has not failed", () => {
	const { rig, flow, call } = scene();
	const [first, second] = [flow("a", 1), flow("a", 2)];
	register(first, second);
	call();
	assert.deepEqual(called(first, second), [0, 1]);
	second.answer(second.take("INVITE"), "180 Ringing");
	rig.wait(60_000);
	assert.deepEqual(called(first, second), [0, 1]);

	const again = scene();
	const [one, two] = [again.flow("a", 1), again.flow("a", 2)];
	register(one, two, one);
	again.call();
	assert.deepEqual(called(one, two), [1, 0], "refreshed last");
});

test("RFC 5626 §7 PX-113: after 430 and 408 the next flow is called; after any other answer none is", () => {
	for (const [status, next] of [
		["430 Flow Failed", 1],
		["408 Request Timeout", 1],
		["486 Busy Here", 0],
		["404 Not Found", 0],
		["500 Server Internal Error", 0],
		["503 Service Unavailable", 0],
		["603 Decline", 0],
	] as const) {
		for (const order of ["q", "parallel", "serial", "failover"] as const) {
			const { flow, call } = scene({ order });
			const [first, second] = [flow("a", 1), flow("a", 2)];
			register(first, second);
			call();
			second.answer(second.take("INVITE"), status);
			assert.deepEqual(called(first, second), [next, 1], `${status} ${order}`);
		}
	}
});

test("RFC 5626 §7 PX-113: a flow that is dead is passed over: a broken one at once, a silent one after Timer B", () => {
	const { rig, ann, flow, call } = scene();
	const [first, second, third] = [flow("a", 1), flow("a", 2), flow("a", 3, { transport: "tcp" })];
	register(first, second, third);
	third.reachable = false;
	call();
	assert.deepEqual(called(first, second), [0, 1]);
	rig.wait(32_000);
	first.answer(first.take("INVITE"), "200 OK");
	assert.equal(ann.take(200).status, 200);
	assert.equal(rig.questions.length, 0);
});

test("RFC 5626 §7 §11.5 PX-113 PX-116: when all flows have failed the caller gets 480, once", () => {
	const { ann, flow, call } = scene();
	const [first, second] = [flow("a", 1), flow("a", 2)];
	register(first, second);
	call();
	second.answer(second.take("INVITE"), "430 Flow Failed");
	first.answer(first.take("INVITE"), "430 Flow Failed");
	assert.deepEqual(finals(ann), [480]);
	assert.deepEqual(called(first, second), [1, 1]);
});

test("RFC 5626 §7 PX-113: two instances and a phone without one ring together, each along one flow, and fail on their own", () => {
	const { ann, flow, call } = scene();
	const desk = [flow("a", 1), flow("a", 2)] as const;
	const mobile = [flow("b", 1), flow("b", 2)] as const;
	const plain = flow("c", 1, { contact: "<sip:7789@198.51.100.99>" });
	register(...desk, ...mobile, plain);
	call();
	assert.deepEqual(called(...desk, ...mobile, plain), [0, 1, 0, 1, 1]);
	desk[1].answer(desk[1].take("INVITE"), "430 Flow Failed");
	mobile[1].answer(mobile[1].take("INVITE"), "486 Busy Here");
	assert.deepEqual(called(...desk, ...mobile, plain), [1, 1, 0, 1, 1]);
	plain.answer(plain.take("INVITE"), "200 OK");
	assert.deepEqual(finals(ann), [200]);
});

test("RFC 5626 §7 PX-113: an instance is called once, whatever the choices of a script, its Contacts and their q", () => {
	const device = { kind: "device", name: "7789", number: undefined } as const;
	const { flow, call } = scene({}, { ...relay(), targets: [device, device] });
	const low = flow("a", 1, { contact: withQ("a", 1, 0.2) });
	const high = flow("a", 2, { contact: withQ("a", 2, 0.9) });
	register(high, low);
	call();
	assert.deepEqual(called(low, high), [0, 1], "the one it wants most");
	const plain = scene();
	const contacts = [5060, 5062].map((port) =>
		plain.flow("a", port, {
			contact: `<sip:7789@192.168.77.7:${port}>;+sip.instance="<urn:uuid:a>"`,
		}),
	);
	register(...contacts);
	plain.call();
	assert.deepEqual(called(...contacts), [0, 1], "without reg-id, too");
});

function withQ(instance: string, regId: number, q: number): string {
	return `${CONTACT};q=${q};reg-id=${regId};+sip.instance="<urn:uuid:${instance}>"`;
}

test("RFC 5626 §7 PX-113: a flow that is registered while its instance rings is not called, one after the others have failed is", () => {
	const { rig, ann, flow, call } = scene({ late: true });
	const [first, second, third] = [flow("a", 1), flow("a", 2), flow("a", 3)];
	const desk = flow("b");
	register(desk, first);
	call();
	register(second);
	assert.deepEqual(called(desk, first, second), [1, 1, 0]);
	first.answer(first.take("INVITE"), "430 Flow Failed");
	register(third);
	assert.deepEqual(called(desk, first, second, third), [1, 1, 0, 1]);
	third.answer(third.take("INVITE"), "486 Busy Here");
	register(second);
	assert.deepEqual(called(desk, first, second, third), [1, 1, 0, 1], "it has answered");
	desk.answer(desk.take("INVITE"), "486 Busy Here");
	assert.deepEqual(finals(ann), [486]);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 5626 §7 PX-113: nor does a script that calls its device again after a failure reach an instance that has answered", async (t) => {
	for (const [status, next] of [
		["430 Flow Failed", 1],
		["486 Busy Here", 0],
	] as const) {
		const rig = await scriptedRig(t, bed.config, [
			"onRequest: (request) => request.method === 'REGISTER' ? save() : relay(device('7789'))",
			"onFailure: () => relay(device('7789'))",
		]);
		const [first, second] = [flows(rig)("a", 1), rig.phone("again", { host: "198.51.100.99" })];
		register(first);
		rig.phone("ann", { host: "172.21.83.70" }).request("INVITE", AOR);
		const came = first.take("INVITE");
		const contact = first.contact.replace("reg-id=1", "reg-id=2");
		second.request("REGISTER", "sip:172.21.83.50", { from: AOR, to: AOR, contact });
		first.answer(came, status);
		assert.deepEqual(called(first, second), [1, next], status);
	}
});

test("RFC 5626 §7 PX-113: through two edges: the one whose flow has failed says 430, and the call takes the other", () => {
	const { rig, ann, call } = scene();
	const edges = ["10.0.0.5", "10.0.0.6"].map((host, at) => {
		const contact = `${CONTACT};reg-id=${at + 1};+sip.instance="<urn:uuid:a>"`;
		return rig.phone(`edge${at}`, { host, contact });
	}) as [VirtualPhone, VirtualPhone];
	for (const edge of edges) registerThrough(edge);
	call();
	const asked = take(edges[1]);
	assert.deepEqual(asked.values("Route"), [pathOf(edges[1])]);
	edges[1].answer(asked, "430 Flow Failed");
	const next = take(edges[0]);
	assert.deepEqual(next.values("Route"), [pathOf(edges[0])]);
	edges[0].answer(next, "200 OK");
	assert.equal(ann.take(200).status, 200);
});

const pathOf = ({ host }: VirtualPhone) => `<sip:token@${host};lr;ob>`;
const take = (edge: VirtualPhone): WireMessage => edge.take("INVITE");

function registerThrough(edge: VirtualPhone): void {
	const headers = ["Supported: path, outbound", `Path: ${pathOf(edge)}`];
	const below = "Via: SIP/2.0/TCP 192.168.77.7:5060;branch=z9hG4bKfar";
	const text = edge.write("REGISTER", "sip:172.21.83.50", { from: AOR, to: AOR, headers });
	edge.send(text.replace("Max-Forwards:", `${below}\r\nMax-Forwards:`));
	assert.equal(edge.take(200, "REGISTER").status, 200);
}

test("RFC 5626 §5.3.1 §7: an edge that cannot be reached has lost its flows: the next is called, and in the end the caller hears 480", () => {
	const { rig, ann, call } = scene();
	const edges = ["10.0.0.5", "10.0.0.6"].map((host, at) => {
		const contact = `${CONTACT};reg-id=${at + 1};+sip.instance="<urn:uuid:a>"`;
		return rig.phone(`edge${at}`, { host, contact });
	}) as [VirtualPhone, VirtualPhone];
	for (const edge of edges) registerThrough(edge);
	edges[1].reachable = false;
	call();
	edges[0].answer(take(edges[0]), "486 Busy Here");
	edges[0].reachable = false;
	call();
	assert.deepEqual(finals(ann), [486, 480]);
});

test("RFC 5626 §7: a phone with outbound is called along its flow or not at all: its Contact is never resolved", () => {
	const { rig, ann, flow, call } = scene();
	const phone = flow("a", 1, { transport: "tcp" });
	register(phone);
	rig.restart();
	call();
	assert.deepEqual(finals(ann), [480]);
	assert.equal(rig.nowhere.length, 0);
	assert.equal(rig.questions.length, 0);
});
