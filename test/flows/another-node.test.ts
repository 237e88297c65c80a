/** A phone that registered at another node: called along the Path that leads there, and nowhere else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Binding } from "../../core/base/binding.ts";
import { MemoryStore } from "../../core/location/memory.ts";
import { binding, tlsFlow } from "../support/bindings.ts";
import { testBed } from "../support/test-bed.ts";

/** Every node but those in it is there. */
class SharedStore extends MemoryStore {
	readonly away = new Set<string>();

	isPresent({ node }: Binding): boolean {
		return node === undefined || !this.away.has(node);
	}
}

const bed = await testBed();
const NODE = "10.0.0.6";

function scene(changes: Partial<Binding> = {}) {
	const store = new SharedStore();
	const rig = bed.rig({ store });
	const shown = binding({
		device: "7789",
		contact: "sip:7789@192.168.77.7:5060",
		// As the store shows it: the flow is the other node's.
		flow: { ...tlsFlow(0), transport: "udp", listener: -1 },
		expiresAt: rig.now + 3_600_000,
		path: [`<sip:token@${NODE}:5060;lr;ob>`],
		node: "b",
		...changes,
	});
	store.apply("7789", [shown], []);
	return {
		...{ rig, store, shown },
		ann: rig.phone("6000", { host: "172.21.83.70" }),
		node: rig.phone("b", { host: NODE }),
	};
}

test("RFC 3327 §5.4 PX-114: the call goes to that node with the Path as Route, to the phone's own Contact", () => {
	const { ann, node } = scene();
	ann.request("INVITE", "sip:7789@172.21.83.50");
	const came = node.take("INVITE");
	assert.equal(came.uri, "sip:7789@192.168.77.7:5060");
	assert.deepEqual(came.values("Route"), [`<sip:token@${NODE}:5060;lr;ob>`]);
});

test("RFC 3261 §16.5: who calls the Contact that it was shown takes the same way", () => {
	const { ann, node } = scene();
	ann.request("INVITE", "sip:7789@192.168.77.7:5060");
	assert.deepEqual(node.take("INVITE").values("Route"), [`<sip:token@${NODE}:5060;lr;ob>`]);
});

test("RFC 5626 §5.3.1: a node that is away is not asked, and the caller hears 480 at once", () => {
	const { rig, store, ann, node } = scene();
	store.away.add("b");
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(ann.take(480).status, 480);
	assert.deepEqual(node.received, []);
	assert.equal(rig.nowhere.length, 0);
});

test("RFC 5626 §5.3.1 §11.5 PX-116: a node that cannot be reached is a flow that has failed: 480, and no 500", () => {
	const { ann } = scene({ path: ["<sip:token@10.0.0.7:5060;transport=tcp;lr;ob>"] });
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.equal(ann.take(480).status, 480);
});

test("RFC 5626 §7 PX-113: of two flows of one phone at two nodes the other is called when one has failed", () => {
	const ids = { instance: "urn:uuid:1", regId: 1 };
	const { store, shown, ann, node } = scene(ids);
	const path = ["<sip:other@10.0.0.7:5060;transport=tcp;lr;ob>"];
	store.apply("7789", [{ ...shown, regId: 2, node: "c", path }], []);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.deepEqual(node.take("INVITE").values("Route"), shown.path);
});

test("RFC 3261 §16.5: phones behind two NATs, at two nodes and with the same Contact, are both called", () => {
	const { rig, store, shown, ann, node } = scene({ instance: "urn:uuid:1", regId: 1 });
	const third = rig.phone("c", { host: "10.0.0.7" });
	const path = ["<sip:other@10.0.0.7:5060;lr;ob>"];
	store.apply("7789", [{ ...shown, instance: "urn:uuid:2", node: "c", path }], []);
	ann.request("INVITE", "sip:7789@172.21.83.50");
	assert.deepEqual(node.take("INVITE").values("Route"), shown.path);
	assert.deepEqual(third.take("INVITE").values("Route"), path);
});
