/**
 * What a route script reads: requests, legs and devices. Exported by the module "sipwright", whose
 * functions are in sipwright.d.ts.
 */

/**
 * The two URI schemes a leg can have.
 *
 * @example
 * const scheme: Scheme = call.caller.scheme;
 */
export type Scheme = "sip" | "sips";

/**
 * Any token is a method; these are the registered ones.
 *
 * @example
 * const closed: Method[] = ["SUBSCRIBE", "PUBLISH"];
 */
export type Method =
	| ("INVITE" | "REGISTER" | "OPTIONS" | "MESSAGE" | "SUBSCRIBE" | "NOTIFY" | "PUBLISH")
	| ("BYE" | "INFO" | "PRACK" | "REFER" | "UPDATE")
	| (string & {});

/**
 * Parts of a SIP URI. `null` takes one away; what is not named, or is undefined, stays as it is.
 *
 * @example
 * const overTcp: UriParts = { port: null, params: { transport: "tcp" } };
 */
export interface UriParts {
	readonly scheme?: Scheme | undefined;
	/** As a person writes it: what may not stand in a URI is escaped. A password goes with the user it was for. */
	readonly user?: string | null | undefined;
	/** A name or an address; IPv6 with or without brackets. */
	readonly host?: string | undefined;
	readonly port?: number | null | undefined;
	/** As written, with `%` escapes; "" for a parameter without a value. */
	readonly params?: Readonly<Record<string, string | null | undefined>>;
}

/**
 * A URI, read only.
 *
 * @example
 * const { user, host } = request.uri; // sip:5000@example.com
 */
export interface Uri {
	/** As it was written. */
	readonly text: string;
	/** In lower case. Host, user and port are those of `sip` and `sips`; others are only text. */
	readonly scheme: Scheme | (string & {});
	/** The part before `@`, without a password, its `%` escapes resolved. */
	readonly user: string | undefined;
	/** As written, IPv6 in brackets. */
	readonly host: string;
	readonly port: number | undefined;
	/** The value of a URI parameter: undefined without it, "" when it has no value. */
	param(name: string): string | undefined;
	/**
	 * The same URI with other parts; everything else stays as it was written. Only of a `sip` or `sips`
	 * URI.
	 */
	with(parts: UriParts): Uri;
}

/**
 * The value of From, To or one Contact.
 *
 * @example
 * if (request.from.display === "Anonymous") return reply(433);
 */
export interface Address {
	/** As it was written, or as an edit left it. */
	readonly text: string;
	/** The display name, without quotes; "" when there is none. */
	readonly display: string;
	readonly uri: Uri;
	/** The value of a header parameter: undefined without it, "" when it has no value. */
	param(name: string): string | undefined;
}

/**
 * One Contact of the request. `stripTransport` edits it.
 *
 * @example
 * const secure = request.contacts.some((contact) => contact.uri.scheme === "sips");
 */
export interface Contact extends Address {
	/** `Contact: *`, which removes every binding. Its `uri` is `*` and has no parts. */
	readonly star: boolean;
}

/**
 * Headers that belong to the engine: a script reads them, and cannot edit them.
 *
 * @example
 * const hops = request.headers.all("Via").length;
 */
export type EngineHeader =
	| ("via" | "route" | "record-route" | "path" | "from" | "to" | "contact" | "call-id" | "cseq")
	| ("max-forwards" | "max-breadth" | "content-length" | "content-type" | "content-encoding")
	| ("v" | "f" | "t" | "m" | "i" | "l" | "c" | "e");

/**
 * A header name that a script may edit: any but those of the engine.
 *
 * @example
 * request.headers.set("X-Tenant", "blue"); // fine
 * request.headers.set("Via", "…"); // type error
 */
export type EditableHeader<Name extends string> =
	Lowercase<Name> extends EngineHeader ? never : Name;

/**
 * Headers to read. Names may be written in any case, long or compact.
 *
 * @example
 * const after = failure.headers?.get("Retry-After");
 */
export interface ReadHeaders {
	/** The value of the first line of this name. */
	get(name: string): string | undefined;
	/** The values of every line of this name, in order. */
	all(name: string): readonly string[];
	/**
	 * The values of every line of this name, where a line may hold several with commas between them: of
	 * Supported, Reason, Diversion and the like.
	 */
	list(name: string): readonly string[];
}

/**
 * The headers of a message. Edits act on this copy, and on what the engine sends on: of a request
 * when the hook answers with `relay` or `fork`, or lets it go on.
 *
 * @example
 * request.headers.set("X-Tenant", request.headers.get("X-Tenant") ?? "none");
 */
export interface Headers extends ReadHeaders {
	/**
	 * One line of this name with this value, in the place of those that were there. Where an address
	 * stands, as in Refer-To, a bare URI with parameters is put into `<>` (RFC 8217 §3).
	 */
	set<Name extends string>(name: EditableHeader<Name>, value: string): void;
	/** One more line behind the others. */
	add<Name extends string>(name: EditableHeader<Name>, value: string): void;
	/** No line of this name any more. */
	remove<Name extends string>(name: EditableHeader<Name>): void;
}

