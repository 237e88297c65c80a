/** What two parsers read differently in one message. */
import type { Difference } from "./disagreements.ts";
import { FIELDS, ours, theirs } from "./reading.ts";

export function differences(message: string): Difference[] {
	const [own, other] = [ours(message), theirs(message)];
	// Empty lines before a message are none of it (RFC 3261 §7.5): evidence is looked for behind them.
	const text = message.replace(/^(\r\n)+/, "");
	if (own.refused !== undefined || other.refused !== undefined) {
		if (own.refused !== undefined && other.refused !== undefined) return [];
		const told = { ours: own.refused ?? "read", theirs: other.refused ?? "read" };
		return [{ field: "accept", ...told, text }];
	}
	return FIELDS.map((field) => ({
		field,
		ours: own.fields[field] ?? "",
		theirs: other.fields[field] ?? "",
		text,
	})).filter((one) => one.ours !== one.theirs);
}
