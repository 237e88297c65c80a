/** The transcript of docs/guides/first-route.md: its commands are run, and must say what it says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { freePort } from "../support/ports.ts";
import { startProgram } from "../support/process.ts";
import { tempFolder } from "../support/temp-folder.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
const GUIDE = join(REPOSITORY, "docs/guides/first-route.md");
/** Those that the guide uses, which somebody may use here. */
const PORTS = ["5060", "5061", "5080", "5090"];
const MINUTES_MAX = 10;

type Step = { readonly command: string; readonly output: readonly string[] };

test("from init to a tested, reloaded, called route: the transcript of the guide, in less than ten minutes", async (t) => {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const moved = new Map<string, string>();
	for (const port of PORTS) moved.set(port, String(await freePort()));
	const elsewhere = (text: string) =>
		text.replace(/\b50[6-9]\d\b/g, (port) => moved.get(port) ?? port);
	const steps = stepsOf(readFileSync(GUIDE, "utf8"));
	assert.ok(steps.length > 10);

	folder.write("bin/sipwright", `#!/bin/sh\nexec node ${REPOSITORY}/core/sipwright.js "$@"\n`);
	const ports = `sed -i '${[...moved].map((pair) => `s/:${pair.join("/:")}/`).join(";")}' sipwright.yaml`;
	const admin = `echo 'admin: { address: "127.0.0.1:${await freePort()}" }' >> sipwright.yaml`;
	const script = steps.map(({ command }, at) => {
		const also = command === "cd demo" ? `\n${ports}\n${admin}` : "";
		return `echo '<${at}>'\n${elsewhere(command)}${also}`;
	});
	const before = performance.now();
	const text = ["chmod +x bin/sipwright", ...script, "wait", "echo '<end>'", ""].join("\n");
	const path = [join(folder.path, "bin"), dirname(process.execPath), process.env.PATH].join(":");
	const bash = startProgram("bash", [folder.write("transcript.sh", text)], {
		cwd: folder.path,
		env: { PATH: path, TERM: "dumb" },
	});
	closing(t, bash, (one) => one.stop());
	await bash.printed(/<end>/, MINUTES_MAX * 60_000);
	t.diagnostic(`${Math.round((performance.now() - before) / 1_000)} s`);
	// The output is read one character per octet.
	const output = Buffer.from(bash.output(), "latin1").toString("utf8");
	for (const [at, { command, output: expected }] of steps.entries()) {
		const next = at + 1 < steps.length ? at + 1 : "end";
		const said = output.slice(output.indexOf(`<${at}>`), output.indexOf(`<${next}>`));
		assert.match(said, pattern(expected.map(elsewhere)), command);
	}
});

/** What stands in its blocks of `console`: commands behind `$`, their further lines behind `>`. */
function stepsOf(guide: string): Step[] {
	const blocks = [...guide.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
	return blocks.flatMap((block) =>
		block
			.split(/^\$ /m)
			.slice(1)
			.map((step) => {
				const [first = "", ...lines] = step.trimEnd().split("\n");
				const more = lines.filter((line) => /^>( |$)/.test(line)).map((line) => line.slice(2));
				const output = lines.filter((line) => !/^>( |$)/.test(line));
				return { command: [first, ...more].join("\n"), output };
			}),
	);
}

/** `…` is anything, and so is a hash. */
function pattern(lines: readonly string[]): RegExp {
	const escaped = lines.map((line) => line.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
	const text = escaped.join("\\s*\\n");
	return new RegExp(text.replaceAll("…", "[\\s\\S]*").replace(/[0-9a-f]{16}/g, "[0-9a-f]{16}"));
}
