/** The messages of RFC 4475, octet for octet as archived in its appendix A. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { torture } from "./torture.ts";

const count = torture(4475);

test("RFC 4475 App. A: all 49 messages are here", () => {
	assert.equal(count, 49);
});
