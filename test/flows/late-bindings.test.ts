import assert from "node:assert/strict";
import { test } from "node:test";
import { binding } from "../support/bindings.ts";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const config = await rigConfig();

/** Ann calls 7789, which rings at its desk; it has a mobile too, that is not registered yet. */
function calling(late: boolean, uri = "sip:7789@example.com", headers: readonly string[] = []) {
	const fork = { order: "q", timeout: undefined, recurse: false, late } as const;
	const rig = new ExchangeRig({
		config,
		routes: (_context, text) =>
			text.startsWith("REGISTER")
				? { kind: "save", contacts: undefined }
				: { ...relay("7789"), fork },
	});
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const desk = rig.phone("7789", { host: "10.0.0.1" });
	const mobile = rig.phone("7789", { host: "10.0.0.2" });
	register(desk);
	const invite = ann.request("INVITE", uri, { headers });
	const came = desk.take("INVITE");
	desk.answer(came, "180 Ringing");
	return { rig, ann, desk, mobile, came, invite };
}

function register(phone: VirtualPhone): void {
	phone.request("REGISTER", "sip:example.com", { to: "sip:7789@example.com" });
	assert.equal(phone.take(200, "REGISTER").status, 200);
}

const invites = ({ received }: VirtualPhone) =>
	received.filter(({ method }) => method === "INVITE");

test("RFC 3261 §16.5 PX-24: where a script wants it, a place that registers while the call rings is called too", () => {
	const { rig, ann, desk, mobile, came } = calling(true);
	register(mobile);
	const second = mobile.take("INVITE");
	assert.equal(second.uri, "sip:7789@10.0.0.2:5060");
	const shares = [came, second].map((one) => Number(one.value("Max-Breadth")));
	assert.ok(shares.every((share) => share > 0) && (shares[0] ?? 0) + (shares[1] ?? 0) <= 60);
	mobile.answer(second, "200 OK");
	assert.equal(ann.take(200).status, 200);
	desk.answer(desk.take("CANCEL"), "200 OK");
	desk.answer(came, "487 Request Terminated");
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 3261 §16.5 PX-24: without it nobody else is called, nor is a place that registers again", () => {
	const off = calling(false);
	register(off.mobile);
	assert.deepEqual(invites(off.mobile), []);
	const again = calling(true);
	register(again.desk);
	assert.equal(invites(again.desk).length, 1);
});

test("RFC 3261 §16.5 PX-24: not after a final response, nor after the CANCEL, nor for a Request-URI that is not ours", () => {
	const answered = calling(true);
	answered.desk.answer(answered.came, "200 OK");
	register(answered.mobile);
	const cancelled = calling(true);
	cancelled.ann.cancel(cancelled.invite);
	register(cancelled.mobile);
	const refused = calling(true);
	refused.desk.answer(refused.came, "603 Decline");
	register(refused.mobile);
	const foreign = calling(true, "sip:7789@other.example.org");
	register(foreign.mobile);
	for (const { mobile } of [answered, cancelled, refused, foreign])
		assert.deepEqual(invites(mobile), []);
});

test("RFC 5393 §5.3.3 PX-24 PX-81: one that Max-Breadth has no room for waits until a leg has ended", () => {
	const { ann, desk, mobile, came } = calling(true, "sip:7789@example.com", ["Max-Breadth: 1"]);
	register(mobile);
	assert.deepEqual(invites(mobile), []);
	desk.answer(came, "486 Busy Here");
	mobile.answer(mobile.take("INVITE"), "200 OK");
	assert.equal(ann.take(200).status, 200);
});

test("RFC 3261 §16.5 PX-24: so is one that registers at another node, along the Path that leads there", () => {
	const { rig } = calling(true);
	const node = rig.phone("node", { host: "10.0.0.6" });
	const path = ["<sip:token@10.0.0.6:5060;lr;ob>"];
	const shown = binding({
		...{ device: "7789", contact: "sip:7789@192.168.77.7:5060", path, node: "b" },
		expiresAt: rig.now + 3_600_000,
	});
	rig.store.apply("7789", [shown], []);
	rig.exchange.proxy.bindingsChanged("7789", rig.now);
	rig.wait(0);
	assert.deepEqual(node.take("INVITE").values("Route"), path);
	rig.exchange.proxy.bindingsChanged("7789", rig.now);
	rig.exchange.proxy.bindingsChanged("nobody", rig.now);
	rig.wait(0);
	assert.equal(invites(node).length, 1, "once");
});

test("RFC 3261 §16.5 PX-24: of a stranger's call that nobody could be called for nothing is left", async () => {
	const rig = new ExchangeRig({
		config: await rigConfig(
			`${YAML}\n  "7700": { type: Extension, contact: "*", oos-check: 30 }\n`,
		),
		routes: (_context, text) =>
			text.startsWith("REGISTER")
				? { kind: "save", contacts: undefined }
				: {
						...relay("7700"),
						fork: { order: "q", timeout: undefined, recurse: false, late: true },
					},
	});
	const desk = rig.phone("7700", { host: "10.0.0.1" });
	desk.request("REGISTER", "sip:example.com", { to: "sip:7700@example.com" });
	for (
		let tries = 0;
		tries < 40_000 && desk.unread.every((one) => one.method !== "OPTIONS");
		tries += 10
	)
		rig.wait(10);
	desk.answer(desk.take("OPTIONS"), "503 Service Unavailable");
	const stranger = rig.phone("eve", { host: "203.0.113.9" });
	stranger.request("INVITE", "sip:7700@example.com");
	assert.equal(stranger.take(480).status, 480);
	assert.equal(invites(desk).length, 0);
	assert.equal(rig.exchange.proxy.late.size, 0);
});
