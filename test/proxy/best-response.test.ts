import assert from "node:assert/strict";
import { test } from "node:test";
import { bestResponse } from "../../core/proxy/best-response.ts";

const best = (...statuses: readonly number[]) =>
	bestResponse(statuses.map((status, at) => ({ status, at })))?.status;

/** The one that wins whichever comes first. */
const bestOfBoth = (a: number, b: number) => {
	assert.equal(best(a, b), best(b, a), `${a} and ${b}`);
	return best(a, b);
};

test("RFC 3261 §16.7 step 6 PX-54: any 6xx wins, else the lowest class", () => {
	assert.equal(bestOfBoth(603, 401), 603);
	assert.equal(bestOfBoth(600, 302), 600);
	assert.equal(bestOfBoth(302, 404), 302);
	assert.equal(bestOfBoth(404, 500), 404);
	assert.equal(bestOfBoth(408, 500), 408);
});

test("RFC 3261 §16.7 step 6 PX-55: among 4xx those that help the caller to try again", () => {
	for (const helpful of [401, 407, 415, 420, 484])
		for (const plain of [400, 403, 404, 408, 480, 486, 487, 488])
			assert.equal(bestOfBoth(helpful, plain), helpful);
	assert.equal(bestOfBoth(415, 407), 407, "a challenge above all");
});

test("RFC 3261 §16.7 step 6 PX-56: 408, 440 and 487 say nothing about the callee: last of the 4xx", () => {
	for (const silent of [408, 440, 487]) assert.equal(bestOfBoth(silent, 486), 486);
	assert.equal(bestOfBoth(408, 404), 404);
});

test("RFC 3261 §16.7 step 6 PX-56 PX-57: 503 and 430 are chosen only where there is nothing else", () => {
	for (const hidden of [503, 430]) {
		for (const other of [302, 408, 480, 500, 504, 603])
			assert.equal(bestOfBoth(hidden, other), other);
		assert.equal(best(hidden, hidden), hidden);
	}
});

test("RFC 3261 §16.7 step 6: the earliest wins a tie; of nothing there is no best", () => {
	const candidates = [486, 404, 404].map((status, at) => ({ status, at }));
	assert.equal(bestResponse(candidates)?.at, 0);
	assert.equal(bestResponse([]), undefined);
});
