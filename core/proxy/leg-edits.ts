/** What a script writes into a header that a leg sees in its scheme is shown in it too: secure signaling §3.6, `headers`. */
import { type Legs, legOf, rewrites, type Side } from "../leg/leg.ts";
import { forcedValue } from "../leg/listed-headers.ts";
import type { HeaderEdit } from "./decision.ts";
import { longName } from "./header-edits.ts";

/** The edits on a message that goes out to this side. */
export function onLeg(edits: readonly HeaderEdit[], legs: Legs, side: Side): readonly HeaderEdit[] {
	if (edits.length === 0) return edits;
	const { scheme, policy } = legOf(legs, side);
	if (policy.headers.length === 0 || !rewrites(legs)) return edits;
	const listed = policy.headers.map((name) => name.toLowerCase());
	return edits.map((edit) => {
		if (!listed.includes(longName(edit.name))) return edit;
		return { ...edit, value: forcedValue(edit.name, edit.value, scheme) };
	});
}
