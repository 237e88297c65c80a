/**
 * A route script failed on a request. The request gets the configured fallback, the generation's
 * count of failures grows, and the message names the script's own file and line.
 */
import { type Place, placeText } from "./place.ts";

export class ScriptError extends Error {
	override readonly name = "ScriptError";
	readonly code: /** It threw, at its top level or in a hook. */
		| "SCRIPT_THREW"
		/** A hook ran longer than it may. */
		| "SCRIPT_TIMEOUT"
		/** It keeps more than it may. */
		| "SCRIPT_MEMORY"
		/** What the hook returned is no decision. */
		| "SCRIPT_DECISION"
		/** It waited longer than it may. */
		| "SCRIPT_DEADLINE"
		/** It calls the host more often than it may, or too many wait already. */
		| "SCRIPT_LIMIT";
	/** Absolute path of the entry. */
	readonly script: string;
	/** Where in the script's files, as far as known. */
	readonly place: Place | undefined;
	readonly generation: number;
	readonly reason: string;
	/** It lacked an answer of an HTTP host or of the name servers: that is not the script's doing. */
	readonly outside: boolean;

	constructor(
		code: ScriptError["code"],
		at: {
			readonly script: string;
			readonly place: Place | undefined;
			readonly generation: number;
		},
		reason: string,
		outside = false,
	) {
		super(`${at.place ? placeText(at.place) : at.script}: ${reason}`);
		this.code = code;
		this.script = at.script;
		this.place = at.place;
		this.generation = at.generation;
		this.reason = reason;
		this.outside = outside;
	}
}
