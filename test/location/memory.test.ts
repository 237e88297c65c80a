import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStore } from "../../core/location/memory.ts";
import { register } from "../../core/registrar/register.ts";
import { OPTIONS, registerRequest } from "../registrar/phone.ts";
import { settledHeap } from "../simulation/heap.ts";
import { UDP_FLOW } from "../support/bindings.ts";
import { locationStoreBattery } from "./store.battery.ts";

locationStoreBattery("location in memory", () => new MemoryStore());

test("RFC 3261 §10.3: a binding takes less than a kilobyte, and nothing of the REGISTER that made it", () => {
	const store = new MemoryStore();
	const devices = Array.from({ length: 11_000 }, (_, index) => `${100_000 + index}`);
	// What the first of them compile and share is not theirs.
	for (const device of devices.slice(0, 1_000)) bind(store, device);
	const before = settledHeap();
	for (const device of devices.slice(1_000)) bind(store, device);
	const each = (settledHeap() - before) / 10_000;
	assert.equal(store.size, 11_000);
	assert.ok(each > 300 && each < 1_000, `${each.toFixed(0)} octets`);
});

/** As softphones do, with an instance and much else in the request. */
function bind(store: MemoryStore, device: string): void {
	const instance = `"<urn:uuid:00000000-0000-1000-8000-000A95${device}>"`;
	const { put, remove } = register({
		request: registerRequest(
			[
				`Contact: <sip:${device}@192.0.2.10:5060;ob>;+sip.instance=${instance};reg-id=1`,
				"User-Agent: Linphone/5.2.0 (belle-sip/5.2.0)",
				`X-Padding: ${"x".repeat(2_000)}`,
			],
			{ callId: `9cAe7f1sXq-${device}@192.0.2.10` },
		),
		device,
		flow: { ...UDP_FLOW },
		secure: false,
		pathTrusted: true,
		contacts: undefined,
		current: [],
		options: OPTIONS,
		now: 0,
	});
	assert.equal(put.length, 1);
	store.apply(device, put, remove);
}
