/** What carries the messages of one connection: a stream of octets, or WebSocket messages. RFC 3261 §18.3, RFC 7118 §5. */
import type { Frame } from "../message/framing.ts";

export type Wire = {
	/** What came, one by one; undefined when there is no more. */
	next(): Frame | undefined;
	/** Whether a message has begun and is not whole: what a read timeout is about. */
	readonly started: boolean;
	/** Octets that the peer has not taken, those of `add` included. */
	readonly queued: number;
	/** A message, whole. It leaves with the next flush. */
	add(message: string): void;
	/** Answers the ping that `next` gave last, with the next flush. */
	pong(): void;
	/** Asks whether the peer is there, at once; undefined where the peer is the one to ask. */
	ping?(): void;
	/** False when the peer leaves a full buffer unread; `drained` says when it no longer does. */
	flush(): boolean;
	/** Ends in order: what was flushed arrives, and nothing more is read. */
	end(): void;
	destroy(): void;
};

export type WireUser = {
	/** Octets came; `next` has what is whole now. */
	received(): void;
	drained(): void;
	/** The peer ends the connection. */
	ended(): void;
	failed(error: Error): void;
	/** Told once, last. */
	closed(): void;
};

export type OpenWire = (user: WireUser) => Wire;
