/** The command line: what is understood, what is refused and with which words. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sipwright } from "./output.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

test("--help lists every command; a command's --help shows its options", async () => {
	for (const word of ["--help", "-h", "help"]) {
		const { code, out } = await sipwright(word);
		assert.equal(code, 0);
		for (const name of ["run", "check", "init", "reload", "status", "rotate-keys"])
			assert.match(out, new RegExp(`^  ${name} .*  \\S`, "m"));
	}
	const one = await sipwright("reload", "--help");
	assert.equal(one.code, 0);
	assert.match(one.out, /^Usage: sipwright reload \[--config FILE\] \[--json\]\n/);
});

test("--version is the version of package.json", async () => {
	for (const word of ["--version", "-v"])
		assert.deepEqual(await sipwright(word), { code: 0, out: `${version}\n`, err: "" });
});

test("no command at all: the overview, and exit code 2", async () => {
	const { code, out } = await sipwright();
	assert.equal(code, 2);
	assert.match(out, /^Usage: sipwright COMMAND/);
});

test("an unknown command leads to the nearest", async () => {
	assert.deepEqual(await sipwright("chekc"), {
		code: 2,
		out: "",
		err: "sipwright: there is no command chekc: did you mean sipwright check?\n",
	});
	assert.match((await sipwright("frobnicate")).err, /see sipwright --help\n$/);
	assert.match((await sipwright("constructor")).err, /there is no command constructor/);
});

test("unknown options, missing and superfluous values are refused with the usage", async () => {
	const usage = "\nUsage: sipwright status [--config FILE] [--json]\n";
	const cases: [string[], string][] = [
		[["--confg=x"], "there is no option --confg; did you mean --config?"],
		[["-x"], "there is no option -x"],
		[["--__proto__"], "there is no option --__proto__"],
		[["--config"], "--config needs a value"],
		[["--json=yes"], "--json takes no value"],
		[["now"], "now is one argument too many"],
	];
	for (const [argv, reason] of cases)
		assert.deepEqual(await sipwright("status", ...argv), {
			code: 2,
			out: "",
			err: `sipwright status: ${reason}${usage}`,
		});
	assert.match((await sipwright("init")).err, /^sipwright init: DIR is missing\n/);
	assert.match(
		(await sipwright("run", "--log-level", "loud")).err,
		/one of debug, info, warn, error/,
	);
});
