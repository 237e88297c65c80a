/** A final answer of our own to a request: what a UAS would send (RFC 3261 §8.2.6, §16.3). */
import type { Request } from "../message/message.ts";
import { buildResponse } from "../message/response.ts";

export type Rejection = {
	readonly status: number;
	/** Undefined: the default phrase of the status. */
	readonly reason?: string;
	readonly headers?: Headers;
};

type Headers = readonly (readonly [name: string, value: string])[];

/** Its text, with a tag for To; undefined for a request that cannot be answered. */
export function ownResponse(
	request: Request,
	{ status, reason, headers = [] }: Rejection,
	toTag: string,
): string | undefined {
	const phrase = reason === undefined ? {} : { reason };
	return buildResponse(request, status, { ...phrase, toTag, headers: writable(headers) });
}

/** Those that can be written: a value that repeats what a peer sent may hold a NUL (§25.1, quoted-pair). */
export function writable(headers: Headers): Headers {
	return headers.filter(([, value]) => !value.includes("\0"));
}
