/**
 * Sipwright is killed over and over while a thousand phones a second register: RFC 3261 §10.3.
 * ROUNDS=20 in the environment kills it twenty times; without it, it is killed twice.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { type Register, RegisterLoad } from "../support/register-load.ts";
import { seeded } from "../support/seeded.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 2);
const PHONES = 2_000;
const PER_SECOND = 1_000;
const WINDOW_MS = 1_000;
/** The test reads the clock of an answer when it comes to it, and of a kill before that takes effect. */
const CLOCK_MS = 50;

type Change = { readonly sequence: number; readonly bound: boolean; at: number | undefined };

test(`RFC 3261 §10.3 RG-21: killed ${ROUNDS} times during 1,000 REGISTER/s, every change older than the window is there, and the file is sound`, async (t) => {
	const { sipwright, load } = await bed(t);
	const random = seeded(ROUNDS);
	const history = new Map<string, Change[]>();
	let sequence = 0;
	for (let round = 1; round <= ROUNDS; round += 1) {
		const end = performance.now() + 2_500 + random.below(2_000);
		function* registers(): Iterable<Register> {
			for (;;) {
				sequence += 1;
				const user = `${1_000 + random.below(PHONES)}`;
				const bound = random.below(8) > 0;
				const changes = history.get(user) ?? [];
				history.set(user, [...changes, { sequence, bound, at: undefined }]);
				yield { user, sequence, expires: bound ? 3_600 : 0, mark: `${sequence}` };
			}
		}
		await load.run(
			registers(),
			({ register, status, text, at }) => {
				assert.equal(status, 200, text);
				const change = history
					.get(register.user)
					?.find((one) => one.sequence === register.sequence);
				if (change !== undefined) change.at = at;
			},
			{ perSecond: PER_SECOND, waitingMax: 1_000, goesOn: () => performance.now() < end },
		);
		const limit = performance.now() - WINDOW_MS - CLOCK_MS;
		await sipwright.crash();
		const troubles = sipwright.log().filter(({ event }) => `${event}`.startsWith("location."));
		assert.deepEqual(troubles, [], `round ${round}`);
		assert.equal(integrity(sipwright), "ok", `round ${round}`);
		const found = await boundNow(load, [...history.keys()], () => (sequence += 1));
		for (const [user, changes] of history)
			history.set(user, holds(user, changes, found.get(user), limit));
		t.diagnostic(`round ${round}: ${history.size} phones, ${found.size} bound`);
	}
});

/** What is there must be what the last change before the window left, or a later one. */
function holds(
	user: string,
	changes: readonly Change[],
	found: number | undefined,
	limit: number,
): Change[] {
	const safe = changes.findLastIndex(({ at }) => at !== undefined && at < limit);
	const possible = changes.slice(Math.max(safe, 0));
	const is = possible.find((one) => (one.bound ? one.sequence === found : found === undefined));
	const nothingYet = safe < 0 && found === undefined;
	assert.ok(
		is !== undefined || nothingYet,
		`${user} has ${found}, and may have ${possible.map((one) => one.sequence).join()}`,
	);
	const now = { sequence: found ?? 0, bound: found !== undefined, at: 0 };
	return [now];
}

/** The mark of the binding of each user that has one. */
async function boundNow(
	load: RegisterLoad,
	users: readonly string[],
	sequence: () => number,
): Promise<ReadonlyMap<string, number>> {
	const found = new Map<string, number>();
	const fetches = users.map((user) => ({ user, sequence: sequence(), expires: undefined }));
	await load.run(fetches, ({ register, status, text }) => {
		assert.equal(status, 200, text);
		const mark = /^Contact: .*;mark=(\d+)/m.exec(text)?.[1];
		if (mark !== undefined) found.set(register.user, Number(mark));
	});
	return found;
}

function integrity(sipwright: Sipwright): unknown {
	const file = join(sipwright.folder.path, "state/location.sqlite");
	const database = new Database(file, { readonly: true });
	const sound = database.pragma("integrity_check", { simple: true });
	database.close();
	return sound;
}

async function bed(t: TestContext) {
	const port = await freePort();
	const sipwright = await startSipwright({
		config: [
			"listen:",
			`  - { transport: udp, address: "127.0.0.1:${port}", tcp: no }`,
			`location: { store: sqlite, window-ms: ${WINDOW_MS} }`,
			"state: ./state",
			"devices: devices.yaml",
		].join("\n"),
		files: { "devices.yaml": devices(PHONES) },
	});
	closing(t, sipwright, (one) => one.stop());
	const load = closing(t, await RegisterLoad.open("127.0.0.1", port), (one) => one.close());
	return { sipwright, load };
}

function devices(count: number): string {
	return Array.from(
		{ length: count },
		(_, index) => `"${1_000 + index}": { type: Extension, contact: "*" }\n`,
	).join("");
}
