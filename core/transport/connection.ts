/** One connection, TCP, TLS or WebSocket: its states, deadlines and queue. RFC 3261 §18, RFC 5626 §4.4.1. */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { ParseError } from "../message/parse-error.ts";
import type { AnswerBudget } from "./answer-budget.ts";
import type { Batch } from "./batch.ts";
import type { TransportCounters } from "./counters.ts";
import { type ConnectionState, overdue, type Progress } from "./deadlines.ts";
import type { TransportLimits } from "./limits.ts";
import { RecentOwners } from "./recent-owners.ts";
import type { OpenWire, Wire } from "./wire.ts";

export type ConnectionContext = {
	readonly batch: Batch;
	readonly counters: TransportCounters;
	readonly limits: TransportLimits;
	readonly budget: AnswerBudget;
	/** Called once, when the socket is gone. */
	closed(connection: Connection, reason: string): void;
};

export class Connection {
	readonly flow: Flow;
	/** The peer opened it: requests toward a host never take it (RFC 5923 §3). */
	readonly accepted: boolean;
	readonly #wire: Wire;
	readonly #context: ConnectionContext;
	readonly #owners = new RecentOwners();
	readonly #progress: Progress;
	/** How often the peer has to say something; undefined: it need not. */
	#pingEvery: Milliseconds | undefined;
	#lastHeard: Milliseconds;
	#lastActive: Milliseconds;
	#lastMessage: Milliseconds;
	#spoken = false;
	/** A message is in the output, not only pongs. */
	#speaking = false;
	/** Something was added to the wire since the last flush. */
	#waiting = false;
	/** Why it failed; undefined for a connection that ended in order. */
	#failure: string | undefined;

