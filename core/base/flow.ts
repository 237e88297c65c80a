/** Paths to peers: what RFC 5626 §2 calls a flow, and the listeners they belong to. */
export type TransportName = "udp" | "tcp" | "tls" | "ws" | "wss";

/** A received message carries the flow it came on; a message to send names the flow to use. */
export type Flow = {
	readonly transport: TransportName;
	/** Id of our listener, whose advertised address is our sent-by on this flow. */
	readonly listener: number;
	/**
	 * Id of the stream connection, unique for the life of the process; 0 for UDP.
	 * In a flow to send on, 0 on a stream asks to reuse a matching connection or to open one.
	 */
	readonly connection: number;
	/** The peer's IP address, without brackets. */
	readonly host: string;
	readonly port: number;
	/** The domain of the URI that was resolved: what a TLS server has to prove (RFC 5922 §7.3). */
	readonly serverName: string | undefined;
	/**
	 * The SIP domains that the client proved with its certificate on this TLS connection (RFC 5922
	 * §7.4). They vouch for the host at the other end, not for the user of any one request (§8.1).
	 */
	readonly identities?: readonly string[] | undefined;
	/** What a WebSocket client said when it connected (RFC 7118 §7): it proves nothing by itself. */
	readonly handshake?: Handshake | undefined;
};

/** Octets, as they stood in the HTTP request. */
export type Handshake = {
	/** Of the page; undefined for who is no browser. */
	readonly origin: string | undefined;
	/** Path and query. */
	readonly path: string;
	readonly cookie: string | undefined;
};

/** One of our listeners as the protocol core sees it. */
export type Listener = {
	readonly id: number;
	readonly transport: TransportName;
	/** The bound IP address, without brackets. */
	readonly address: string;
	/** The advertised host, IPv6 in brackets: as written into Via and Record-Route. */
	readonly host: string;
	/** The advertised port. */
	readonly port: number;
	/** TLS ends at a balancer in front of it: what comes in counts as TLS, and no connection leaves from here. */
	readonly terminated?: boolean | undefined;
};

/** RFC 3261 §19.1.2, RFC 7118 §5.5. */
export const DEFAULT_PORTS: Readonly<Record<TransportName, number>> = {
	udp: 5060,
	tcp: 5060,
	tls: 5061,
	ws: 80,
	wss: 443,
};

/** What a listener counts as when a balancer in front of it ends TLS. */
export function behindTls(transport: TransportName): TransportName {
	return webSocket(transport) ? "wss" : "tls";
}

/** One SIP message in each of its messages (RFC 7118 §5). */
export function webSocket(transport: TransportName): boolean {
	return transport === "ws" || transport === "wss";
}

/** Messages come apart from each other, so that none needs a Content-Length (RFC 3261 §18.3, RFC 7118 §5). */
export function bounded(transport: TransportName): boolean {
	return transport === "udp" || webSocket(transport);
}

/** Whether what we send to somebody who has no connection can leave there: browsers and TLS balancers connect to us. */
export function leadsOut({ transport, terminated }: Listener): boolean {
	return !terminated && !webSocket(transport);
}

/** Streams deliver what they accept, so transactions on them do not retransmit (RFC 3261 §17). */
export function reliable(transport: TransportName): boolean {
	return transport !== "udp";
}

/** Whether the hop is encrypted: the only transports that a `sips` URI may use (RFC 3261 §26.2.2, RFC 7118 §9.2). */
export function secure(transport: TransportName): boolean {
	return transport === "tls" || transport === "wss";
}
