/** What a host call fails with. */
import type * as Public from "../sipwright.d.ts";

export class HostError extends Error implements Public.HostError {
	override readonly name = "HostError";
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
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
