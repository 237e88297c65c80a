/** A route script for the calls that were planned, as a plain function: it forks, asks for passwords, fails. */
import type { RouteGeneration } from "../../core/exchange/route-generation.ts";
import type { Decision } from "../../core/proxy/decision.ts";
import type { AskContext } from "../../core/script/ask-context.ts";
import { ScriptError } from "../../core/script/script-error.ts";
import { relay, reply } from "../support/decisions.ts";
import type { CallPlan } from "./call.ts";
import { userOf } from "./sip.ts";

/** `planned` knows the plan behind a number that was dialled, for as long as it runs. */
export function plannedRoutes(
	planned: (dialled: string) => CallPlan | undefined,
): Pick<RouteGeneration, "ask"> {
	return {
		ask: (_hook, text, context) => {
			const line = text.slice(0, text.indexOf("\r\n"));
			const [method = "", uri = ""] = line.split(" ");
			if (!context.ours) return relay();
			if (method === "REGISTER") return register(text, context);
			const plan = planned(userOf(uri));
			return plan === undefined ? relay(userOf(uri)) : decide(plan, context);
		},
	};
}

function register(text: string, { source }: AskContext): Decision {
	const asked = /^To: <sips?:101[23]@/m.test(text) && !source.authenticated;
	return asked ? { kind: "challenge" } : { kind: "save", contacts: undefined };
}

function decide(plan: CallPlan, { source }: AskContext): Decision | ScriptError {
	if (plan.script === "drops") return { kind: "drop" };
	if (plan.script === "fails")
		return new ScriptError("SCRIPT_THREW", { script: "x", place: undefined, generation: 1 }, "x");
	if (plan.challenged && !source.authenticated) return { kind: "challenge" };
	if (plan.targets.length === 0) return reply(404);
	return { ...relay(...plan.targets), fork: plan.fork };
}
