/** Some seeds of the simulation, and a small soak; `npm run simulate` runs thousands (docs/guides/testing.md). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { settledHeap } from "./heap.ts";
import { Ladder } from "./ladder.ts";
import { openSetting } from "./setting.ts";
import { runSeed } from "./simulate.ts";
import { soak } from "./soak.ts";
import { Violation } from "./watch.ts";
import { World } from "./world.ts";

const SEEDS = 15;
/** Octets: half a kilobyte kept of each call would be more. */
const GROWTH_MAX = 600_000;

const setting = await openSetting();
after(() => setting.close());

test(`RFC 3261 §16, §17: calls in bad weather end as they should, seeds 1 to ${SEEDS}`, () => {
	for (let seed = 1; seed <= SEEDS; seed += 1)
		assert.equal(runSeed(setting, seed).failure, undefined);
});

test("TX-42: after 2,000 calls of mixed failures every gauge is at 0 and the heap is as it was", () => {
	// What V8 compiles on the way is heap, too, and comes once: about 1 MB.
	const warm = soak(setting, { seed: 2, calls: 2_000 }, settledHeap);
	assert.ok(typeof warm !== "string", String(warm));
	const result = soak(setting, { seed: 1, calls: 2_000 }, settledHeap);
	assert.ok(typeof result !== "string", String(result));
	assert.ok(result.growth < GROWTH_MAX, `${result.growth} octets more`);
});

test("a wall clock that is set back and forth changes nothing in what the core does", () => {
	const before = messagesOf(3);
	const { now } = Date;
	let asked = 0;
	Date.now = () => (asked++ % 2 === 0 ? 0 : 4e12);
	try {
		assert.equal(messagesOf(3), before);
	} finally {
		Date.now = now;
	}
});

/** What the proxy might do wrong, and what the simulation has to say of it. */
const FAULTS: Readonly<Record<string, readonly [wrong: (text: string) => string, rule: RegExp]>> = {
	"Max-Forwards is not counted": [
		(text) => text.replace("Max-Forwards: 69", "Max-Forwards: 70"),
		/Max-Forwards is one less/,
	],
	"the caller's Via is lost": [
		(text) =>
			text.startsWith("INVITE") ? text.replace(/(Via: [^\r]*\r\n)Via: [^\r]*\r\n/, "$1") : text,
		/nothing is sent that was not received/,
	],
	"the tag of From is changed": [
		(text) => (text.startsWith("INVITE") ? text.replace(";tag=", ";tag=x") : text),
		/the tag of From is unchanged/,
	],
	"our Record-Route is left out": [
		(text) => text.replace(/^Record-Route: .*\r\n/m, ""),
		/scheme of its leg|a dialog carries requests|no Route|Request-URI is the Contact/,
	],
	"two final responses": [
		(text) => text.replace(/(To: [^\r]*;tag=)/, () => `$1${(tampered++).toString(16)}`),
		/one final response|sent again is the same|To is that/,
	],
	"an INVITE is never cancelled": [
		(text) =>
			text.replace(/^CANCEL (.*)$/m, "INFO $1").replace(/^CSeq: (\d+) CANCEL/m, "CSeq: $1 INFO"),
		/nothing is sent that was not received|cancelled in the end/,
	],
	"the Contact has the scheme of the other leg": [
		(text) => text.replace(/^Contact: <sips:/m, "Contact: <sip:"),
		/scheme of its leg/,
	],
	"a branch is used twice": [
		(text) => text.replace(/branch=z9hG4bK[0-9a-f]{32}/, "branch=z9hG4bK1"),
		/a request sent again is the same|was not received/,
	],
};
let tampered = 0;

for (const [fault, [wrong, rule]] of Object.entries(FAULTS))
	test(`the simulation notices when ${fault}`, () => {
		const seeds = [1, 2, 3, 4, 5, 6];
		const found = seeds.map((seed) => violation(seed, wrong)).find((one) => one !== undefined);
		assert.match(found ?? "nothing was noticed", rule);
	});

function violation(seed: number, tamper: (text: string) => string): string | undefined {
	try {
		new World({ ...setting, seed, tamper }).run(20);
		return undefined;
	} catch (error) {
		if (error instanceof Violation) return error.message;
		throw error;
	}
}

function messagesOf(seed: number): string {
	const ladder = new Ladder(undefined, true);
	new World({ ...setting, seed, ladder }).run(20);
	return ladder.text;
}
