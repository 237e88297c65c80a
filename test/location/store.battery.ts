/** What every location store promises: run by the tests of each store. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Binding } from "../../core/base/binding.ts";
import { callable, type LocationStore } from "../../core/location/store.ts";
import { binding, tlsFlow, UDP_FLOW } from "../support/bindings.ts";
import { seeded } from "../support/seeded.ts";

/** `open` gives an empty store each time. */
export function locationStoreBattery(
	name: string,
	open: () => LocationStore | Promise<LocationStore>,
): void {
	describe(name, () => {
		for (const [title, promise] of Object.entries(PROMISES))
			test(title, async () => {
				const store = await open();
				try {
					await promise(store);
				} finally {
					await store.close();
				}
			});
	});
}

const PROMISES: Record<string, (store: LocationStore) => void | Promise<void>> = {
	"RFC 3261 §10.3 RG-18: what was put is what is read, every field of it": (store) => {
		const full = binding({
			contact: "sips:1001@192.0.2.10:5061",
			echoed: "sips:1001@192.0.2.10:5061;transport=TCP",
			display: '"Ann, \xe9"',
			params: ';+sip.instance="<urn:uuid:1>";reg-id=1;q=0.5',
			scheme: "sips",
			flow: { ...tlsFlow(7), serverName: "phone.example.com" },
			q: 500,
			instance: "urn:uuid:1",
			regId: 1,
			path: ["<sip:edge.example.com;lr>", "<sip:core.example.com;lr>"],
			userAgent: "Phone/1.0",
		});
		store.apply("1001", [full, binding()], []);
		assert.deepEqual(store.bindings("1001", 0), [full, binding()]);
		assert.deepEqual(store.bindings("1002", 0), []);
	},

	"RFC 3261 §10.3: the most recently refreshed binding comes last": (store) => {
		const [a, b] = [binding({ contact: "sip:a@h" }), binding({ contact: "sip:b@h" })];
		store.apply("1001", [a, b], []);
		const refreshed = { ...a, cseq: 2, expiresAt: 7_200_000 };
		store.apply("1001", [refreshed], []);
		assert.deepEqual(store.bindings("1001", 0), [b, refreshed]);
	},

	"RFC 3261 §10.3 step 7 RG-16: changes of one REGISTER appear together": (store) => {
		const [a, b] = [binding({ contact: "sip:a@h" }), binding({ contact: "sip:b@h" })];
		store.apply("1001", [a], []);
		const before = store.bindings("1001", 0);
		store.apply("1001", [b], [a]);
		assert.deepEqual(before, [a], "a list that was read does not change");
		assert.deepEqual(store.bindings("1001", 0), [b]);
		store.apply("1001", [{ ...b, cseq: 9 }], [b]);
		assert.deepEqual(store.bindings("1001", 0), [{ ...b, cseq: 9 }], "remove comes before put");
	},

	"RFC 5626 §6 RG-24: instance-id and reg-id replace whatever the Contact URI": (store) => {
		const one = binding({ contact: "sip:a@h1", instance: "urn:uuid:1", regId: 1 });
		const two = binding({ contact: "sip:a@h1", instance: "urn:uuid:1", regId: 2 });
		const moved = { ...one, contact: "sip:a@h2" };
		store.apply("1001", [one, two], []);
		store.apply("1001", [moved], []);
		assert.deepEqual(store.bindings("1001", 0), [two, moved]);
	},

	"RFC 5626 §6 RG-32: the same instance under two devices is two bindings": (store) => {
		const one = binding({ instance: "urn:uuid:1", regId: 1 });
		const other = { ...one, device: "1002" };
		store.apply("1001", [one], []);
		store.apply("1002", [other], []);
		assert.deepEqual([...store.all(0)], [one, other]);
	},

	"RFC 3261 §10.3 RG-21: a binding is gone at the moment it expires": (store) => {
		const brief = binding({ contact: "sip:a@h", expiresAt: 5_000 });
		const long = binding({ contact: "sip:b@h", expiresAt: 9_000 });
		store.apply("1001", [brief, long], []);
		assert.deepEqual(store.bindings("1001", 4_999), [brief, long]);
		assert.deepEqual(store.bindings("1001", 5_000), [long]);
		assert.deepEqual([...store.all(5_000)], [long]);
		assert.deepEqual(store.sweep(5_000), [brief]);
		assert.deepEqual(store.sweep(5_000), [], "swept once");
		assert.deepEqual(store.sweep(9_000), [long]);
		assert.deepEqual([...store.all(0)], [], "nothing is left");
	},

	"RFC 5626 §6 RG-31 TR-29: a closed connection takes all its bindings along": (store) => {
		const mine = binding({ contact: "sip:a@h", flow: tlsFlow(7) });
		const others = binding({ contact: "sip:b@h", flow: tlsFlow(8) });
		const shared = binding({ device: "1002", flow: tlsFlow(7) });
		store.apply("1001", [mine, others], []);
		store.apply("1002", [shared], []);
		assert.equal(store.restsOn(7), true);
		assert.deepEqual(store.dropFlow(7), [mine, shared]);
		assert.equal(store.restsOn(7), false);
		assert.deepEqual(store.bindings("1001", 0), [others]);
		assert.deepEqual(store.bindings("1002", 0), []);
		assert.deepEqual(store.dropFlow(7), []);
	},

	"RFC 5626 §6 RG-30: a binding that moved survives the end of its old flow": (store) => {
		const old = binding({ flow: tlsFlow(7) });
		const fresh = binding({ flow: tlsFlow(8), cseq: 2 });
		store.apply("1001", [old], []);
		store.apply("1001", [fresh], [old]);
		assert.deepEqual(store.dropFlow(7), []);
		assert.deepEqual(store.bindings("1001", 0), [fresh]);
		assert.deepEqual(store.dropFlow(8), [fresh]);
	},

	"RFC 5626 §6: a phone that is not there loses its binding, and neither another nor one that took its place":
		(store) => {
			const [one, other] = [binding({ contact: "sip:a@h" }), binding({ contact: "sip:b@h" })];
			store.apply("1001", [one, other], []);
			const [kept = one] = store.bindings("1001", 0);
			store.apply("1001", [{ ...one, cseq: 2 }], []);
			assert.equal(store.dropBinding(kept), false);
			assert.deepEqual(store.bindings("1001", 0), [other, { ...one, cseq: 2 }]);
			const [, fresh = one] = store.bindings("1001", 0);
			assert.equal(store.dropBinding(fresh), true);
			assert.equal(store.dropBinding(fresh), false);
			assert.deepEqual([...store.all(0)], [other]);
		},

	"RFC 5626 §6: connection 0 is no connection, so UDP bindings are not dropped": (store) => {
		store.apply("1001", [binding({ flow: UDP_FLOW })], []);
		assert.deepEqual(store.dropFlow(0), []);
		assert.equal(store.bindings("1001", 0).length, 1);
	},

	"RFC 3261 §10.3 RG-21: what has expired is swept a bounded part at a time, and nothing is left out":
		(store) => {
			const devices = Array.from({ length: 5_000 }, (_, index) => `d${index}`);
			for (const device of devices)
				store.apply(device, [binding({ device, expiresAt: device === "d7" ? 9_000 : 5_000 })], []);
			const swept: Binding[] = [];
			for (let round = 0; swept.length < 4_999 && round < 100; round += 1) {
				const some = store.sweep(5_000);
				assert.ok(some.length <= 2_000, `${some.length} in one go`);
				swept.push(...some);
			}
			assert.equal(new Set(swept.map(({ device }) => device)).size, 4_999, "each of them, once");
			assert.deepEqual(
				[...store.all(0)].map(({ device }) => device),
				["d7"],
			);
			for (let round = 0; store.size > 0 && round < 100; round += 1) store.sweep(9_000);
			assert.equal(store.size, 0);
		},

	"its size is the number of bindings that it holds": (store) => {
		assert.equal(store.size, 0);
		const [a, b] = [binding({ contact: "sip:a@h" }), binding({ contact: "sip:b@h" })];
		store.apply("1001", [a, b], []);
		store.apply("1002", [binding({ device: "1002", flow: tlsFlow(7) })], []);
		assert.equal(store.size, 3);
		store.apply("1001", [{ ...b, cseq: 2 }], [a]);
		assert.equal(store.size, 2);
		store.dropFlow(7);
		assert.equal(store.size, 1);
	},

	"a store can be flushed at any time, and closed twice": async (store) => {
		await store.flush();
		store.apply("1001", [binding()], []);
		await store.flush();
		await store.close();
	},

	"from any history, reads agree with a plain list and no connection leaks": (store) => {
		for (let seed = 1; seed <= 60; seed += 1) randomHistory(store, seed);
	},

	"RFC 3261 §10.2.1 RG-34: a contact of another scheme is listed, and not callable": (store) => {
		const mail = binding({ contact: "mailto:a@h" });
		store.apply("1001", [mail, binding({ contact: "SIPS:a@h" })], []);
		assert.deepEqual(store.bindings("1001", 0).map(callable), [false, true]);
	},
};