	constructor(
		open: OpenWire,
		flow: Flow,
		context: ConnectionContext,
		state: "connecting" | "open",
		now: Milliseconds,
	) {
		this.flow = flow;
		this.accepted = state === "open";
		this.#context = context;
		this.#progress = {
			state,
			since: now,
			silentSince: state === "open" ? now : undefined,
			messageSince: undefined,
			stalledSince: undefined,
			pingDue: undefined,
			pingedSince: undefined,
		};
		this.#lastHeard = now;
		this.#lastActive = now;
		this.#lastMessage = now;
		this.#wire = open({
			received: this.#received,
			drained: this.#drained,
			ended: this.#ended,
			failed: this.#failed,
			closed: this.#closed,
		});
	}

	get state(): ConnectionState {
		return this.#progress.state;
	}

	/** When the last message came or left; when it was opened, if none did. Pings are none. */
	get lastMessage(): Milliseconds {
		return this.#lastMessage;
	}

	/** Whether any message came or left. */
	get spoken(): boolean {
		return this.#spoken;
	}

	/** TCP is there, TLS is still to come. */
	securing(now: Milliseconds): void {
		if (this.state === "connecting") this.#enter("securing", now);
	}

	opened(now: Milliseconds): void {
		if (this.state !== "connecting" && this.state !== "securing") return;
		this.#enter("open", now);
		this.flush();
	}

	/** The peer was told how often to send a keep-alive (RFC 5626 §5.4); undefined: it was not. */
	expectPings(every: Milliseconds | undefined): void {
		this.#pingEvery = every;
		this.#progress.pingDue = every === undefined ? undefined : performance.now() + every;
	}

	send(text: string, owner: number): void {
		const { batch, counters } = this.#context;
		if (this.state === "closing" || this.state === "closed")
			return batch.failed(owner, "the connection is closed");
		if (owner !== 0) this.#owners.sent(owner);
		counters.streamMessagesOut += 1;
		this.#spoken = true;
		this.#speaking = true;
		this.#wire.add(text);
		this.#added();
	}

	#added(): void {
		const { batch, counters, limits } = this.#context;
		if (this.state === "open" && !this.#waiting) batch.wait(this);
		this.#waiting = true;
		if (this.#wire.queued > limits.queuedBytes) {
			counters.connectionsStalled += 1;
			this.destroy("the peer does not read");
		}
	}

	/** All that was sent since the last flush, in one write. */
	flush(): void {
		if (this.state !== "open" || !this.#waiting) return;
		this.#waiting = false;
		this.#lastActive = performance.now();
		if (this.#speaking) this.#lastMessage = this.#lastActive;
		this.#speaking = false;
		if (!this.#wire.flush()) this.#progress.stalledSince ??= this.#lastActive;
	}

	/** Sends what is waiting, then ends in order. */
	close(): void {
		if (this.state === "closed" || this.state === "closing") return;
		if (this.state !== "open") return this.destroy("closed before it was open");
		this.flush();
		this.#enter("closing", performance.now());
		this.#wire.end();
	}

	destroy(reason: string): void {
		if (this.state === "closed") return;
		this.#failure ??= reason;
		this.#progress.state = "closed";
		this.#wire.destroy();
	}

	/** Closes it when a deadline has passed, or when it is idle and nobody needs it. */
	sweep(now: Milliseconds): void {
		const { counters, limits } = this.#context;
		const reason = overdue(this.#progress, now, limits);
		const idle = reason === undefined && this.#idle(now);
		if (reason !== undefined) this.destroy(reason);
		else if (idle) this.close();
		else this.#keepAlive(now);
		if (idle || reason !== undefined) counters.connectionsTimedOut += 1;
	}

	/** Who never said anything is not kept. */
	#keepAlive(now: Milliseconds): void {
		if (this.#wire.ping === undefined || this.state !== "open" || !this.#spoken) return;
		const silent = now - this.#lastHeard > this.#context.limits.webPingMs;
		if (!silent || this.#progress.pingedSince !== undefined) return;
		this.#progress.pingedSince = now;
		this.#wire.ping();
	}

	#idle(now: Milliseconds): boolean {
		const { batch, limits } = this.#context;
		if (this.state !== "open" || now - this.#lastActive <= limits.idleMs) return false;
		return !batch.user.inUse?.(this.flow.connection);
	}

	readonly #received = (): void => {
		if (this.state !== "open") return;
		const { batch } = this.#context;
		const now = performance.now();
		this.#lastHeard = now;
		// The answer to a ping of ours keeps nobody from being idle.
		if (this.#progress.pingedSince === undefined) this.#lastActive = now;
		this.#progress.silentSince = undefined;
		this.#progress.pingedSince = undefined;
		if (this.#pingEvery !== undefined) this.#progress.pingDue = now + this.#pingEvery;
		this.#owners.heard();
		batch.begin();
		const { messages, error } = this.#takeFrames();
		batch.end();
		if (error !== undefined) this.close();
		if (messages > 0 || !this.#wire.started) this.#progress.messageSince = undefined;
		if (this.#wire.started) this.#progress.messageSince ??= now;
	};

	#takeFrames(): { messages: number; error: ParseError | undefined } {
		const { batch, counters } = this.#context;
		let messages = 0;
		while (this.state === "open") {
			const frame = this.#wire.next();
			if (frame === undefined) break;
			if (frame.kind === "message") {
				messages += 1;
				counters.streamMessagesIn += 1;
				this.#spoken = true;
				this.#lastActive = this.#lastHeard;
				this.#lastMessage = this.#lastHeard;
				batch.user.message(frame.text, this.flow);
			} else if (frame.kind === "ping") this.#pong();
			else if (frame.kind === "error") {
				this.#answerError(frame.text, frame.error);
				return { messages, error: frame.error };
			}
		}
		return { messages, error: undefined };
	}

	#pong(): void {
		this.#context.counters.pings += 1;
		this.#wire.pong();
		this.#added();
	}

	#answerError(text: string, error: ParseError): void {
		const { batch, budget, counters } = this.#context;
		counters.framingErrors += 1;
		if (budget.take(this.flow.host, this.#lastHeard))
			batch.user.framingError(text, error, this.flow);
	}

	readonly #drained = (): void => {
		this.#progress.stalledSince = undefined;
	};

	/** The peer's FIN: Node ends our side too. */
	readonly #ended = (): void => {
		if (this.state !== "closed") this.#enter("closing", performance.now());
	};

	readonly #failed = (error: Error): void => {
		if (this.state === "securing") this.#context.counters.handshakesFailed += 1;
		this.#failure ??= error.message;
	};

	readonly #closed = (): void => {
		const { batch, counters } = this.#context;
		// After a reset nobody knows what arrived. After a FIN, what came before the peer's last words did.
		const lost = this.#failure ? this.#owners.takeAll() : this.#owners.takeUnheard();
		const reason = this.#failure ?? "the peer closed the connection";
		this.#progress.state = "closed";
		counters.connectionsClosed += 1;
		for (const owner of lost) batch.failed(owner, reason);
		batch.closed(this.flow.connection);
		this.#context.closed(this, reason);
	};

	/** No message is waited for any more, and none has begun yet. */
	#enter(state: ConnectionState, now: Milliseconds): void {
		this.#progress.state = state;
		this.#progress.since = now;
		this.#progress.silentSince = undefined;
		this.#progress.messageSince = undefined;
		this.#progress.pingDue = undefined;
		this.#progress.pingedSince = undefined;
	}
}
