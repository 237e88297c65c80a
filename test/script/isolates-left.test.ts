/** An isolate that nobody would ever close keeps its heap for as long as the process lives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpareIsolate } from "../../core/script/spare-isolate.ts";
import { context, hook, load, request } from "./harness.ts";

test("architecture §4: a generation that ends while it is asked off the main thread opens no spare isolate", async (t) => {
	const { generation } = await load(
		t,
		hook("if (request.uri.user === '9') for (;;); return reply(404);"),
	);
	const prepare = t.mock.method(SpareIsolate.prototype, "prepare");
	const outcome = generation.rehearse(request("INVITE", "sip:9@127.0.0.1"), context(), []);
	generation.end();
	assert.ok((await outcome) instanceof Error);
	assert.equal(prepare.mock.callCount(), 0);
});
