/** `onStart`: the scripts are about to serve. */
import type * as Public from "../sipwright.d.ts";
import { type Asked, passed } from "./asked.ts";

/** Kept from before the script runs. */
const { parse } = JSON;

export class OnStart implements Asked {
	readonly #start: Public.Start;

	constructor(more: string) {
		const generation: number = parse(more);
		this.#start = Object.freeze({ generation });
	}

	run(routes: Public.Routes): unknown {
		return routes.onStart?.(this.#start);
	}

	/** What it returns is nobody's answer. */
	answer() {
		return passed(undefined, []);
	}
}
