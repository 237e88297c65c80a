/** The thread that writes registrations (RFC 3261 §10.3) dies, and the next one takes its place. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { WrittenApart } from "../../core/location/written-apart.ts";
import { closing } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Threads by what is posted to them: each as often as it gets something. */
function threadsOf(t: TestContext): readonly Worker[] {
	const threads: Worker[] = [];
	const post = Worker.prototype.postMessage;
	t.mock.method(Worker.prototype, "postMessage", function (this: Worker, message: unknown) {
		threads.push(this);
		post.call(this, message);
	});
	return threads;
}

test("a thread that has died does not take along the one that follows it: its exit comes behind its error", async (t) => {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const file = join(folder.path, "location.sqlite");
	const apart = closing(t, new WrittenApart(file), (one) => one.close());
	const threads = threadsOf(t);
	const lost = apart.write([]);
	threads[0]?.emit("error", new Error("out of memory"));
	await assert.rejects(lost, /out of memory/);
	const written = apart.write([]);
	written.catch(() => {});
	await threads[0]?.terminate();
	assert.equal((await written).failed, undefined);
	await apart.write([]);
	assert.equal(threads[2], threads[1]);
});
