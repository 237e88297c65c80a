/** Calls between a sips and a sip device from the first INVITE to the BYE: RFC 5630, RFC 3262, RFC 3311. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	assertNothingLeft,
	assertScheme,
	assertSchemes,
	schemeOf,
} from "../../support/crossing.ts";
import { secureBed } from "../../support/secure-bed.ts";
import type { VirtualPhone } from "../../support/virtual-phone.ts";
import { wholeCall } from "./whole-call.ts";

const bed = await secureBed();

/** Of everything a phone got: the values of a header without what differs from leg to leg. */
function seen(phone: VirtualPhone, name: string): string[] {
	return [...new Set(phone.received.flatMap((message) => message.values(name)))].sort();
}

const tagsOf = (values: readonly string[]) =>
	[...new Set(values.flatMap((value) => /;tag=([^;]*)/.exec(value)?.[1] ?? []))].sort();

/** What a peer must see that compares whole URIs: one value of each identity, and one without its tag. */
function assertConstant(phone: VirtualPhone, others: string): void {
	const own = phone.name;
	for (const message of phone.received) {
		const [from, to] = [message.value("From"), message.value("To")];
		for (const value of [from, to]) {
			const name = value.includes(`:${own}@`) ? own : others;
			assert.match(
				value,
				new RegExp(`^<${schemeOf(phone)}:${name}@[\\d.]+(:\\d+)?>(;tag=${name})?$`),
			);
		}
	}
	const identities = [...seen(phone, "From"), ...seen(phone, "To")];
	const bare = new Set(identities.map((value) => value.replace(/;tag=.*/, "")));
	assert.equal(bare.size, 2, [...bare].join(" "));
}

test("RFC 3262 §4, secure-signaling G7a E3 E12 5.9-3 5.9-4 5.9-6: a whole call of a sips phone with a sip phone", () => {
	const { rig, d3, d2 } = bed.open();
	wholeCall(d3, d2, "5000");
	assertSchemes(d3, d2);
	assert.deepEqual(seen(d3, "Call-ID"), seen(d2, "Call-ID"));
	for (const phone of [d3, d2])
		assert.deepEqual(tagsOf([...seen(phone, "From"), ...seen(phone, "To")]), ["5000", "5001"]);
	assertConstant(d3, "5000");
	assertConstant(d2, "5001");
	assertNothingLeft(rig);
});

test("RFC 3311 §5.1, secure-signaling G7b E2 E12 5.9-3 5.9-4 5.9-6: a whole call of a sip phone with a sips phone", () => {
	const { rig, d3, d2 } = bed.open();
	wholeCall(d2, d3, "5001");
	assertSchemes(d3, d2);
	assert.deepEqual(seen(d3, "Call-ID"), seen(d2, "Call-ID"));
	assertConstant(d3, "5000");
	assertConstant(d2, "5001");
	assertNothingLeft(rig);
});

test("secure-signaling E11: a whole call of a sips phone with a media server: sip over TLS", () => {
	const { rig, d3, media } = bed.open();
	wholeCall(d3, media, "media");
	assertSchemes(d3, media);
	for (const { vias, method } of media.received)
		if (method !== undefined) assert.match(vias[0] ?? "", /^SIP\/2\.0\/TLS 172\.21\.83\.50:5314;/);
	assertNothingLeft(rig);
});

test("RFC 3261 §12.1.1, secure-signaling E7: whatever a strict sips caller is sent has sips in Contact and on top of its Record-Route", () => {
	for (const callee of ["d2", "media"] as const) {
		const { d3, [callee]: other } = bed.open();
		wholeCall(d3, other, other.name);
		const targets = d3.received.filter(
			({ status = 0, cseqMethod }) =>
				status > 100 && status < 300 && ["INVITE", "UPDATE"].includes(cseqMethod),
		);
		assert.ok(targets.length >= 3);
		for (const message of targets) {
			assert.match(message.value("Contact"), /^<sips:/);
			if (message.recordRoutes.length > 0) assert.match(message.recordRoutes[0] ?? "", /^<sips:/);
		}
		assert.equal(targets.filter(({ recordRoutes }) => recordRoutes.length > 0).length, 2);
	}
});

test("secure-signaling E8: whatever a strict sip callee is sent has no sips in the four places, nor in Route", () => {
	for (const caller of ["d3", "d1"] as const) {
		const { d2, [caller]: other } = bed.open();
		wholeCall(other, d2, "5000");
		for (const message of d2.received) {
			assertScheme(message, "sip");
			assert.deepEqual(message.values("Route"), []);
		}
	}
});
