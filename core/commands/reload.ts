/** `sipwright reload` and `rollback`: the running instance takes up its files anew, or the scripts before them, or says why not. */
import type { ReloadOutcome } from "../admin/status.ts";
import { askAdmin } from "./admin-client.ts";
import { type Command, DONE, NO_ANSWER, type Output, option, REFUSED } from "./command.ts";
import { report } from "./report.ts";

export const reload = asking(
	"reload",
	"make the running instance read its configuration and scripts again",
	"reloaded",
);

export const rollback = asking(
	"rollback",
	"make the running instance serve with the scripts before, until the files change; again: undo that",
	"rolled back",
);

function asking(name: "reload" | "rollback", summary: string, done: string): Command {
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
	if (ok) output.out(`${done}: generation ${generation}, ${hash}\n`);
	else
		output.err(
			`${report(errors)}nothing changed: generation ${generation}, ${hash}, is still in use\n`,
		);
}

function isOutcome(body: unknown): body is ReloadOutcome {
	return typeof body === "object" && body !== null && "ok" in body && "errors" in body;
}
