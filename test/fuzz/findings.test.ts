/** Every past finding, tried again: an input that once broke a rule must never break it again. */
import { test } from "node:test";
import { names, read } from "./findings.ts";
import { targets } from "./targets.ts";

for (const name of names())
	test(`a past finding stays mended: ${name}`, () => {
		const { target: wanted, input } = read(name);
		const target = targets.find((one) => one.name === wanted);
		if (target === undefined) throw new TypeError(`${name}: no target ${wanted}`);
		target.check(input);
	});
