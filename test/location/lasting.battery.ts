/** What every location store promises that outlives the process: run by the tests of each of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Binding } from "../../core/base/binding.ts";
import type { Milliseconds } from "../../core/base/clock.ts";
import type { LocationStore } from "../../core/location/store.ts";
import { binding, tlsFlow, UDP_FLOW } from "../support/bindings.ts";

/** One place to keep bindings in: what is opened later has what was there when the one before was closed. */
export type Place = {
	open(now: Milliseconds): LocationStore | Promise<LocationStore>;
};

/** `place` gives an empty one each time. */
export function lastingStoreBattery(name: string, place: () => Place | Promise<Place>): void {
	describe(name, () => {
		for (const [title, promise] of Object.entries(PROMISES))
			test(title, async () => promise(await place()));
	});
}

const PROMISES: Record<string, (place: Place) => Promise<void>> = {
	"RFC 3261 §10.3 RG-21: bindings survive a restart, with every field and their absolute expiry":
		async (place) => {
			const full = binding({
				contact: "sips:1001@192.0.2.10",
				echoed: "sips:1001@192.0.2.10;transport=tcp",
				display: '"Ann \xe9\x80"',
				params: ';q=0.5;+sip.instance="<urn:uuid:1>"',
				scheme: "sips",
				flow: { ...UDP_FLOW, serverName: "h.example" },
				q: 500,
				instance: "urn:uuid:1",
				regId: 1,
				path: ["<sip:a;lr>", '"x, y" <sip:b;lr>'],
				userAgent: "Phone/1.0",
				expiresAt: 1_700_000_000_123,
			});
			assert.deepEqual(await restarted(place, [full, binding()]), [full, binding()]);
		},

	"RFC 3261 §10.3 RG-21: what expired while the process was down stays away": async (place) => {
		const brief = binding({ contact: "sip:a@h", expiresAt: 5_000 });
		const long = binding({ contact: "sip:b@h", expiresAt: 5_001 });
		assert.deepEqual(await restarted(place, [brief, long], 5_000), [long]);
	},

	"RFC 5626 §6: after a restart a UDP flow is as it was, a stream connection is 0": async (
		place,
	) => {
		const [udp, tls] = [binding(), binding({ device: "1002", flow: tlsFlow(77) })];
		assert.deepEqual(await restarted(place, [udp, tls]), [udp, { ...tls, flow: tlsFlow(0) }]);
	},

	"RFC 3261 §10.3: after a restart the most recently refreshed binding still comes last": async (
		place,
	) => {
		const [a, b] = [binding({ contact: "sip:a@h" }), binding({ contact: "sip:b@h" })];
		const refreshed = { ...a, cseq: 2 };
		assert.deepEqual(await restarted(place, [a, b, refreshed]), [b, refreshed]);
	},

	"RFC 3261 §10.3 RG-16: a removal is as durable as a binding": async (place) => {
		const store = await place.open(0);
		store.apply("1001", [binding()], []);
		store.apply("1002", [binding({ device: "1002", flow: tlsFlow(7) })], []);
		store.apply("1003", [binding({ device: "1003", expiresAt: 10 })], []);
		store.apply("1004", [binding({ device: "1004" })], []);
		await store.flush();
		for (const silent of store.bindings("1004", 0)) store.dropBinding(silent);
		store.apply("1001", [], [binding()]);
		store.dropFlow(7);
		store.sweep(10);
		await store.close();
		assert.deepEqual(await found(place, 10), []);
	},

	"RFC 3261 §10.3 RG-16: of the bindings of a device some may go while others stay": async (
		place,
	) => {
		const [a, b] = [binding({ contact: "sip:a@h" }), binding({ contact: "sip:b@h" })];
		const store = await place.open(0);
		store.apply("1001", [a, b], []);
		await store.flush();
		store.apply("1001", [], [a]);
		await store.close();
		assert.deepEqual(await found(place, 0), [b]);
	},

	"2,000 bindings of one moment are all there after a restart": async (place) => {
		const many = Array.from({ length: 2_000 }, (_, index) => binding({ device: `d${index}` }));
		const after = await restarted(place, many);
		assert.deepEqual(
			after.map(({ device }) => device).sort(),
			many.map(({ device }) => device).sort(),
		);
	},
};

async function restarted(
	place: Place,
	bindings: readonly Binding[],
	now: Milliseconds = 0,
): Promise<readonly Binding[]> {
	const store = await place.open(0);
	for (const one of bindings) store.apply(one.device, [one], []);
	await store.close();
	return found(place, now);
}

async function found(place: Place, now: Milliseconds): Promise<readonly Binding[]> {
	const store = await place.open(now);
	// Of one device the order counts, from device to device it does not.
	const bindings = [...store.all(now)].sort((a, b) =>
		a.device < b.device ? -1 : a.device > b.device ? 1 : 0,
	);
	await store.close();
	return bindings;
}
