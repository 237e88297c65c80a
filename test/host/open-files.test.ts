import assert from "node:assert/strict";
import { test } from "node:test";
import { openFilesMax, readLimit } from "../../core/host/open-files.ts";

test("TR-55: the limit on open files is the soft one, and none where the system names none", () => {
	const line = "Max open files            1024                 524288               files     \n";
	assert.equal(readLimit(`Limit  Soft Limit  Hard Limit  Units\n${line}`), 1024);
	assert.equal(readLimit("Max open files            unlimited   unlimited   files"), undefined);
	assert.equal(readLimit(""), undefined);
	if (process.platform === "linux") assert.ok((openFilesMax() ?? 0) > 0);
});
