/** Reloads that are asked for together are one, and nobody loses by it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";
import { CanaryBed } from "./canary-bed.ts";

test("architecture §5: a save that became one reload with a change that is refused is loaded all the same", async (t) => {
	const bed = await CanaryBed.start(t);
	const saved = bed.save("return reply(411);");
	const change = { entry: join(bed.folder.path, "nowhere"), limits: DEFAULT_LIMITS };
	assert.equal(await bed.scripts.reload(undefined, change), await saved);
	assert.deepEqual([(await saved).ok, bed.ask()], [false, 404]);
	// Whatever is under way comes before this.
	await bed.scripts.promote();
	assert.deepEqual([bed.ask(), bed.scripts.status.error], [411, undefined]);
});

test("architecture §5: any number of reloads while one is under way are one more, with the last of what each changed", async (t) => {
	const bed = await CanaryBed.start(t);
	const limits = (timeoutMs: number) => ({ limits: { ...DEFAULT_LIMITS, timeoutMs } });
	const first = bed.scripts.reload();
	const results = [20, 30, 40].map((timeoutMs) => bed.scripts.reload(undefined, limits(timeoutMs)));
	assert.equal(new Set(await Promise.all([first, ...results])).size, 1);
	assert.deepEqual(
		[bed.scripts.status.generation, bed.scripts.generation.limits.timeoutMs],
		[2, 40],
	);
});
