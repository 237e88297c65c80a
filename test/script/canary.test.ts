/** Scripts that serve a part of the new requests first, and then all of them or none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CanaryBed, canary, save } from "./canary-bed.ts";
import { scriptDevice } from "./harness.ts";

const OLD = "return reply(404);";
const NEW = "return reply(410);";

const RULES = { failed: 10, asked: 20, seconds: 600 };
/** Fails on numbers that begin with 9. */
const FRAGILE =
	"if (request.uri.user?.startsWith('9')) throw new Error('no trunk'); return reply(410);";

test("architecture §5: a candidate serves its share of new calls, a call the same one each time, and everything once its time is over", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ share: 20 }) });
	assert.deepEqual(bed.asks(100), { 404: 100 });
	const result = await bed.save(NEW);
	assert.deepEqual([result.ok, result.changed, result.generation], [true, true, 1]);
	assert.equal(result.candidate?.generation, 2);
	const first = bed.asks(1000);
	assert.ok(Math.abs((first[410] ?? 0) - 200) < 50, JSON.stringify(first));
	assert.deepEqual(bed.asks(1000), first, "the same calls");
	assert.equal(bed.scripts.status.canary?.asked, 2 * (first[410] ?? 0));
	bed.clock.move(599_000);
	await bed.settled();
	assert.equal(bed.scripts.status.generation, 1);
	bed.clock.move(1_000);
	await bed.settled();
	assert.deepEqual(bed.asks(100), { 410: 100 });
	assert.deepEqual([bed.scripts.status.generation, bed.scripts.status.canary], [2, undefined]);
	assert.match(
		bed.said("routes.canary"),
		/generation 2 are tried: they serve 20 % of new requests, until 2026-03-02T09:10:00/,
	);
	assert.match(bed.said("routes.promoted"), /generation 2 were tried: asked \d+ times, 0 failed/);
});

test("architecture §5: a canary by predicate serves the calls of a device, from a network or to a prefix, and nobody else's", async (t) => {
	const settings = canary({ devices: ["1001"], nets: ["10.1.0.0/16"], prefixes: ["+4930", "9"] });
	const bed = await CanaryBed.start(t, { canary: settings });
	await bed.save(NEW);
	assert.equal(bed.ask(), 404);
	assert.equal(bed.ask({ device: "1002" }), 404);
	assert.equal(bed.ask({ device: "1001" }), 410);
	assert.equal(bed.ask({ address: "10.2.0.1" }), 404);
	assert.equal(bed.ask({ address: "10.1.0.1" }), 410);
	assert.equal(bed.ask({ called: "+493" }), 404);
	assert.equal(bed.ask({ called: "+49301" }), 410);
	assert.equal(bed.ask({ called: "9" }), 410);
	assert.match(
		bed.said("routes.canary"),
		/they serve those of 1001, those from 10\.1\.0\.0\/16, those to \+4930…, 9…/,
	);
});

test("architecture §5: share 100 is every call, and no share none", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ share: 100 }) });
	await bed.save(NEW);
	assert.deepEqual(bed.asks(200), { 410: 200 });
	await bed.scripts.reload(undefined, { canary: canary({ devices: ["x"] }) });
	assert.deepEqual(bed.asks(200), { 404: 200 });
	assert.equal(bed.scripts.status.canary?.generation, 2, "the same candidate, for others");
});

test("architecture §5: what a request began on is what it ends on, whatever becomes of the candidate", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ share: 100 }) });
	await bed.save(NEW);
	const held = bed.scripts.generations.canary?.generation;
	held?.retain();
	await bed.save("return reply(486);");
	assert.equal(bed.ask(), 486, "a new save replaces the candidate");
	assert.equal(bed.scripts.generations.list.length, 3);
	const [serving, old, candidate] = bed.scripts.generations.list;
	assert.deepEqual(
		[serving?.serving, serving?.candidate, serving?.replaced],
		[true, undefined, undefined],
	);
	assert.deepEqual([old?.serving, old?.candidate, old?.requests], [false, undefined, 1]);
	assert.notEqual(old?.replaced, undefined);
	assert.deepEqual([candidate?.serving, candidate?.candidate], [false, true]);
	held?.release();
	assert.equal(held?.ended, true);
});

test("architecture §5: `promote` gives a candidate everything at once, and is refused without one", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ share: 1, seconds: Infinity }) });
	const none = await bed.scripts.promote();
	assert.deepEqual([none.ok, none.changed], [false, false]);
	assert.match(none.reason ?? "", /^promote: .*no scripts are being tried/);
	await bed.save(NEW);
	bed.clock.move(1e9);
	await bed.settled();
	assert.equal(bed.scripts.status.generation, 1, "it waits to be told");
	const done = await bed.scripts.promote();
	assert.deepEqual([done.ok, done.changed, done.generation], [true, true, 2]);
	assert.deepEqual(bed.asks(50), { 410: 50 });
	const back = await bed.scripts.rollback();
	assert.deepEqual([back.ok, bed.ask()], [true, 404]);
});

test("architecture §5: a rollback while a candidate is tried drops it, over reloads and a restart, until the files change", async (t) => {
	const given = { canary: canary({ share: 100 }) };
	const bed = await CanaryBed.start(t, given);
	await bed.save(NEW);
	const dropped = await bed.scripts.rollback();
	assert.deepEqual(
		[dropped.ok, dropped.changed, dropped.generation, dropped.candidate],
		[true, true, 1, undefined],
	);
	assert.equal(bed.ask(), 404);
	const again = await bed.scripts.reload();
	assert.deepEqual([again.ok, again.changed], [true, false]);
	assert.match(again.warnings?.[0]?.message ?? "", /these scripts were rolled back/);
	bed.clock.move(1e6);
	await bed.settled();
	assert.equal(bed.ask(), 404, "its time is called off");
	const second = await CanaryBed.start(t, given, bed.folder);
	assert.equal(second.ask(), 404);
	await second.save("return reply(486);");
	assert.equal(second.ask(), 486);
	assert.deepEqual(second.scripts.status.canary?.generation, 2);
});

