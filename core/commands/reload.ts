/** `sipwright reload`, `promote` and `rollback`: the running instance takes up its files anew, gives those that are tried every request, or goes back to the scripts before; or says why not. */
import type { ReloadOutcome } from "../admin/status.ts";
import { askAdmin } from "./admin-client.ts";
import { type Command, DONE, NO_ANSWER, type Output, option, REFUSED } from "./command.ts";
import { report } from "./report.ts";

export const reload = asking(
	"reload",
	"make the running instance read its configuration and scripts again",
	"reloaded",
);

export const promote = asking(
	"promote",
	"make the scripts that the running instance tries on a part of the requests serve all of them",
	"promoted",
);

export const rollback = asking(
	"rollback",
	"end what is tried, or make the running instance serve with the scripts before, until the files change; again: undo that",
	"rolled back",
);

function asking(name: "reload" | "promote" | "rollback", summary: string, done: string): Command {
	return {
		name,
		usage: "[--config FILE] [--json]",
		summary,
		options: { config: { type: "string", short: "c" }, json: { type: "boolean" } },
		positionals: [],
		async run({ values }, output) {
			const answer = await askAdmin("POST", `/${name}`, option(values, "config"));
			if (answer.kind === "silence") {
				output.err(`sipwright ${name}: ${answer.reason}\n`);
				return NO_ANSWER;
			}
			if (!isOutcome(answer.body)) {
				output.err(`sipwright ${name}: ${JSON.stringify(answer.body)}\n`);
				return REFUSED;
			}
			if (values.json === true) output.out(`${JSON.stringify(answer.body)}\n`);
			else say(answer.body, done, output);
			return answer.body.ok ? DONE : REFUSED;
		},
	};
}

function say(outcome: ReloadOutcome, done: string, output: Output): void {
	const { ok, generation, hash, errors, warnings = [] } = outcome;
	output.err(report(warnings.map((one) => ({ ...one, level: "warning" }))));
	if (ok) output.out(`${done}: generation ${generation}, ${hash}${tried(outcome)}\n`);
	else
		output.err(
			`${report(errors)}nothing changed: generation ${generation}, ${hash}, is still in use\n`,
		);
}

/** What was loaded serves a part of the requests only. */
function tried({ candidate }: ReloadOutcome): string {
	if (candidate === undefined) return "";
	const { generation, hash, until } = candidate;
	const then = until === undefined ? "sipwright promote" : new Date(until).toISOString();
	return `; generation ${generation}, ${hash}, is tried until ${then}`;
}

function isOutcome(body: unknown): body is ReloadOutcome {
	return typeof body === "object" && body !== null && "ok" in body && "errors" in body;
}
