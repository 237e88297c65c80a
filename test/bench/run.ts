/**
 * npm run bench: calls per CPU-second of Sipwright, Kamailio and a proxy made of npm `sip`.
 *
 *     npm run bench                                   writes docs/reference/performance.md
 *     npm run bench -- --only sipwright,kamailio --rounds 1 --rate 400 --calls 4000
 *     npm run bench -- --profile                      where Sipwright's time goes, nothing written
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { profileRound } from "./profile.ts";
import { renderPage, renderRow, summarise } from "./report.ts";
import { type Load, type Result, runRound } from "./round.ts";
import { TARGETS } from "./targets.ts";

const PAGE = "docs/reference/performance.md";

const { values } = parseArgs({
	options: {
		rate: { type: "string", default: "300" },
		calls: { type: "string", default: "4500" },
		rounds: { type: "string", default: "3" },
		only: { type: "string" },
		profile: { type: "boolean", default: false },
	},
});
const load: Load = { calls: Number(values.calls), callsPerSecond: Number(values.rate) };

if (values.profile) say((await profileRound(load)).text);
else await compare();

async function compare(): Promise<void> {
	const wanted = values.only?.split(",");
	const targets = TARGETS.filter(
		({ name }) => wanted?.some((one) => name.toLowerCase().includes(one.toLowerCase())) ?? true,
	);
	const results: Result[] = [];
	for (let round = 1; round <= Number(values.rounds); round += 1)
		for (const target of targets) {
			const result = await runRound(target, load);
			results.push(result);
			say(`round ${round}  ${renderRow(result)}`);
		}
	const summary = summarise(results);
	say(summary.text);
	if (wanted !== undefined) return;
	const profile = await profileRound(load);
	writeFileSync(PAGE, renderPage({ load, rounds: Number(values.rounds), summary, profile }));
	say(`${profile.text}\nwritten: ${PAGE}`);
}

function say(text: string): void {
	process.stdout.write(`${text}\n`);
}