test("architecture §5: a restart while a candidate is tried does not make it serve everything", async (t) => {
	const given = { canary: canary({ devices: ["1001"] }) };
	const bed = await CanaryBed.start(t, given);
	await bed.save(NEW);
	const second = await CanaryBed.start(t, given, bed.folder);
	assert.deepEqual([second.ask(), second.ask({ device: "1001" })], [404, 410]);
	assert.deepEqual(
		[second.scripts.status.error, second.scripts.status.origin],
		[undefined, "last-good"],
	);
	await second.scripts.promote();
	const third = await CanaryBed.start(t, given, bed.folder);
	assert.deepEqual([third.ask(), third.scripts.status.canary], [410, undefined]);
});

test("the files put back as they were end a canary, and so does a broken one never begin", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ share: 100 }) });
	await bed.save(NEW);
	const back = await bed.save(OLD);
	assert.deepEqual([back.ok, bed.ask(), bed.scripts.status.canary], [true, 404, undefined]);
	await bed.save(NEW);
	const broken = await bed.save("return reply(;");
	assert.deepEqual([broken.ok, bed.ask()], [false, 410], "what was tried is tried on");
	assert.equal(bed.scripts.status.canary?.generation, 3);
});

test("devices that change while a candidate is tried come to both", async (t) => {
	const known = "return reply(device('1') ? 480 : 404);";
	const bed = await CanaryBed.start(t, { canary: canary({ devices: ["1001"] }) });
	await bed.save(known);
	await bed.scripts.promote();
	await bed.save("return reply(device('1') ? 481 : 405);");
	assert.deepEqual([bed.ask(), bed.ask({ device: "1001" })], [404, 405]);
	const result = await bed.scripts.reload([scriptDevice({ name: "1" })]);
	assert.deepEqual([result.ok, result.changed], [true, true]);
	assert.deepEqual([bed.ask(), bed.ask({ device: "1001" })], [480, 481]);
	assert.equal((await bed.scripts.reload()).changed, false);
});

test("without `canary` any more the candidate serves everything", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ devices: ["1001"] }) });
	await bed.save(NEW);
	const result = await bed.scripts.reload(undefined, { canary: undefined });
	assert.deepEqual([result.ok, result.generation, bed.ask()], [true, 2, 410]);
});

test("the first scripts of one's own serve at once: there is nothing good beside them", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ share: 1 }) });
	save(bed.folder, "return reply(;");
	const empty = await CanaryBed.start(
		t,
		{ canary: canary({ share: 1 }), state: `${bed.folder.path}/other` },
		bed.folder,
	);
	assert.equal(empty.scripts.status.origin, "built-in");
	await empty.save(NEW);
	assert.deepEqual([empty.ask(), empty.scripts.status.canary], [410, undefined]);
});

test("architecture §5: whoever has timers is told when others serve: a candidate beside the scripts it may replace, until it is stopped", async (t) => {
	const bed = await CanaryBed.start(t, { canary: canary({ devices: ["1001"] }) });
	const { scripts } = bed;
	const told: number[][] = [];
	const ids = () => scripts.serving.map(({ id }) => id);
	scripts.generations.changed = () => told.push(ids());
	assert.deepEqual(ids(), [1]);
	await bed.save(NEW);
	assert.deepEqual(told.splice(0), [[1, 2]]);
	scripts.generations.stop(scripts.generation);
	assert.deepEqual(told, []);
	const [, tried = assert.fail("no candidate")] = scripts.serving;
	scripts.generations.stop(tried);
	assert.deepEqual(told.splice(0), [[1]]);
	await scripts.rollback();
	assert.deepEqual(ids(), [1]);
	await bed.save("return reply(486);");
	await scripts.promote();
	assert.deepEqual(told.at(-1), [3]);
});

test("architecture §5: a candidate that fails as its time ends, or as it is about to get everything otherwise, is dropped and never serves all", async (t) => {
	const given = { rollback: RULES, canary: canary({ devices: ["1001"], seconds: 60 }) };
	const failing = (bed: CanaryBed) => bed.asks(20, { called: "9", device: "1001" });
	const over = await CanaryBed.start(t, given);
	await over.save(FRAGILE);
	over.clock.move(60_000);
	failing(over);
	await over.settled();
	assert.deepEqual([over.said("routes.promoted"), over.ask({ device: "1001" })], ["", 404]);

	const told = await CanaryBed.start(t, given);
	await told.save(FRAGILE);
	failing(told);
	const promoted = told.scripts.promote();
	failing(told);
	assert.equal((await promoted).ok, false);
	assert.deepEqual([told.said("routes.promoted"), told.ask({ device: "1001" })], ["", 404]);

	const without = await CanaryBed.start(t, given);
	await without.save(FRAGILE);
	const reloaded = without.scripts.reload(undefined, { canary: undefined });
	failing(without);
	await reloaded;
	await without.settled();
	assert.deepEqual([without.said("routes.promoted"), without.ask()], ["", 404]);
	assert.equal(without.scripts.status.rolledBack?.generation, 2);
});
