/** `kv`: what scripts keep beyond a request. */
import type * as Public from "../sipwright.d.ts";
import { HostError } from "./host-error.ts";
import { callHost } from "./tickets.ts";

export const keyValues: Public.KeyValues = Object.freeze({
	get: (key: string) => callHost("kv.get", [key]) as Promise<Public.KeyValue | undefined>,
	set: (key: string, value: Public.KeyValue, options: Public.ExpiryOptions = {}) => {
		const call = "kv.set";
		if (!isKept(value)) refuse(call, key, value, "text, a finite number, a boolean or null");
		return callHost(call, [key, value, secondsOf(call, key, options.expires)]) as Promise<void>;
	},
	increment: (key: string, options: Public.IncrementOptions = {}) => {
		const call = "kv.increment";
		const { by = 1, expires } = options;
		if (!finite(by)) refuse(call, key, by, "a finite number");
		return callHost(call, [key, by, secondsOf(call, key, expires)]) as Promise<number>;
	},
	delete: (key: string) => callHost("kv.delete", [key]) as Promise<boolean>,
});

/** Kept from before the script runs. */
const { isFinite: finite } = Number;
const { stringify } = JSON;
const TextOfScript = String;

/** JSON writes null for a number that it has no word for, and for what is no value. */
function isKept(value: unknown): boolean {
	if (typeof value === "number") return finite(value);
	return typeof value === "string" || typeof value === "boolean" || value === null;
}

/** Null would mean for ever. */
function secondsOf(call: string, key: string, expires: number | undefined): number | undefined {
	if (expires === undefined || finite(expires)) return expires;
	return refuse(call, key, expires, "seconds to expire after, as a finite number");
}

function refuse(call: string, key: string, given: unknown, wanted: string): never {
	const what = typeof given === "object" ? "an object" : TextOfScript(given);
	throw new HostError("HOST_ARGUMENT", `${call}(${stringify(key)}): ${what} is not ${wanted}`);
}
