/** `fetch`: what the host brings from an HTTP server. */
import type * as Public from "../sipwright.d.ts";
import { callHost } from "./tickets.ts";

/** Kept from before the script runs. */
const { parse } = JSON;
const { toLowerCase } = String.prototype;
const { apply } = Reflect;

export function fetchFrom(
	url: string,
	options: Public.FetchOptions = {},
): Promise<Public.FetchResponse> {
	return callHost("fetch", [String(url), options], read) as Promise<Public.FetchResponse>;
}

/** What crosses. */
type Fetched = {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: readonly (readonly [name: string, value: string])[];
	readonly text: string;
};

function read(value: unknown): FetchResponse {
	return new FetchResponse(value as Fetched);
}

class FetchResponse implements Public.FetchResponse {
	readonly status: number;
	readonly ok: boolean;
	readonly headers: Public.FetchHeaders;
	readonly text: string;

	constructor({ status, headers, text }: Fetched) {
		this.status = status;
		this.ok = status >= 200 && status <= 299;
		this.headers = new FetchHeaders(headers);
		this.text = text;
		Object.freeze(this);
	}

	json(): unknown {
		return parse(this.text);
	}
}

class FetchHeaders implements Public.FetchHeaders {
	readonly #lines: Fetched["headers"];

	constructor(lines: Fetched["headers"]) {
		this.#lines = lines;
	}

	get(name: string): string | undefined {
		const wanted = apply(toLowerCase, String(name), []);
		const values = this.#lines.filter(([one]) => one === wanted).map(([, value]) => value);
		return values.length === 0 ? undefined : values.join(", ");
	}
}
