/** Decisions as a route script would make them, for tests whose routes are plain functions. */
import type { Decision, HeaderEdit, TargetChoice } from "../../core/proxy/decision.ts";

type Relay = Extract<Decision, { kind: "relay" }>;

/** Calls devices by name and URIs, all at once; without any, wherever the Request-URI points. */
export function relay(...targets: readonly string[]): Relay {
	const choices = targets.length === 0 ? [{ kind: "request-uri" } as const] : targets.map(choice);
	return { kind: "relay", targets: choices, callee: undefined, edits: [] };
}

export function reply(
	status: number,
	reason?: string,
	edits: readonly HeaderEdit[] = [],
): Decision {
	return { kind: "reply", status, reason, edits };
}

function choice(target: string): TargetChoice {
	return /^[a-z]+:/.test(target)
		? { kind: "uri", uri: target }
		: { kind: "device", name: target, number: undefined };
}