/** Each history has devices and connections of its own, and ends with nothing left of them. */
function randomHistory(store: LocationStore, seed: number): void {
	const random = seeded(seed);
	let model: Binding[] = [];
	const device = () => `${seed}-${random.below(3)}`;
	const connection = () => seed * 10 + random.below(3);
	const steps: (() => void)[] = [
		() => {
			const flow = random.below(3) === 0 ? UDP_FLOW : tlsFlow(connection());
			const contact = `sip:${random.below(3)}@h`;
			const expiresAt = 1_000 + random.below(1_000);
			const made = binding({ device: device(), contact, flow, expiresAt, cseq: random.below(99) });
			model = model.filter((one) => one.device !== made.device || one.contact !== contact);
			model.push(made);
			store.apply(made.device, [made], []);
		},
		() => {
			const closed = connection();
			model = model.filter((one) => one.flow.connection !== closed);
			store.dropFlow(closed);
		},
		() => {
			const victim = device();
			store.apply(victim, [], store.bindings(victim, 0));
			model = model.filter((one) => one.device !== victim);
		},
		() => {
			const now = 900 + random.below(400);
			store.sweep(now);
			model = model.filter((one) => one.expiresAt > now);
		},
	];
	for (let step = 0; step < 40; step += 1) {
		(steps[random.below(6)] ?? steps[0])?.();
		for (let index = 0; index < 3; index += 1)
			assert.deepEqual(
				store.bindings(`${seed}-${index}`, 0),
				model.filter((one) => one.device === `${seed}-${index}`),
				`seed ${seed}`,
			);
	}
	for (let index = 0; index < 3; index += 1) store.dropFlow(seed * 10 + index);
	store.sweep(10_000);
	assert.deepEqual([...store.all(0)], [], `seed ${seed}`);
	assert.equal(store.size, 0, `seed ${seed}`);
}
