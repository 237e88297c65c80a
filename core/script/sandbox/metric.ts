/** What a script counts and measures: kept with its hook, taken by the host with what that decides. */
import { METRIC_NAME_MAX, METRICS_PER_HOOK_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import type { Counted } from "./counted.ts";
import { countsOfHook } from "./tickets.ts";

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** Kept from before the script runs. */
const { test } = RegExp.prototype;
const { apply } = Reflect;
const isNumber = Number.isFinite;

export const metrics: Public.Metrics = Object.freeze({
	count(name: string, by = 1) {
		check("metric.count", name, by);
		if (by < 0) throw new RangeError(`metric.count("${name}", ${by}): what is counted only grows`);
		const entry = entryOf("metric.count", name, true);
		if (entry !== undefined) entry.by = (entry.by ?? 0) + by;
	},
	set(name: string, value: number) {
		check("metric.set", name, value);
		const entry = entryOf("metric.set", name, false);
		if (entry !== undefined) entry.value = value;
	},
});

function check(call: string, name: unknown, value: unknown): void {
	if (typeof name !== "string" || name.length > METRIC_NAME_MAX || !apply(test, NAME, [name]))
		throw new TypeError(
			`${call}: a name has up to ${METRIC_NAME_MAX} letters, digits, _ and :, and begins with no digit`,
		);
	if (typeof value !== "number" || !isNumber(value))
		throw new TypeError(`${call}("${name}"): write a number`);
}

/** Undefined where there is no room. */
function entryOf(
	call: string,
	name: string,
	counts: boolean,
): Counted["entries"][number] | undefined {
	const hook = countsOfHook(call);
	hook.counted ??= { entries: [], dropped: 0 };
	const { entries } = hook.counted;
	for (let at = 0; at < entries.length; at += 1) {
		const entry = entries[at];
		if (entry?.name === name && (entry.by !== undefined) === counts) return entry;
	}
	if (entries.length >= METRICS_PER_HOOK_MAX) {
		hook.counted.dropped += 1;
		return undefined;
	}
	const entry = { name };
	entries[entries.length] = entry;
	return entry;
}
