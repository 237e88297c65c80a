/** The options of `relay` and `fork` as the proxy takes them: RFC 3261 §16.6. */
import type { Forking } from "../../proxy/decision.ts";
import { FORK_TIMEOUT_MAX_MS, FORK_TIMEOUT_MIN_MS } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";

const ORDERS: readonly unknown[] = ["q", "parallel", "serial", "failover"];
const OPTIONS: readonly string[] = ["order", "timeout", "recurse", "late"];

/** Undefined where nothing is asked for. Throws a TypeError or RangeError for what is no option. */
export function forkingOf(
	verb: string,
	options: Public.ForkOptions | undefined,
): Forking | undefined {
	if (options === undefined) return undefined;
	if (typeof options !== "object" || options === null)
		throw new TypeError(`${verb}() takes its options as an object, { order: "serial" }`);
	for (const name of Object.keys(options))
		if (!OPTIONS.includes(name))
			throw new TypeError(`${verb}() has no option ${name}; it has ${OPTIONS.join(", ")}`);
	const { order = "q", timeout, recurse = false, late = false } = options;
	if (!ORDERS.includes(order))
		throw new TypeError(
			`${verb}(): order is "q", "parallel", "serial" or "failover", not ${String(order)}`,
		);
	for (const [name, value] of Object.entries({ recurse, late }))
		if (typeof value !== "boolean")
			throw new TypeError(`${verb}(): ${name} is true or false, not ${String(value)}`);
	return { order, timeout: milliseconds(verb, timeout), recurse, ...(late && { late }) };
}

function milliseconds(verb: string, seconds: number | undefined): number | undefined {
	if (seconds === undefined) return undefined;
	const value = typeof seconds === "number" ? Math.round(seconds * 1000) : Number.NaN;
	if (value >= FORK_TIMEOUT_MIN_MS && value <= FORK_TIMEOUT_MAX_MS) return value;
	const [from, to] = [FORK_TIMEOUT_MIN_MS / 1000, FORK_TIMEOUT_MAX_MS / 1000];
	throw new RangeError(`${verb}(): timeout is ${from} to ${to} seconds, not ${String(seconds)}`);
}
