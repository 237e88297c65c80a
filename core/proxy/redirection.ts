/** A redirect: RFC 3261 §8.3, §21.3. The caller tries the Contacts itself. */
import type { Decision } from "./decision.ts";
import type { Rejection } from "./rejection.ts";

export function redirection(decision: Extract<Decision, { kind: "redirect" }>): Rejection {
	const { status, contacts } = decision;
	return { status, headers: contacts.map((uri) => ["Contact", `<${uri}>`] as const) };
}
