/** `onTimer`: one of the script's `timers` has come round. */
import type * as Public from "../sipwright.d.ts";
import { type Asked, passed } from "./asked.ts";

/** Kept from before the script runs. */
const { parse } = JSON;

export class OnTimer implements Asked {
	readonly #timer: Public.Timer;

	constructor(more: string) {
		const name: string = parse(more);
		this.#timer = Object.freeze({ name });
	}

	run(routes: Public.Routes): unknown {
		return routes.onTimer?.(this.#timer);
	}

	/** What it returns is nobody's answer. */
	answer() {
		return passed(undefined, []);
	}
}
