/** The seam between sockets and the protocol core: RFC 3261 §18. */
import type { Flow, TransportName } from "../base/flow.ts";
import type { ParseError } from "../message/parse-error.ts";

/**
 * Called one input at a time. Several calls may make a batch; `batchEnd` comes after the last, and
 * what was sent until it returned leaves together. No call comes from inside `Transports.send`.
 */
export type TransportUser = {
	/** One message of a datagram or a stream, unparsed, one character per octet. */
	message(text: string, flow: Flow): void;
	/** The stream cannot be followed any further. The user may answer; then the connection closes. */
	framingError(text: string, error: ParseError, flow: Flow): void;
	/** What was sent for this owner did not arrive (§18.4). May come for an owner that is long done. */
	sendFailed(owner: number, reason: string): void;
	/** A stream connection is gone, and its flows with it (RFC 5626 §7). */
	connectionClosed(connection: number): void;
	batchEnd(): void;
	/** Whether a registration rests on this connection: then it is never closed for being idle. */
	inUse?(connection: number): boolean;
	/** The flows of transactions that are not over: their connections do not make room for others (RFC 3261 §18). */
	waitedOn?(): Iterable<Flow>;
};

export type ListenOptions = {
	/** Chosen by the caller: `Listener.id` and `Flow.listener`. */
	readonly id: number;
	readonly transport: TransportName;
	/** IP address without brackets. */
	readonly address: string;
	/** 0 takes a free port; a TCP listener right behind the UDP listener of its address takes the same. */
	readonly port: number;
	/** What Via and Record-Route say; IPv6 in brackets. */
	readonly advertise?: { readonly host: string; readonly port: number } | undefined;
	readonly balancer?: Balancer | undefined;
	/** WebSocket only; without it every path is one, and no page of the web may connect. */
	readonly web?: WebRules | undefined;
};

/** What stands in front of a listener. */
export type Balancer = {
	/** TCP and WS only. It speaks TLS with the clients and not with us: the listener counts as TLS, or WSS. */
	readonly tlsTerminated: boolean;
	/** It begins each connection with a PROXY header, which says where the client is. */
	readonly proxyProtocol: boolean;
	/** WebSocket only. It says in X-Forwarded-For where the client is. */
	readonly forwardedFor: boolean;
	/** Whether this address is one of a balancer: nobody else may connect. */
	admits(address: string): boolean;
};

/** Who may have a WebSocket (RFC 7118 §7, RFC 6455 §10.2). */
export type WebRules = {
	/** Of the request, without its query; undefined for any. */
	readonly paths: readonly string[] | undefined;
	/** Whether a page of this origin may connect. Who is no browser says none, and is not asked for one. */
	admits(origin: string): boolean;
};
