/** The hooks of a script: checked when it is loaded, so that a wrong name is found before a caller finds it. */
import { HOOKS, LATER_HOOKS } from "../hooks.ts";
import type * as Public from "../sipwright.d.ts";

const defined = new WeakSet<object>();

/** Throws a TypeError at the script's line. */
export function define(routes: Public.Routes): Public.Routes {
	if (typeof routes !== "object" || routes === null)
		throw new TypeError("defineRoutes() takes an object of hooks");
	for (const [name, hook] of Object.entries(routes)) checkHook(name, hook);
	if (routes.onRequest === undefined) throw new TypeError("defineRoutes(): onRequest is missing");
	const copy = Object.freeze({ ...routes });
	defined.add(copy);
	return copy;
}

/** Whether a script's default export came out of `defineRoutes`. */
export function isRoutes(value: unknown): value is Public.Routes {
	return typeof value === "object" && value !== null && defined.has(value);
}

function checkHook(name: string, hook: unknown): void {
	const known = `the hooks are ${HOOKS.join(", ")}`;
	if (LATER_HOOKS.includes(name))
		throw new TypeError(`defineRoutes(): ${name} is not offered yet; ${known}`);
	if (!(HOOKS as readonly string[]).includes(name))
		throw new TypeError(`defineRoutes(): there is no hook ${name}; ${known}`);
	if (typeof hook !== "function")
		throw new TypeError(`defineRoutes(): ${name} is ${typeof hook}, not a function`);
}
