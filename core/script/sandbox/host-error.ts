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
