/** A final answer of our own to a request: what a UAS would send (RFC 3261 §8.2.6, §16.3). */
export type Rejection = {
	readonly status: number;
	/** Undefined: the default phrase of the status. */
	readonly reason?: string;
	readonly headers?: readonly (readonly [name: string, value: string])[];
};
