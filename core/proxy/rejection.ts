/** A final answer of our own to a request: what a UAS would send (RFC 3261 §8.2.6, §16.3). */
export type Rejection = {
	readonly status: number;
	/** Undefined: the default phrase of the status. */
	readonly reason?: string;
	readonly headers?: Headers;
};

type Headers = readonly (readonly [name: string, value: string])[];

/** Those that can be written: a value that repeats what a peer sent may hold a NUL (§25.1, quoted-pair). */
export function writable(headers: Headers): Headers {
	return headers.filter(([, value]) => !value.includes("\0"));
}
