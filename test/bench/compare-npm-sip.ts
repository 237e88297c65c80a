/**
 * npm run compare: core/message beside the parser of the npm package `sip`, message by message. The result
 * replaces the table in docs/architecture/dependencies.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { addressing } from "./compare/addressing.ts";
import { order } from "./compare/order.ts";
import { torture } from "./compare/torture.ts";

const PAGE = "docs/architecture/dependencies.md";
const BETWEEN = /(<!-- npm run compare -->\n)[\s\S]*?(<!-- end -->)/;

const rows = [...torture(), ...addressing(), ...order()];
const table = [
	"| | core/message | npm sip |",
	"| --- | --- | --- |",
	...rows.map(({ what, ours, theirs }) => `| ${what} | ${ours} | ${theirs} |`),
].join("\n");

const page = readFileSync(PAGE, "utf8");
if (!BETWEEN.test(page)) throw new Error(`${PAGE} has no place for the table`);
writeFileSync(
	PAGE,
	page.replace(BETWEEN, (_, start, end) => `${start}${table}\n${end}`),
);
process.stdout.write(`${table}\nwritten: ${PAGE}\n`);
