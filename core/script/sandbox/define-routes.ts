/** The hooks of a script: checked when it is loaded, so that a wrong name is found before a caller finds it. */
import { HOOKS } from "../hooks.ts";
import { TIMER_EVERY_MAX_S, TIMER_EVERY_MIN_S, TIMER_NAME_MAX, TIMERS_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";

type Timers = readonly { readonly name: string; readonly every: number }[];

const defined = new WeakSet<object>();
const timers = new WeakMap<object, Timers>();

/** Throws a TypeError at the script's line. */
export function define(routes: Public.Routes): Public.Routes {
	if (typeof routes !== "object" || routes === null)
		throw new TypeError("defineRoutes() takes an object of hooks");
	for (const [name, hook] of Object.entries(routes)) if (name !== "timers") checkHook(name, hook);
	if (routes.onRequest === undefined) throw new TypeError("defineRoutes(): onRequest is missing");
	const checked = checkTimers(routes);
	const copy = Object.freeze({ ...routes });
	timers.set(copy, checked);
	defined.add(copy);
	return copy;
}

/** Whether a script's default export came out of `defineRoutes`. */
export function isRoutes(value: unknown): value is Public.Routes {
	return typeof value === "object" && value !== null && defined.has(value);
}

/** As they were when they were defined. */
export function timersOf(routes: Public.Routes): Timers {
	return timers.get(routes) ?? [];
}

function checkTimers({ timers, onTimer }: Public.Routes): Timers {
	if (timers === undefined) {
		if (onTimer === undefined) return [];
		throw new TypeError(
			"defineRoutes(): onTimer is never asked; write timers: { name: { every: 60 } } beside it",
		);
	}
	if (onTimer === undefined) throw new TypeError("defineRoutes(): timers without onTimer");
	if (typeof timers !== "object" || timers === null)
		throw new TypeError("defineRoutes(): timers is no object; write { name: { every: 60 } }");
	const checked = Object.entries(timers).map(([name, timer]) => checkTimer(name, timer));
	if (checked.length <= TIMERS_MAX) return checked;
	throw new TypeError(`defineRoutes(): ${checked.length} timers; ${TIMERS_MAX} at most`);
}

function checkTimer(name: string, timer: unknown): Timers[number] {
	const at = `defineRoutes(): timers.${name}`;
	if (name === "" || name.length > TIMER_NAME_MAX)
		throw new TypeError(`${at}: a name has 1 to ${TIMER_NAME_MAX} characters`);
	const every: unknown =
		typeof timer === "object" && timer !== null && "every" in timer ? timer.every : undefined;
	// Not a number is neither less nor more.
	if (typeof every === "number" && every >= TIMER_EVERY_MIN_S && every <= TIMER_EVERY_MAX_S)
		return { name, every };
	throw new TypeError(
		`${at}: write { every: seconds }, ${TIMER_EVERY_MIN_S} to ${TIMER_EVERY_MAX_S}`,
	);
}

function checkHook(name: string, hook: unknown): void {
	const known = `the hooks are ${HOOKS.join(", ")}`;
	if (!(HOOKS as readonly string[]).includes(name))
		throw new TypeError(`defineRoutes(): there is no hook ${name}; ${known}`);
	if (typeof hook !== "function")
		throw new TypeError(`defineRoutes(): ${name} is ${typeof hook}, not a function`);
}
