import assert from "node:assert/strict";
import { test } from "node:test";
import { changeUri, type UriChange } from "../../core/message/change-uri.ts";
import { parseUri, type Uri } from "../../core/message/uri.ts";
import { randomUri, SCHEMES } from "../support/random-uri.ts";
import { seeded } from "../support/seeded.ts";

/** Everything that a URI says, by part. */
function parts({ scheme, user, password, host, port, params, headers }: Uri) {
	return { scheme, user, password, host, port, params: params.map(({ text }) => text), headers };
}

test("RFC 3261 §19.1.1: what is not named is as before, to the letter", () => {
	for (let seed = 1; seed <= 500; seed += 1) {
		const text = randomUri(seeded(seed), SCHEMES[seed % 2] ?? "sip");
		assert.equal(changeUri(parseUri(text), {}), text, `seed ${seed}`);
	}
});

test("RFC 3261 §19.1.1: a part that is named is the only one that differs", () => {
	for (let seed = 1; seed <= 2_000; seed += 1) {
		const random = seeded(seed);
		const uri = parseUri(randomUri(random, random.pick(SCHEMES)));
		const change: UriChange = random.pick([
			{ scheme: "sips" },
			{ user: "b%20c" },
			{ user: null },
			{ host: "[2001:db8::1]" },
			{ port: 5099 },
			{ port: null },
			{ params: new Map([["x-new", "1"]]) },
		]);
		const { params: _, ...named } = change;
		const expected = { ...parts(uri), ...named };
		if (change.user !== undefined) expected.password = undefined;
		if (change.params !== undefined) expected.params = [...expected.params, "x-new=1"];
		for (const name of ["user", "port"] as const)
			if (change[name] === null) Object.assign(expected, { [name]: undefined });
		assert.deepEqual(parts(parseUri(changeUri(uri, change))), expected, `seed ${seed}`);
	}
});
