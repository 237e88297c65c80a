/** A message that does not fit the rules of its leg: the peer's fault, with the status to answer. */
export class LegError extends Error {
	override readonly name = "LegError";
	readonly code: /** A Request-URI that is neither `sip` nor `sips` (RFC 3261 §8.2.2.1). */
		| "LEG_SCHEME"
		/** `sips` with `transport=udp` (RFC 3261 §26.2.2). */
		| "LEG_SIPS_OVER_UDP"
		/** A Route entry of ours with a signature that is missing or does not fit (RFC 5626 §5.3.1). */
		| "LEG_ROUTE";
	readonly status: 400 | 403 | 416;
	/** The URI or value in question. */
	readonly value: string;

	constructor(code: LegError["code"], value: string) {
		super(`${REASONS[code]}: ${value}`);
		this.code = code;
		this.status = STATUSES[code];
		this.value = value;
	}
}

const REASONS: Readonly<Record<LegError["code"], string>> = {
	LEG_SCHEME: "not a SIP URI",
	LEG_SIPS_OVER_UDP: "sips cannot run over UDP",
	LEG_ROUTE: "this Route is not one we wrote",
};

const STATUSES: Readonly<Record<LegError["code"], LegError["status"]>> = {
	LEG_SCHEME: 416,
	LEG_SIPS_OVER_UDP: 400,
	LEG_ROUTE: 403,
};