/**
 * Whom credentials name, as the phone sent it.
 *
 * @example
 * const asAlice = request.source.credentials?.user === "alice";
 */
export interface Credentials {
	readonly user: string;
	readonly realm: string;
}

/**
 * The HTTP request that a WebSocket began with (RFC 7118 §7).
 *
 * @example
 * const token = request.source.handshake?.path.split("?token=")[1];
 */
export interface Handshake {
	/** Of the page: `https://phone.example.com`; undefined for who is no browser. */
	readonly origin: string | undefined;
	/** Path and query: `/ws?token=x`. */
	readonly path: string;
	/** The cookies of the page's user for our name: `session=x; theme=dark`; undefined without any. */
	readonly cookie: string | undefined;
}

/**
 * Where the request came from.
 *
 * @example
 * if (!request.source.trusted) return challenge();
 */
export interface Source {
	/** The peer's IP address, without brackets. */
	readonly address: string;
	readonly port: number;
	/** How the last hop arrived. It says nothing of the hops before. */
	readonly transport: "udp" | "tcp" | "tls" | "ws" | "wss";
	/** It lies in one of the `trusted` networks. */
	readonly trusted: boolean;
	/** The device behind it: by credentials, by the flow it registered on, or by its configured contact. */
	readonly device: Device | undefined;
	/** The request carries credentials that are good. */
	readonly authenticated: boolean;
	/**
	 * The user that the credentials of the request name: not proven, unless `authenticated`. Undefined
	 * without any, and where they do not answer a challenge of ours that still holds: `challenge()` asks
	 * for better ones.
	 */
	readonly credentials: Credentials | undefined;
	/**
	 * The SIP domains that the TLS client proved with its certificate, in lower case; empty without
	 * one. Needs `tls: { verify-client: optional }` or `yes`. They say which host sent the request,
	 * not which user.
	 */
	readonly identities: readonly string[];
	/**
	 * What a WebSocket client said when it connected; undefined on other transports. A program can say
	 * anything there: only a secret that the server of the page gave, and knows again, proves something.
	 */
	readonly handshake: Handshake | undefined;
}

/**
 * A request: outside any dialog, but in `onInDialog`. ACK and CANCEL do not reach scripts.
 *
 * @example
 * const isCall = (request: Request) => request.method === "INVITE" && request.ours;
 */
export interface Request {
	readonly method: Method;
	/** The Request-URI. */
	readonly uri: Uri;
	/** The Request-URI names one of our domains or listeners, and neither a Route nor its maddr leads elsewhere. */
	readonly ours: boolean;
	readonly from: Address;
	readonly to: Address;
	readonly contacts: readonly Contact[];
	readonly callId: string;
	readonly headers: Headers;
	/** "" when there is none. */
	readonly body: string;
	readonly source: Source;
}

/**
 * The side the request came from. Its scheme holds for the life of the dialog.
 *
 * @example
 * if (call.caller.scheme === "sip") log.info("in clear, or over TLS without sips");
 */
export interface CallerLeg {
	readonly side: "caller";
	readonly scheme: Scheme;
}

/**
 * The side the request goes to: the pattern for every leg that `relay` or `fork` makes.
 *
 * @example
 * forceSips(call.callee);
 */
export interface CalleeLeg {
	readonly side: "callee";
	/** Undefined: each leg takes the scheme of the contact or binding it goes to. */
	readonly scheme: Scheme | undefined;
}

/**
 * The legs of the call that this request would set up.
 *
 * @example
 * const upgrade = (call: Call) => call.caller.scheme === "sips" && forceSips(call.callee);
 */
export interface Call {
	readonly caller: CallerLeg;
	readonly callee: CalleeLeg;
}

/**
 * The `type` of a device, as the configuration writes it.
 *
 * @example
 * if (callee.type === "Trunk") return relay(callee);
 */
export type DeviceType =
	| ("Extension" | "ACD Position" | "Trunk" | "Voice over IP Service" | "Routing Point")
	| (string & {});

/**
 * One entry of `devices:` in the configuration.
 *
 * @example
 * const callable = (to: Device) => to.type === "Extension" && to.authenticateRequests.length > 0;
 */
export interface Device {
	/** Its key: a number or a name. */
	readonly name: string;
	readonly type: DeviceType;
	/** Its configured contact is `sips`. A device that registers is called in the scheme it registered with. */
	readonly secure: boolean;
	/** `contact: "*"`: it registers, and is reached at its bindings. */
	readonly registers: boolean;
	/** `service-type` of a Voice over IP Service. */
	readonly serviceType: string | undefined;
	/** The leading digits that lead to a Trunk. */
	readonly prefix: string | undefined;
	/** What takes the place of `prefix`; undefined leaves the number alone. */
	readonly replacePrefix: string | undefined;
	/** Smaller is tried first. */
	readonly priority: number;
	/** The methods it has to authenticate. Empty for a device without a password. */
	readonly authenticateRequests: readonly string[];
	/** What to do with `sips` where the configuration says `sip`, and the other way round. */
	readonly mismatch: "follow-message" | "follow-config" | "reject";
	/** The number to dial there, its prefix replaced. Undefined: the one that was dialled. */
	readonly number: string | undefined;
}
