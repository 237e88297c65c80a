/** Changes that are written a little later: none is lost, none is written twice for nothing. */
import assert from "node:assert/strict";
import { mock, type TestContext, test } from "node:test";
import { WriteBehind, type WriteBehindOptions } from "../../core/location/write-behind.ts";

function writeBehind(t: TestContext, more: Partial<WriteBehindOptions> = {}) {
	mock.timers.enable({ apis: ["setTimeout"] });
	t.after(() => mock.timers.reset());
	const batches: (readonly string[])[] = [];
	const told: string[] = [];
	const behind = new WriteBehind({
		window: 1_000,
		write: async (devices) => {
			batches.push(devices);
		},
		failed: () => told.push("failed"),
		recovered: () => told.push("recovered"),
		late: () => told.push("late"),
		...more,
	});
	return { behind, batches, told };
}

/** What has been promised by now is done. */
async function settled(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}

test("a device that changes often is written once, with the others, within the window", async (t) => {
	const { behind, batches } = writeBehind(t);
	for (let round = 0; round < 5; round += 1) for (const device of ["a", "b"]) behind.mark(device);
	assert.deepEqual(batches, []);
	mock.timers.tick(500);
	await settled();
	assert.deepEqual(batches, [["a", "b"]]);
	mock.timers.tick(60_000);
	await settled();
	assert.equal(batches.length, 1, "nothing more to write");
});

test("what changes while it is being written is written again", async (t) => {
	const gate = Promise.withResolvers<void>();
	const batches: (readonly string[])[] = [];
	const { behind } = writeBehind(t, {
		write: async (devices) => {
			batches.push(devices);
			await gate.promise;
		},
	});
	behind.mark("a");
	mock.timers.tick(500);
	behind.mark("a");
	gate.resolve();
	await behind.flush();
	assert.deepEqual(batches, [["a"], ["a"]]);
});

test("many devices are written in batches of 500, one after the other, though two ask for a flush", async (t) => {
	let writing = 0;
	const { behind, batches } = writeBehind(t, {
		write: async (devices) => {
			batches.push(devices);
			writing += 1;
			assert.equal(writing, 1);
			await settled();
			writing -= 1;
		},
	});
	for (let index = 0; index < 1_200; index += 1) behind.mark(`d${index}`);
	await Promise.all([behind.flush(), behind.flush(), behind.close()]);
	assert.deepEqual(
		batches.map(({ length }) => length),
		[500, 500, 200],
	);
	assert.equal(new Set(batches.flat()).size, 1_200);
	assert.equal(behind.size, 0);
});

test("what could not be written is tried again every five seconds; failing and recovering are told once", async (t) => {
	let full = true;
	const { behind, batches, told } = writeBehind(t, {
		write: async (devices) => {
			if (full) throw new Error("full");
			batches.push(devices);
		},
	});
	behind.mark("a");
	mock.timers.tick(500);
	await settled();
	behind.mark("b");
	for (let round = 0; round < 3; round += 1) {
		mock.timers.tick(5_000);
		await settled();
	}
	await assert.rejects(behind.flush(), /full/);
	assert.deepEqual(told, ["failed"]);
	assert.equal(behind.size, 2);
	full = false;
	mock.timers.tick(5_000);
	await settled();
	assert.deepEqual(new Set(batches.flat()), new Set(["a", "b"]));
	assert.deepEqual(told, ["failed", "recovered"]);
});

test("a change that is written after its window is told, once in a minute", async (t) => {
	const { behind, told } = writeBehind(t, { window: 0, write: settled });
	for (const device of ["a", "b"]) {
		behind.mark(device);
		await behind.flush();
	}
	assert.deepEqual(told, ["late"]);
});
