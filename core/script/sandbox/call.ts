/** The legs of a call as scripts see them: secure signaling G6, G7. */
import type { Scheme } from "../../base/scheme.ts";
import type * as Public from "../sipwright.d.ts";

export class Caller implements Public.CallerLeg {
	readonly side = "caller";
	readonly scheme: Scheme;

	constructor(scheme: Scheme) {
		this.scheme = scheme;
		Object.freeze(this);
	}
}

export class Callee implements Public.CalleeLeg {
	readonly side = "callee";
	#scheme: Scheme | undefined;

	get scheme(): Scheme | undefined {
		return this.#scheme;
	}

	force(scheme: Scheme): void {
		this.#scheme = scheme;
	}
}

export class ScriptCall implements Public.Call {
	readonly caller: Caller;
	readonly callee = new Callee();

	constructor(caller: Caller) {
		this.caller = caller;
	}
}
