/**
 * The peer sent something that is not SIP.
 *
 * Expected on any public port, so it is a value: thrown inside `message/`, caught once
 * in `parseMessage`, and returned from there. `status` is what a server may answer
 * (RFC 3261 §8.2, §16.3); nothing above this folder inspects `reason`.
 */
export class ParseError extends Error {
	override readonly name = "ParseError";
	readonly code = "SIP_PARSE";
	readonly status: 400 | 413 | 414 | 416 | 505 | 513;
	/** What is wrong, short enough for a reason phrase. */
	readonly reason: string;
	readonly field: string;
	readonly offset: number;

	constructor(
		reason: string,
		at: { field: string; offset: number; status?: ParseError["status"] },
	) {
		super(`${at.field}: ${reason} at offset ${at.offset}`);
		this.reason = reason;
		this.field = at.field;
		this.offset = at.offset;
		this.status = at.status ?? 400;
	}
}
