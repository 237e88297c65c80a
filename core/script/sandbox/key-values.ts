/** `kv`: what scripts keep beyond a request. */
import type * as Public from "../sipwright.d.ts";
import { callHost } from "./tickets.ts";

export const keyValues: Public.KeyValues = Object.freeze({
	get: (key: string) => callHost("kv.get", [key]) as Promise<Public.KeyValue | undefined>,
	set: (key: string, value: Public.KeyValue, options: Public.ExpiryOptions = {}) =>
		callHost("kv.set", [key, value, options.expires]) as Promise<void>,
	increment: (key: string, options: Public.IncrementOptions = {}) =>
		callHost("kv.increment", [key, options.by ?? 1, options.expires]) as Promise<number>,
	delete: (key: string) => callHost("kv.delete", [key]) as Promise<boolean>,
});
