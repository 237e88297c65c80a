/** A URI that leads to no hop: RFC 3263 §4.1, RFC 3261 §26.2.2. Nothing was sent. */
export class ResolveError extends Error {
	override readonly name = "ResolveError";
	readonly code: /** `sips` with `transport=udp`: never a reason to send in clear. */
		| "RESOLVE_SIPS_OVER_UDP"
		/** A transport that we do not speak. */
		| "RESOLVE_TRANSPORT"
		/** The scheme is neither `sip` nor `sips`. */
		| "RESOLVE_SCHEME"
		/** The name has no address. */
		| "RESOLVE_NO_HOP"
		/** The name servers did not answer. */
		| "RESOLVE_DNS_FAILED";
	/** What a proxy answers when no other target is left (RFC 3261 §16.9: a 503 of ours becomes 500). */
	readonly status: 416 | 500;
	readonly uri: string;

	constructor(code: ResolveError["code"], uri: string) {
		super(`${uri}: ${REASONS[code]}`);
		this.code = code;
		this.status = STATUSES[code];
		this.uri = uri;
	}
}

const REASONS: Readonly<Record<ResolveError["code"], string>> = {
	RESOLVE_SIPS_OVER_UDP: "sips cannot run over UDP",
	RESOLVE_TRANSPORT: "no such transport here",
	RESOLVE_SCHEME: "not a SIP URI",
	RESOLVE_NO_HOP: "no address found",
	RESOLVE_DNS_FAILED: "the name servers did not answer",
};

const STATUSES: Readonly<Record<ResolveError["code"], ResolveError["status"]>> = {
	RESOLVE_SIPS_OVER_UDP: 500,
	RESOLVE_TRANSPORT: 500,
	RESOLVE_SCHEME: 416,
	RESOLVE_NO_HOP: 500,
	RESOLVE_DNS_FAILED: 500,
};
