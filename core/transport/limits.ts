/** What a peer may ask of us, and what happens beyond: RFC 3261 §18, RFC 5626 §4.4.1. Milliseconds and octets. */
export type TransportLimits = {
	/** Stream connections in all. Beyond: the longest idle one that nobody needs makes room, or the new one is refused. */
	readonly connections: number;
	/** Stream connections of one peer address; of a client, not of a balancer in front of us. Beyond: refused. */
	readonly connectionsPerSource: number;
	/** Connections that the kernel may hold ready for us. */
	readonly backlog: number;
	/** TCP connection to a peer established. Beyond: failed. */
	readonly connectMs: number;
	/** TLS handshake done, either side. Beyond: closed. */
	readonly handshakeMs: number;
	/** The PROXY header of a balancer is there. Beyond: closed. */
	readonly proxyHeaderMs: number;
	/** The HTTP request for a WebSocket is there. Beyond: closed. */
	readonly upgradeMs: number;
	/** First octet on an accepted connection. Beyond: closed. */
	readonly firstOctetMs: number;
	/** A message that has begun is whole. Beyond: closed. */
	readonly messageMs: number;
	/** Nothing sent or received on a connection that nobody needs. Beyond: closed. */
	readonly idleMs: number;
	/** No eviction sooner after the last message: 64*T1 (§18). */
	readonly idleAtLeastMs: number;
	/** Octets waiting for a peer that does not read. Beyond: closed. */
	readonly queuedBytes: number;
	/** Time a peer may leave a full buffer unread. Beyond: closed. */
	readonly stalledMs: number;
	/** A keep-alive that a peer was told to send, after its time (RFC 5626 §5.4). Beyond: closed. */
	readonly pingGraceMs: number;
	/** Silence of a WebSocket client until we ping it. */
	readonly webPingMs: number;
	/** Its answer. Beyond: closed. */
	readonly pongMs: number;
	/** From our end of a connection to the peer's. Beyond: cut. */
	readonly closingMs: number;
	/** Silence until the kernel probes whether a peer is still there. */
	readonly keepAliveMs: number;
	/** How often deadlines are looked at: how late a close may be. */
	readonly sweepMs: number;
	/** Octets of datagrams waiting in the process. Beyond: dropped, as a network would. */
	readonly queuedDatagramBytes: number;
	/** Receive and send buffer of a UDP socket; the kernel may grant less. */
	readonly socketBufferBytes: number;
	/** UDP peers whose ICMP errors are heard at a time (`udp-peers.ts`). */
	readonly watchedPeers: number;
	/** Answers to malformed input of one address per `malformedWindowMs`. Beyond: none. */
	readonly malformedAnswers: number;
	readonly malformedWindowMs: number;
	/** Addresses counted at a time. Beyond: the oldest are forgotten. */
	readonly malformedSources: number;
};

export const LIMITS: TransportLimits = {
	connections: 20_000,
	connectionsPerSource: 1_000,
	backlog: 1_024,
	connectMs: 5_000,
	handshakeMs: 10_000,
	proxyHeaderMs: 5_000,
	upgradeMs: 10_000,
	firstOctetMs: 30_000,
	messageMs: 32_000,
	idleMs: 600_000,
	idleAtLeastMs: 32_000,
	queuedBytes: 1_048_576,
	stalledMs: 10_000,
	pingGraceMs: 15_000,
	webPingMs: 25_000,
	pongMs: 15_000,
	closingMs: 2_000,
	keepAliveMs: 60_000,
	sweepMs: 1_000,
	queuedDatagramBytes: 4_194_304,
	socketBufferBytes: 4_194_304,
	watchedPeers: 64,
	malformedAnswers: 10,
	malformedWindowMs: 10_000,
	malformedSources: 10_000,
};

/**
 * Connections, where a process may have that many files open: `reserved` are for everything else.
 * Past it neither a connection nor a file could be opened; below it idle ones make room in time.
 */
export function connectionsWithin(openFiles: number | undefined, reserved: number): number {
	if (openFiles === undefined) return LIMITS.connections;
	return Math.max(1, Math.min(LIMITS.connections, openFiles - reserved));
}

/** Identities of one client certificate that requests find its connection by. */
export const ALIASED_IDENTITIES = 16;
/** Owners remembered per connection and per watched UDP peer, to tell them of a failure that comes late. */
export const OWNERS_REMEMBERED = 256;
/** One in so many connections is closed by one eviction, so that a flood does not search the table for each newcomer. */
export const EVICTED_ONE_IN = 200;
/** Octets of the HTTP request for a WebSocket: its path and cookies are kept for scripts while it is connected. */
export const UPGRADE_HEAD_MAX = 8_192;
