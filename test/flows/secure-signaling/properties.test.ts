/** What holds for every call between two legs, tried with random dialogs on the whole core. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eachSeed } from "../../support/each-seed.ts";
import { rigConfig } from "../../support/rig-config.ts";
import { seeded } from "../../support/seeded.ts";
import { Played } from "./play.ts";
import { type Plan, randomPlan, yamlOf } from "./random-dialog.ts";

/** Of docs/reference/config.md: what changes how Contacts and routes are shown. */
const SETTINGS = [
	"uri-transport: keep|rfc5630|strip",
	"contact-state: parameter|user",
	"contact: scheme|anchor|anchor, record-route: no",
	"far-route-set: show|hide",
	"tls-marker: none|transport",
];

const RUNS = 120;
type Case = { readonly plan: Plan; readonly config: Awaited<ReturnType<typeof rigConfig>> };

const cases: Case[] = [];
for (let seed = 1; seed <= RUNS; seed += 1) {
	const plan = randomPlan(seeded(seed), SETTINGS);
	cases.push({ plan, config: await rigConfig(yamlOf(plan)) });
}

function eachCase(check: (one: Case, random: ReturnType<typeof seeded>) => void): void {
	eachSeed(RUNS, (random, seed) => {
		const one = cases[seed - 1];
		assert.ok(one);
		check(one, random);
	});
}

test("secure-signaling 5.9-1 5.9-2 5.9-3 5.9-4 5.9-5 5.9-6: random dialogs: each side has its own bytes, its own scheme, and nothing else changes", () => {
	eachCase(({ plan, config }) => {
		const { rig } = new Played(plan, config).play();
		rig.wait(64_000);
		assert.equal(rig.size, 0);
		assert.deepEqual(rig.nowhere, []);
		assert.deepEqual(rig.questions, []);
	});
});

test("secure-signaling 5.9-9: random dialogs: a changed letter in a cookie or an entry leads nowhere but to the other side, if anywhere", () => {
	const seen = { cookie: 0, entry: 0 };
	eachCase(({ plan, config }, random) => {
		const forged = new Played(plan, config).forge(random);
		if (forged === undefined) return;
		const { sent, statuses, came, rig } = forged;
		assert.deepEqual([rig.nowhere, rig.questions], [[], []], "nobody else is tried");
		if (forged.cookie) assert.deepEqual([statuses, came], [[403], []], sent);
		else
			for (const { uri } of came)
				assert.ok(uri.includes(forged.changed), `${uri}: it stays as it came`);
		seen[forged.cookie ? "cookie" : "entry"] += 1;
	});
	assert.ok(seen.cookie > 20 && seen.entry > 20, JSON.stringify(seen));
});

test("secure-signaling 5.9-8: random dialogs: another process between any two transactions changes no byte", () => {
	eachCase(({ plan, config }, random) => {
		const plain = new Played(plan, config).play().wire;
		const replaced = new Played(plan, config).play((rig) => {
			if (random.below(2) === 0) rig.replace();
		}).wire;
		assert.deepEqual(replaced, plain);
	});
});

test("secure-signaling 5.9-8 E10: random dialogs over UDP: a restart between any two transactions changes no byte", () => {
	eachCase(({ plan, config }, random) => {
		if (plan.a.transport !== "udp" || plan.b.transport !== "udp") return;
		const plain = new Played(plan, config).play().wire;
		const restarted = new Played(plan, config).play((rig) => {
			if (random.below(2) === 0) rig.restart();
		}).wire;
		assert.deepEqual(restarted, plain);
	});
});
