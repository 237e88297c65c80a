/** What an expression is worth inside a route script, where `request` is the request it is asked about. */
import type { TestContext } from "node:test";
import { decision, hook, load, scriptDevice } from "./harness.ts";

const NAMES = [
	...["addPrefix", "e164", "inNetwork", "parseAddress", "parseUri", "parseValue"],
	...["replacePrefix", "sipUri", "stripPrefix", "withNumber"],
];

export type Evaluate = (text?: string) => unknown;

/** Loads it; what it throws is the text of the error. */
export async function evaluating(t: TestContext, expression: string): Promise<Evaluate> {
	const source = hook(
		`let value; try { value = ${expression}; } catch (error) { value = String(error); }
		return reply(299, JSON.stringify(value === undefined ? "undefined" : value));`,
		`import { ${NAMES.join(", ")} } from "sipwright";`,
	);
	const { ask } = await load(t, source, { devices: [scriptDevice({ name: "5000" })] });
	return (text) => {
		const made = decision(ask(text));
		if (made.kind !== "reply" || made.reason === undefined) throw new TypeError(made.kind);
		return JSON.parse(Buffer.from(made.reason, "latin1").toString("utf8"));
	};
}

export async function evaluate(t: TestContext, expression: string): Promise<unknown> {
	return (await evaluating(t, expression))();
}
