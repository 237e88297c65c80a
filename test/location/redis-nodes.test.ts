/** Who counts as there, and when that may be said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Nodes, SILENT_MAX } from "../../core/location/redis-nodes.ts";

function made() {
	const said: string[] = [];
	const write = (fields: object) => void said.push(Object.values(fields).join(" "));
	const cut: string[] = [];
	const log = { debug: write, info: write, warn: write, error: write };
	return { said, cut, nodes: new Nodes("a", log, (at) => cut.push(...at)) };
}

const heard = (name: string, silent: number, key = "k") => ({
	...{ name, silent },
	says: { run: "1", key, at: [`${name}.example.com:5060`] },
});

test("RFC 5626 §5.3: a node that is silent for too long is away, and is there again when it speaks", () => {
	const { nodes, said, cut } = made();
	nodes.heard([heard("a", 0), heard("b", 100)], ["k"]);
	nodes.judge();
	nodes.heard([heard("b", SILENT_MAX)], ["k"]);
	assert.equal(nodes.isPresent("b"), true);
	nodes.heard([heard("b", SILENT_MAX + 1)], ["k"]);
	assert.equal(nodes.isPresent("b"), false);
	nodes.heard([heard("b", 0)], ["k"]);
	assert.equal(nodes.isPresent("b"), true);
	assert.deepEqual(said, ["node.there b", "node.away b", "node.there b"]);
	assert.deepEqual(cut, ["b.example.com:5060"], "what is on the way to it is lost");
	assert.equal(nodes.isPresent("a"), true, "this node is there, whoever is silent");
});

test("nobody is away as long as nobody could have said that it is there", () => {
	const { nodes } = made();
	nodes.heard([heard("b", 0)], ["k"]);
	nodes.judge();
	nodes.heard([heard("b", 0)], ["k"]);
	nodes.pause();
	nodes.heard([heard("b", 999_999)], ["k"]);
	assert.equal(nodes.isPresent("b"), true);
	assert.equal(nodes.isPresent("c"), true, "nor who was never heard of");
	nodes.judge();
	nodes.heard([heard("b", 999_999)], ["k"]);
	assert.equal(nodes.isPresent("b"), false);
	assert.equal(nodes.isPresent("c"), false);
	nodes.pause();
	assert.equal(nodes.isPresent("b"), false, "who was away before stays away until it speaks");
});

test("one that says goodbye is away at once, and one that Redis has forgotten is forgotten", () => {
	const { nodes } = made();
	nodes.heard([heard("b", 0), heard("c", 0)], ["k"]);
	nodes.left("b");
	nodes.left("a");
	assert.deepEqual([nodes.isPresent("a"), nodes.isPresent("b")], [true, false]);
	nodes.judge();
	nodes.heard([], ["k"]);
	assert.equal(nodes.isPresent("c"), false);
	assert.deepEqual(nodes.status, []);
});

test("RFC 5626 §5.2: a node that signs with a key unknown here is told of once", () => {
	const { nodes, said } = made();
	nodes.heard([heard("b", 0, "other")], ["k", "old"]);
	nodes.heard([heard("b", 0, "other")], ["k", "old"]);
	nodes.heard([heard("b", 0, "old")], ["k", "old"]);
	nodes.heard([heard("b", 0, "other")], ["k", "old"]);
	assert.deepEqual(said, ["node.there b", "node.keys-differ b", "node.keys-differ b"]);
});
