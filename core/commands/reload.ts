/** `sipwright reload`: the running instance takes up its files anew, or says why not. */
import type { ReloadOutcome } from "../admin/status.ts";
import { askAdmin } from "./admin-client.ts";
import { type Command, DONE, NO_ANSWER, option, REFUSED } from "./command.ts";
import { report } from "./report.ts";

export const reload: Command = {
	name: "reload",
	usage: "[--config FILE] [--json]",
	summary: "make the running instance read its configuration and scripts again",
	options: { config: { type: "string", short: "c" }, json: { type: "boolean" } },
	positionals: [],
	async run({ values }, output) {
		const answer = await askAdmin("POST", "/reload", option(values, "config"));
		if (answer.kind === "silence") {
			output.err(`sipwright reload: ${answer.reason}\n`);
			return NO_ANSWER;
		}
		if (!isOutcome(answer.body)) {
			output.err(`sipwright reload: ${JSON.stringify(answer.body)}\n`);
			return REFUSED;
		}
		const { ok, generation, hash, errors, warnings = [] } = answer.body;
		output.err(report(warnings.map((one) => ({ ...one, level: "warning" }))));
		if (values.json === true) output.out(`${JSON.stringify(answer.body)}\n`);
		else if (ok) output.out(`reloaded: generation ${generation}, ${hash}\n`);
		else
			output.err(
				`${report(errors)}nothing changed: generation ${generation}, ${hash}, is still in use\n`,
			);
		return ok ? DONE : REFUSED;
	},
};

function isOutcome(body: unknown): body is ReloadOutcome {
	return typeof body === "object" && body !== null && "ok" in body && "errors" in body;
}
