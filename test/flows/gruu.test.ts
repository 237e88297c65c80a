/** GRUUs: RFC 5627. Two phones share the number 7789, and each can be called alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { binding } from "../support/bindings.ts";
import { relay } from "../support/decisions.ts";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { RequestGiven, VirtualPhone } from "../support/virtual-phone.ts";

const bed = await testBed();
const HERE = "sip:172.21.83.50";
const AOR = "sip:7789@172.21.83.50";
const instance = (n: number) => `urn:uuid:00000000-0000-1000-8000-00000000000${n}`;
const gruu = (n: number) => `${AOR};gr=${instance(n)}`;

const caller = (rig: ExchangeRig) => rig.phone("6000", { host: "172.21.83.70" });

/** Registers the instance; its Contact is private. */
function register(phone: VirtualPhone, n: number, given: RequestGiven = {}, params = "") {
	const contact = `<sip:line${n}@192.168.0.${n}>;+sip.instance="<${instance(n)}>"${params}`;
	const headers = ["Supported: gruu, path", ...(given.headers ?? [])];
	phone.request("REGISTER", HERE, { from: AOR, to: AOR, contact, ...given, headers });
	return phone.take(200);
}

function two(rig: ExchangeRig) {
	const desk = rig.phone("desk", { host: "172.21.83.24" });
	const room = rig.phone("room", { host: "172.21.83.25", transport: "tcp" });
	const [shown = ""] = register(desk, 1).values("Contact");
	register(room, 2);
	return { desk, room, told: /;pub-gruu="([^"]+)"/.exec(shown)?.[1] };
}

/** What the caller is told in the end. */
function outcome(ann: VirtualPhone, uri: string): number | undefined {
	ann.unread.length = 0;
	ann.request("INVITE", uri);
	return ann.unread.find(({ status }) => status !== undefined && status >= 300)?.status;
}

test("RFC 5627 §6.1 RG-39: the GRUU that a phone was told rings that phone and no other, and is not sent on", () => {
	const rig = bed.rig();
	const { desk, room, told } = two(rig);
	assert.equal(told, gruu(1));
	const ann = caller(rig);
	ann.request("INVITE", told);
	assert.equal(desk.take("INVITE").uri, "sip:line1@192.168.0.1");
	assert.deepEqual(room.unread, []);
	ann.request("INVITE", gruu(2));
	assert.equal(room.take("INVITE").uri, "sip:line2@192.168.0.2");
	assert.deepEqual(desk.unread, []);
	ann.request("INVITE", AOR);
	assert.ok(desk.take("INVITE") && room.take("INVITE"), "the number itself rings both");
});

test("RFC 5627 §5.3 §6.1 RG-39: a GRUU whose phone is away is 480, and what was never one is 404", () => {
	const rig = bed.rig();
	const { room } = two(rig);
	const ann = caller(rig);
	room.disconnect();
	assert.equal(outcome(ann, gruu(2)), 480);
	assert.equal(outcome(ann, gruu(3)), 480, "nobody keeps which instances there were");
	assert.equal(outcome(ann, `${AOR};gr=7`), 404);
	assert.equal(outcome(ann, `${AOR};gr`), 404);
	assert.equal(outcome(ann, gruu(1).replace("7789", "1234")), 404);
	assert.equal(outcome(ann, `${AOR};x=1`), undefined);
});

test("RFC 5627 §6.1 RG-39: of several Contacts of one instance the newest is called, and the next only when it is not reached", () => {
	const rig = bed.rig();
	const old = rig.phone("old", { host: "172.21.83.24" });
	const newer = rig.phone("new", { host: "172.21.83.25" });
	register(old, 1);
	const contact = `<sip:again@192.168.0.9>;+sip.instance="<${instance(1)}>"`;
	register(newer, 1, { contact });
	const ann = caller(rig);
	ann.request("INVITE", gruu(1));
	const came = newer.take("INVITE");
	assert.equal(came.uri, "sip:again@192.168.0.9");
	assert.deepEqual(old.unread, []);
	newer.answer(came, "430 Flow Failed");
	const next = old.take("INVITE");
	old.answer(next, "486 Busy Here");
	assert.equal(ann.take(486).status, 486);
});

