/** What a host call fails with. */
import type * as Public from "../sipwright.d.ts";

export class HostError extends Error implements Public.HostError {
	override readonly name = "HostError";
	readonly code: string;

	/** `place`: where the script called, if not here. */
	constructor(code: string, message: string, place?: Error) {
		super(message);
		this.code = code;
		if (place?.stack !== undefined) this.stack = place.stack;
	}
}

/** Nobody outside has answered, which no script can help. */
export function isNoAnswer(error: unknown): boolean {
	if (!(error instanceof HostError)) return false;
	switch (error.code) {
		case "HOST_TIMEOUT":
		case "HOST_FAILED":
		case "HOST_DNS":
		case "HOST_DEADLINE":
			return true;
		default:
			return false;
	}
}
