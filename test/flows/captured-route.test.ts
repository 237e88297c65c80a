/** What somebody can do who has seen a Route of ours: as little as in the dialog it was made for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();

/** A call from 6000 to 5000 that was answered and has ended; its caller's Route and Call-ID. */
function endedCall(rig: ExchangeRig) {
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	const invite = bob.take("INVITE");
	bob.answer(invite, "200 OK");
	const ok = ann.take(200);
	const dialog = ann.caller(ok);
	dialog.send("ACK");
	dialog.send("BYE");
	bob.answer(bob.take("BYE"), "200 OK");
	rig.wait(64_000);
	return {
		bob,
		route: `Route: ${ok.recordRoutes[0]}`,
		callId: ok.value("Call-ID"),
		from: ok.value("From"),
	};
}

test("RFC 5626 §5.3.1 PX-16: a kept Route begins nothing new: without a tag in To it is refused", () => {
	const rig = bed.rig();
	const { bob, route, callId, from } = endedCall(rig);
	const before = bob.received.length;
	const eve = rig.phone("eve", { host: "198.51.100.7" });
	for (const method of ["INVITE", "MESSAGE", "REGISTER", "REFER", "OPTIONS"])
		eve.send(as(from, eve.write(method, "sip:900999@172.21.83.60", { headers: [route], callId })));
	assert.deepEqual(
		eve.received.map(({ status }) => status),
		[403, 403, 403, 403, 403],
	);
	assert.equal(bob.received.length, before);
});

test("secure signaling §3.4: where the flow of a dialog is gone, its Contact leads to the same host or nowhere", () => {
	const rig = bed.rig();
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const carl = rig.phone("7789", { host: "172.21.83.24", transport: "tls" });
	const victim = rig.phone("victim", { host: "203.0.113.9" });
	carl.request("REGISTER", "sip:172.21.83.50", { to: "sip:7789@172.21.83.50" });
	assert.equal(carl.take(200).status, 200);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	const invite = carl.take("INVITE");
	carl.answer(invite, "486 Busy Here");
	carl.disconnect();

	const eve = rig.phone("eve", { host: "198.51.100.7" });
	const text = eve.write("INVITE", "sip:19005551234@203.0.113.9", {
		headers: [`Route: ${invite.recordRoutes[0]}`],
		callId: invite.value("Call-ID"),
	});
	const tagged = text.replace(/\r\nTo: [^\r]*/, "$&;tag=made-up");
	eve.send(as(invite.value("From"), tagged));
	assert.deepEqual(victim.received, []);
	assert.deepEqual(rig.nowhere, []);
	assert.equal(eve.received.at(-1)?.status, 480);
});

/** The request with somebody else's From. */
function as(from: string, request: string): string {
	return request.replace(/\r\nFrom: [^\r]*/, `\r\nFrom: ${from}`);
}
