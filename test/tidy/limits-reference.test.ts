/** docs/reference/limits.md names every limit, with its value, and counters that exist. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as messageLimits from "../../core/message/limits.ts";
import { newCounters } from "../../core/transaction/counters.ts";
import { TransportCounters } from "../../core/transport/counters.ts";
import { LIMITS } from "../../core/transport/limits.ts";
import {
	limitsReference,
	messageRows,
	otherRows,
	PAGE,
	scriptRows,
	transportRows,
} from "./limits-reference.ts";

test(`${PAGE} is current: node test/tidy/limits-reference.ts writes it`, () => {
	assert.equal(readFileSync(PAGE, "utf8"), `${limitsReference()}\n`);
});

test(`${PAGE} has every limit on messages and transports`, () => {
	const names = (rows: readonly { name: string }[]) =>
		rows.map(({ name }) => name.replaceAll("`", "")).sort();
	assert.deepEqual(names(messageRows()), Object.keys(messageLimits).sort());
	assert.deepEqual(names(transportRows()), Object.keys(LIMITS).sort());
});

test(`${PAGE} names counters that exist`, () => {
	const known = new Set([
		...Object.keys(new TransportCounters()),
		...Object.keys(newCounters()),
		// Of the exchange, which is made with all of its parts.
		"malformed",
		"scriptErrors",
		"throttledLogins",
		"mismatches",
		"sipsDowngrades",
		"sipsUpgrades",
		"natPings",
		// Of the route scripts, likewise.
		"generationsEnded",
		"metricsLeftOut",
	]);
	const rows = [...messageRows(), ...transportRows(), ...scriptRows(), ...otherRows()];
	const named = rows.flatMap(({ counter }) => counter.match(/\w+/g) ?? []);
	assert.deepEqual(
		named.filter((name) => !known.has(name)),
		[],
	);
	assert.ok(named.length > 20);
});
