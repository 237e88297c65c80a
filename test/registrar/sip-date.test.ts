import assert from "node:assert/strict";
import { test } from "node:test";
import { sipDate } from "../../core/registrar/sip-date.ts";

test("RFC 3261 §20.17: dates of four centuries are those of the calendar", () => {
	const DAY = 86_400_000;
	for (let now = 0; now < 400 * 366 * DAY; now += 11 * DAY + 3_661_001)
		assert.equal(sipDate(now), new Date(now).toUTCString());
	for (const date of ["2000-02-29", "2100-02-28", "2100-03-01", "2024-12-31", "2025-01-01"]) {
		const now = Date.parse(`${date}T23:59:59.999Z`);
		assert.equal(sipDate(now), new Date(now).toUTCString());
	}
});