test("RFC 5627 §6.1 RG-39: a device that a script calls in place of a GRUU is called wherever it is", () => {
	const rig = bed.rig({ routes: () => relay("7790") });
	const phone = rig.phone("7790", { host: "172.21.83.26" });
	const given = { device: "7790", flow: phone.flow, expiresAt: rig.now + 60_000 };
	rig.store.apply("7790", [binding(given)], []);
	caller(rig).request("INVITE", gruu(1));
	assert.ok(phone.take("INVITE"));
});

test("RFC 5627 §6.1 RG-39: phones that register while a GRUU rings join only if they are its instance", () => {
	const late = { order: "q", timeout: undefined, recurse: false, late: true } as const;
	const rig = bed.rig({
		routes: (_, text) =>
			text.startsWith("REGISTER")
				? { kind: "save", contacts: undefined }
				: { ...relay("7789"), fork: late },
	});
	const { desk, room } = two(rig);
	caller(rig).request("INVITE", gruu(1));
	desk.take("INVITE");
	const away = rig.phone("away", { host: "172.21.83.27" });
	register(away, 3);
	assert.deepEqual([...away.unread, ...room.unread], []);
});

/** A call of the phone, whose Contact is its GRUU, that 5000 has taken. */
function call(rig: ExchangeRig, phone: VirtualPhone) {
	const callee = rig.phone("5000", { host: "172.21.83.60" });
	phone.request("INVITE", "sip:5000@172.21.83.50", { contact: `<${gruu(2)}>`, from: AOR });
	const invite = callee.take("INVITE");
	callee.answer(invite, "200 OK");
	phone.caller(phone.take(200)).send("ACK");
	callee.take("ACK");
	return callee.callee(invite);
}

test("RFC 5627 §6.1 RG-39 PX-17: in a dialog a GRUU reaches its phone along the flow that it called on, at its Contact", () => {
	const rig = bed.rig();
	const { room, desk } = two(rig);
	const dialog = call(rig, room);
	assert.equal(dialog.target, gruu(2), "it crossed as it was");
	dialog.send("BYE");
	assert.equal(room.take("BYE").uri, "sip:line2@192.168.0.2");
	assert.deepEqual(desk.unread, []);
});

test("RFC 5627 §6.1 RG-39 PX-17: when its flow has gone, it is where the instance has registered since", () => {
	const rig = bed.rig();
	const { room } = two(rig);
	const dialog = call(rig, room);
	room.disconnect();
	dialog.send("UPDATE");
	const callee = rig.phones.find(({ name }) => name === "5000");
	assert.equal(callee?.take(480).status, 480, "nobody of the instance is there");
	const moved = rig.phone("moved", { host: "172.21.83.28" });
	register(moved, 2);
	dialog.send("BYE");
	assert.equal(moved.take("BYE").uri, "sip:line2@192.168.0.2");
});

test("RFC 5627 §6.1 RG-39 PX-17: a phone that is called along its Path is reached so in a dialog, too", () => {
	const rig = bed.rig();
	const edge = rig.phone("edge", { host: "10.0.0.5" });
	const { room } = two(rig);
	const dialog = call(rig, room);
	room.disconnect();
	register(edge, 2, { headers: ["Path: <sip:10.0.0.5;lr>"] });
	dialog.send("BYE");
	const came = edge.take("BYE");
	assert.equal(came.uri, "sip:line2@192.168.0.2");
	assert.deepEqual(came.values("Route"), ["<sip:10.0.0.5;lr>"]);
});

test("RFC 5627 §6.1 RG-39 PX-17: behind an edge proxy that is in the dialog the Path is not added again", () => {
	const rig = bed.rig();
	const edge = rig.phone("edge", { host: "10.0.0.5" });
	register(edge, 2, { headers: ["Path: <sip:10.0.0.5;lr>"] });
	const callee = rig.phone("5000", { host: "172.21.83.60" });
	edge.request("INVITE", "sip:5000@172.21.83.50", {
		contact: `<${gruu(2)}>`,
		from: AOR,
		headers: ["Record-Route: <sip:10.0.0.5;lr;theirs>"],
	});
	const invite = callee.take("INVITE");
	callee.answer(invite, "200 OK");
	callee.callee(invite).send("BYE");
	const came = edge.take("BYE");
	assert.equal(came.uri, "sip:line2@192.168.0.2");
	assert.deepEqual(came.values("Route"), ["<sip:10.0.0.5;lr;theirs>"]);
});
