/** One Contact of one registered device: RFC 3261 §10.3, RFC 5626 §6. */
import type { Milliseconds } from "./clock.ts";
import type { Flow } from "./flow.ts";
import type { Scheme } from "./scheme.ts";

export type Binding = {
	/** Name of the device: the key of the address-of-record. */
	readonly device: string;
	/** The Contact URI to call: as sent, without its transport parameter when it is `sips`. */
	readonly contact: string;
	/** The Contact URI as the device sent it: what REGISTER responses show. */
	readonly echoed: string;
	/** What stood before `<`, as sent. */
	readonly display: string;
	/** The Contact header parameters as sent, without `expires`, each with its leading `;`. */
	readonly params: string;
	readonly scheme: Scheme;
	/** The flow it registered on: calls go back along it. */
	readonly flow: Flow;
	/** Epoch. */
	readonly expiresAt: Milliseconds;
	/** Preference in thousandths, 0 to 1000. */
	readonly q: number;
	readonly callId: string;
	readonly cseq: number;
	readonly instance: string | undefined;
	readonly regId: number | undefined;
	/** Path values in the order received (RFC 3327). */
	readonly path: readonly string[];
	readonly userAgent: string | undefined;
	/** The node that holds the flow, where it is another one: then its Path value is on top of `path`. */
	readonly node?: string | undefined;
};
