/** What every message keeps to on the leg that it goes out on, rule by rule: RFC 3261 §8.1.1.8, §12.1.1, §26.2.2. */

export type LegRule = {
	/** One sentence for docs/reference/on-the-wire.md. */
	readonly says: string;
	readonly source: string;
};

export const LEG_RULES = {
	"request-uri": {
		says: "The Request-URI has the scheme of the leg, unless the next hop is a strict router that stands there itself. In a dialog under `policy: rfc5630` it is the peer's own Contact.",
		source: "RFC 5630 §5.3",
	},
	from: {
		says: "From has the scheme of the leg; in a dialog toward the caller, the one that the caller wrote in its To.",
		source: "Secure SIP Signaling",
	},
	to: {
		says: "To has the scheme of the leg; in a dialog toward the caller, the one that the caller wrote in its From.",
		source: "Secure SIP Signaling",
	},
	"answered-identity": {
		says: "From and To of a response begin with the scheme that they had in the request received.",
		source: "RFC 3261 §8.2.6.2",
	},
	contact: {
		says: "Every Contact of a request, and of a response below 300, has the scheme of the leg; REGISTER is the registrar's affair.",
		source: "RFC 3261 §8.1.1.8, §12.1.1",
	},
	anchor: {
		says: "With `contact: anchor` or `record-route: no` a Contact in a dialog is our own address on the leg, unless it is too long to ride in one.",
		source: "Secure SIP Signaling",
	},
	"record-route": {
		says: "Our Record-Route entries have the scheme of the leg: libre sends no ACK along a `sips` entry, pjsip ends a `sips` call with a `sip` one.",
		source: "RFC 3261 §16.6 step 4, §16.7 step 8",
	},
	unrecorded: {
		says: "With `record-route: no` no Record-Route entry of ours is shown, unless a strict router beside us has to be seen, or the Contact can be no address of ours.",
		source: "Secure SIP Signaling",
	},
	"own-route": {
		says: "No Route entry of this passage is left in a request: it has come back to whom it led.",
		source: "RFC 3261 §16.4",
	},
	"listed-header": {
		says: "The addresses of the header fields in `headers` have the scheme of the leg.",
		source: "ours",
	},
	"clear-text": {
		says: "A request whose Request-URI or top Route is `sips` goes over TLS or WSS.",
		source: "RFC 3261 §26.2.2",
	},
	"sips-over-udp": {
		says: "No `sips` URI says `transport=udp`.",
		source: "RFC 3261 §26.2.2",
	},
	via: {
		says: "The protocol in our Via is the one that the request is sent over.",
		source: "RFC 3261 §18.1.1, §20.42",
	},
	"tls-parameter": {
		says: "No `sips` entry of ours in Record-Route says `transport=tls`.",
		source: "RFC 5630 §5.3, RFC 5658 §6.2",
	},
	"secure-dialog": {
		says: "INVITE and UPDATE on a `sips` leg, and their 2xx, show a `sips` Contact and, where the top Record-Route is ours, a `sips` entry: pjsip ends the call otherwise.",
		source: "RFC 3261 §12.1.1",
	},
} as const satisfies Readonly<Record<string, LegRule>>;

export type LegRuleName = keyof typeof LEG_RULES;

export type LegViolation = {
	readonly rule: LegRuleName;
	/** As it is usually written; `Request-URI` for the URI in the request line. */
	readonly header: string;
	/** The URI in question, or the protocol of a Via. */
	readonly value: string;
};
