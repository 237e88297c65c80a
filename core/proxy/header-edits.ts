/**
 * Header edits of a script on the request that goes out: RFC 3261 §16.6 step 5. They are made in the
 * order the script made them, so that what is sent is what the script saw after its last edit.
 */
import { headerIdAt, headerName } from "../message/headers.ts";
import type { Patch } from "../message/patch.ts";
import type { BodyEdit, HeaderEdit } from "./decision.ts";

/** What the edits of one header leave: of the lines received, and behind them. */
type Outcome = {
	spelling: string;
	/** The lines received stay, go, or give way to one with this value. */
	received: "kept" | "removed" | { readonly value: string };
	added: string[];
};

export function applyEdits(patch: Patch, edits: readonly HeaderEdit[]): void {
	if (edits.length === 0) return;
	const outcomes = new Map<string, Outcome>();
	for (const edit of edits) {
		if (edit.op === "body") continue;
		const name = longName(edit.name);
		const outcome = outcomes.get(name) ?? { spelling: edit.name, received: "kept", added: [] };
		outcomes.set(name, outcome);
		take(outcome, edit);
	}
	for (const [name, outcome] of outcomes) write(patch, name, outcome);
	const body = bodyEdit(edits);
	if (body !== undefined) writeBody(patch, body);
}

/** The body that the script puts in the place of the one received. */
export function bodyEdit(edits: readonly HeaderEdit[]): BodyEdit | undefined {
	return edits.length === 0 ? undefined : edits.findLast((edit) => edit.op === "body");
}

/** What says how the old one was to be read goes with it (§7.4.1). */
function writeBody(patch: Patch, { value, body }: BodyEdit): void {
	patch.body(body).remove("content-encoding");
	if (body === "") patch.remove("content-type");
	else if (value !== "") patch.set("content-type", value);
}

function take(outcome: Outcome, { op, name, value }: Exclude<HeaderEdit, BodyEdit>): void {
	if (op === "add") {
		outcome.added.push(value);
		return;
	}
	outcome.spelling = name;
	outcome.received = op === "set" ? { value } : "removed";
	outcome.added = [];
}

function write(patch: Patch, name: string, { spelling, received, added }: Outcome): void {
	if (received === "removed") patch.remove(name);
	else if (received !== "kept") patch.set(name, received.value, spelling);
	for (const value of added) patch.append(spelling, value);
}

/** The long name in lower case: a script may write the compact form. */
export function longName(name: string): string {
	return headerName(headerIdAt(name, 0, name.length)) ?? name.toLowerCase();
}
