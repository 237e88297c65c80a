/**
 * Our own side asked for an edit that would not give a SIP message: a line break smuggled into
 * a value, or two edits of overlapping text (RFC 3261 §7.3.1, §25.1).
 */
export class EditError extends Error {
	override readonly name = "EditError";
	readonly code: "SIP_EDIT_INJECTION" | "SIP_EDIT_OVERLAP";
	readonly field: string;

	constructor(code: EditError["code"], field: string, reason: string) {
		super(`${field}: ${reason}`);
		this.code = code;
		this.field = field;
	}
}

/** Refuses what would end the line early (CR, LF) or cut it in a C program (NUL). */
export function refuseInjection(field: string, value: string): void {
	if (value.includes("\r") || value.includes("\n") || value.includes("\0"))
		throw new EditError("SIP_EDIT_INJECTION", field, "CR, LF and NUL are not allowed in a value");
}
