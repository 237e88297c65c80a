/** A header value and its parameters as scripts read them: RFC 3261 §7.3.1. */
import { NO_PARAMS, type Params, readParams, unquote } from "../../message/params.ts";
import type * as Public from "../sipwright.d.ts";

class ScriptHeaderValue implements Public.HeaderValue {
	readonly value: string;
	readonly #params: Params;

	constructor(value: string, params: Params) {
		this.value = value;
		this.#params = params;
		Object.freeze(this);
	}

	param(name: string): string | undefined {
		const key = name.toLowerCase();
		return this.#params.has(key) ? unquote(this.#params.get(key) ?? "") : undefined;
	}
}

/** Undefined for a text that is none. */
export function readValue(text: string): Public.HeaderValue | undefined {
	if (typeof text !== "string") return undefined;
	const semicolon = text.indexOf(";");
	const value = (semicolon === -1 ? text : text.slice(0, semicolon)).trim();
	if (value === "") return undefined;
	if (semicolon === -1) return new ScriptHeaderValue(value, NO_PARAMS);
	try {
		const params = readParams("value", text, semicolon, text.length);
		return params.stop === text.length ? new ScriptHeaderValue(value, params) : undefined;
	} catch {
		return undefined;
	}
}
