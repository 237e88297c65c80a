/** The messages of RFC 5118 §4, as archived in its appendix A and put right where the archive is no SIP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { torture } from "./torture.ts";

const count = torture(5118);

test("RFC 5118 App. A: all 12 messages are here", () => {
	assert.equal(count, 12);
});
