/** The order of SRV targets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SrvRecord } from "../../core/resolve/dns.ts";
import { orderSrv } from "../../core/resolve/srv-order.ts";
import { seeded } from "../support/seeded.ts";

const record = (target: string, priority: number, weight: number): SrvRecord => ({
	...{ type: "SRV", port: 5060, target, priority, weight },
});

test("PX-91 RFC 2782: inside one priority targets come first as often as their weight says", () => {
	const random = seeded(7);
	const records = [
		record("light", 1, 10),
		record("heavy", 1, 70),
		record("none", 1, 0),
		record("mid", 1, 20),
	];
	const first = new Map<string, number>();
	const draws = 10_000;
	for (let draw = 0; draw < draws; draw += 1) {
		const target = orderSrv(records, random)[0]?.target ?? "";
		first.set(target, (first.get(target) ?? 0) + 1);
	}
	const share = (target: string) => (first.get(target) ?? 0) / draws;
	assert.ok(Math.abs(share("heavy") - 0.7) < 0.03, `heavy ${share("heavy")}`);
	assert.ok(Math.abs(share("mid") - 0.2) < 0.03, `mid ${share("mid")}`);
	assert.ok(Math.abs(share("light") - 0.1) < 0.03, `light ${share("light")}`);
	assert.ok(share("none") > 0 && share("none") < 0.03, `none ${share("none")}`);
});

test("PX-91 RFC 2782: every target is kept once, lower priorities before higher", () => {
	for (let seed = 1; seed <= 200; seed += 1) {
		const random = seeded(seed);
		const records = Array.from({ length: 1 + random.below(8) }, (_, index) =>
			record(`t${index}`, random.below(3), random.below(3) * 50),
		);
		const ordered = orderSrv(records, random);
		assert.deepEqual(new Set(ordered), new Set(records), `seed ${seed}`);
		assert.equal(ordered.length, records.length, `seed ${seed}`);
		const priorities = ordered.map(({ priority }) => priority);
		assert.deepEqual(priorities, priorities.toSorted(), `seed ${seed}`);
	}
});
