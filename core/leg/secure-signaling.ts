/**
 * The settings of a leg: RFC 5630 and where the documented Secure SIP Signaling departs from it.
 *
 * One set of defaults for the proxy; a device may override any of them for the leg to it. The
 * first value of each is the default.
 */
export type SecureSignaling = {
	/** Connect `sip` and `sips` legs by rewriting, or refuse with 480 and Warning 380 or 381 (RFC 5630 §5.3). */
	readonly policy: "genesys" | "rfc5630";
	/** What decides when traffic does not match the device's entry. */
	readonly mismatch: "follow-message" | "follow-config" | "reject";
	/** What a REGISTER with a `sips` Contact must look like (RFC 5630 §5.2). */
	readonly register: "lenient" | "strict";
	/** How the other side's Contact is shown: the same URI in the leg's scheme, or our own address. */
	readonly contact: "scheme" | "anchor";
	/** The transport parameter of `sips` URIs on this leg: as written, without `tls`, without `tcp` and `tls`. */
	readonly uriTransport: "keep" | "rfc5630" | "strip";
	/** Where the state of a Contact rides: as a URI parameter, or inside the user part. */
	readonly contactState: "parameter" | "user";
	/** False only with `contact: anchor`: the device sees no Record-Route of ours. */
	readonly recordRoute: boolean;
	/** Whether the Record-Route entries of proxies beyond us are shown, or ride inside our own. */
	readonly farRouteSet: "show" | "hide";
	/** Whether a `sip` leg over TLS says `transport=tls` in our Record-Route. */
	readonly tlsMarker: "none" | "transport";
	/** A `sips` device behind a configured outbound proxy. */
	readonly outboundProxy: "warn" | "allow" | "reject";
	/** Also ask for SRV `_sips._tls` when `_sips._tcp` has no record. */
	readonly srvSipsTls: boolean;
	/** What the certificate of a TLS server must show (RFC 5922 §7.2). */
	readonly nameCheck: "rfc5922" | "https" | "off";
	/** Further header fields whose URIs take the scheme of the leg: never in compact form. */
	readonly headers: readonly string[];
	/** A `tel` URI in From or To: left alone, or written as a SIP URI. */
	readonly tel: "keep" | "convert";
	/** The host of such a SIP URI: our domain; undefined: our address on the leg. */
	readonly telDomain: string | undefined;
	/** An Identity header field (RFC 8224) that the rewriting of From and To invalidates. */
	readonly identity: "keep" | "drop";
	/** SDES keys between a `sips` leg and one in clear: passed, or refused with 488. */
	readonly sdesDowngrade: "allow" | "reject";
	/** Every message of a call that goes out on this leg is held against lint-rules.ts. */
	readonly lint: "off" | "on";
};

export const DEFAULTS: SecureSignaling = {
	policy: "genesys",
	mismatch: "follow-message",
	register: "lenient",
	contact: "scheme",
	uriTransport: "keep",
	contactState: "parameter",
	recordRoute: true,
	farRouteSet: "show",
	tlsMarker: "none",
	outboundProxy: "warn",
	srvSipsTls: false,
	nameCheck: "rfc5922",
	headers: [],
	tel: "keep",
	telDomain: undefined,
	identity: "keep",
	sdesDowngrade: "allow",
	lint: "off",
};
