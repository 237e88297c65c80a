/**
 * The clock of a test inside the isolate: `Date` says there what time it is in the test. Production
 * bundles know nothing of it: what is put around the bundle here is plain ECMAScript.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Bundle } from "../script/compile.ts";
import type { HostResult } from "../script/host-call.ts";

/** No SIP message begins with it. */
const MARK = "\0";

/** The bundle with a `Date` that begins at `start` and follows what `stamped` says. */
export function clocked(bundle: Bundle, start: Milliseconds): Bundle {
	// On the first line of the bundle, which nothing in a source map points to.
	const [before, after] = [prologue(start), EPILOGUE];
	return { ...bundle, code: `${before}(${bundle.code.replace(/;\s*$/, "")}\n)${after}` };
}

/** The message as a clocked bundle takes it. */
export function stamped(now: Milliseconds, text: string): string {
	return `${MARK}${now}${MARK}${text}`;
}

/** A result of a host call, likewise. */
export function stampedResult(
	now: Milliseconds,
	result: HostResult,
): HostResult & { readonly now: Milliseconds } {
	return { ...result, now };
}

function prologue(start: Milliseconds): string {
	return [
		"(function (SIPWRIGHT_DEVICES) {",
		`let now = ${start};`,
		"const Real = Date;",
		"globalThis.Date = new Proxy(Real, {",
		"construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now] : given, as),",
		"apply: () => new Real(now).toString(),",
		'get: (target, name) => (name === "now" ? () => now : Reflect.get(target, name)),',
		"});",
		"Real.prototype.constructor = globalThis.Date;",
		"const runtime = ",
	].join(" ");
}

const EPILOGUE = `(SIPWRIGHT_DEVICES);
const ask = {};
for (const [hook, answer] of Object.entries(runtime.ask))
	ask[hook] = (text, ...rest) => {
		const end = text.startsWith("\\0") ? text.indexOf("\\0", 1) : -1;
		if (end > 0) now = Number(text.slice(1, end));
		return answer(text.slice(end + 1), ...rest);
	};
const resume = (ticket, call, result) => {
	now = JSON.parse(result).now ?? now;
	runtime.resume(ticket, call, result);
};
return { ...runtime, ask, resume };
})`;
