/** A server transaction: RFC 3261 §17.2. It is the port of its own machine; the tables decide. */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, reliable } from "../base/flow.ts";
import { flat } from "../base/own-text.ts";
import { type Expiring, NO_TIMER, type TimerHandle } from "../base/timer-wheel.ts";
import { MAX_LINE } from "../message/limits.ts";
import type { Request } from "../message/message.ts";
import { parseMessage, rereadRequest } from "../message/parse-message.ts";
import { buildResponse } from "../message/response.ts";
import { shortened } from "../message/shortened.ts";
import type { Host } from "./host.ts";
import {
	type InviteServerAction,
	type InviteServerEvent,
	type InviteServerTimer,
	inviteServerMachine,
	inviteServerTimer,
} from "./invite-server.ts";
import {
	expire,
	halt,
	type Machine,
	type Port,
	receive,
	type State,
	start,
	type Timer,
} from "./machine.ts";
import {
	type NonInviteServerAction,
	type NonInviteServerEvent,
	type NonInviteServerTimer,
	nonInviteServerMachine,
	nonInviteServerTimer,
} from "./non-invite-server.ts";
import { responseFallback, responseFlow } from "./response-flow.ts";
import { weigh } from "./slots.ts";
import type { Timing } from "./timers.ts";

export type ServerAction = InviteServerAction | NonInviteServerAction;
export type ServerEvent = InviteServerEvent | NonInviteServerEvent;
export type ServerTimer = InviteServerTimer | NonInviteServerTimer;

/** What the table does for its server transactions. */
export type ServerHost = Host & {
	/** The response that the user is sending. */
	outgoing: string;
	/** Whether the configuration knows who is there (response-flow.ts). */
	readonly knows: (flow: Flow) => boolean;
	passUp(server: ServerTransaction): void;
	passAckUp(server: ServerTransaction): void;
	unacknowledged(server: ServerTransaction): void;
	undelivered(server: ServerTransaction): void;
	/** The wheel called: the table takes it as an input. */
	expired(server: ServerTransaction, timer: string, now: Milliseconds): void;
};

type Kind = {
	readonly machine: Machine<ServerAction, ServerTimer>;
	/** Of the timers of this machine. */
	delay(
		timer: ServerTimer,
		reliable: boolean,
		attempt: number,
		timing: Timing,
	): Milliseconds | undefined;
};

/** What an RFC 2543 client's requests are told apart by, besides the key (RFC 3261 §17.2.3). */
type LegacyTags = { readonly request: string | undefined; response: string | undefined };

export class ServerTransaction implements Expiring, Port<ServerAction, ServerTimer> {
	readonly id: number;
	readonly key: string;
	readonly method: string;
	/** See slots.ts. */
	readonly weight: number;
	/** The flow that the request came on. */
	readonly flow: Flow;
	/** The proxy's own. */
	user: unknown;
	/** Set for the first of several merged requests (merged-requests.ts). */
	mergeKey: string | undefined;
	state: State<ServerAction, ServerTimer>;
	attempt = 0;
	readonly #host: ServerHost;
	readonly #legacy: LegacyTags | undefined;
	/** The parsed request while the user works with it; its text in short when only timers are left. */
	#request: Request | string;
	/** What goes out when a repeat or a timer asks for it. */
	#response: string | undefined;
	#responseFlow: Flow | undefined;
	#first: TimerHandle = NO_TIMER;
	#second: TimerHandle = NO_TIMER;

	constructor(
		host: ServerHost,
		id: number,
		key: string,
		request: Request,
		flow: Flow,
		legacy: boolean,
	) {
		this.#host = host;
		this.id = id;
		this.key = key;
		this.method = request.method;
		this.weight = weigh(request.text);
		this.flow = flow;
		this.#request = request;
		this.#legacy = legacy ? { request: request.head.toTag, response: undefined } : undefined;
		this.#responseFlow = responseFlow(request, flow, host.knows);
		this.state = this.#kind.machine.initial;
	}

	/** The request as received, its top Via stamped. */
	get request(): Request {
		if (typeof this.#request === "string") this.#request = rereadRequest(this.#request);
		return this.#request;
	}

	get terminated(): boolean {
		return this.state === this.#kind.machine.terminated;
	}

	/** Hands the request to the user. */
	start(): void {
		start(this.#kind.machine, this);
	}

	/** False for an event that the state has no row for. */
	take(event: ServerEvent): boolean {
		return receive(this, event);
	}

	/** False when the state sends no such response. */
	takeResponse(status: number): boolean {
		const event = this.#eventOf(status);
		if (event === undefined || !receive(this, event)) return false;
		if (this.#legacy !== undefined && status >= 300)
			this.#legacy.response = toTagOf(this.#response);
		return true;
	}

	takeTimer(timer: string): void {
		// A process that stood still finds both due: what has timed out is not sent once more.
		if (this.#host.wheel.isDue(this.#second, this.#host.now)) return;
		expire(this, timer);
	}

	/** Sends a response that is neither kept nor repeated. */
	sendOnce(text: string): void {
		if (this.#responseFlow !== undefined) this.#host.send(text, this.#responseFlow, 0);
	}

	/** Sends the response, from now on, along another flow. */
	redirect(flow: Flow): void {
		this.#responseFlow = flow;
		this.#send();
	}

	/**
	 * Keeps the request in short: parsed it is several times as large, and the rest of it has gone where
	 * it belongs. A text near the limits stays parsed, since the stamp on its Via may have carried it
	 * beyond them.
	 */
	compact(): void {
		const request = this.#request;
		if (typeof request !== "string" && request.text.length < MAX_LINE)
			this.#request = shortened(request);
	}

	halt(): void {
		halt(this.#kind.machine, this);
	}

	expire(tag: string, now: Milliseconds): void {
		this.#host.expired(this, tag, now);
	}

	/** Whether a request with this transaction's key belongs to it (§17.2.3). */
	matches(request: Request): boolean {
		const ack = request.method === "ACK";
		if ((ack ? "INVITE" : request.method) !== this.method) return false;
		if (this.#legacy === undefined) return true;
		const { toTag } = request.head;
		if (!ack) return toTag === this.#legacy.request;
		return this.#legacy.response === undefined || toTag === this.#legacy.response;
	}

	act(action: ServerAction): void {
		switch (action) {
			case "pass-up":
				this.#host.passUp(this);
				break;
			case "pass-ack-up":
				this.#host.passAckUp(this);
				break;
			case "send-trying":
				this.#response = buildResponse(this.request, 100);
				this.#send();
				break;
			case "send-response":
				this.#response = flat(this.#host.outgoing);
				this.#send();
				break;
			case "resend-response":
				this.#send();
				break;
			case "forget-response":
				this.#response = undefined;
				break;
			case "report-unacknowledged":
				this.#host.unacknowledged(this);
				break;
			case "report-transport-error":
				this.#fallBack();
		}
	}

	arm(timer: Timer<ServerTimer>, attempt: number): boolean {
		const delay = this.#delay(timer.name, attempt);
		if (delay === undefined) return false;
		if (delay === 0) return true;
		const handle = this.#host.wheel.arm(this, timer.name, this.#host.now + delay);
		if (timer.slot === 0) this.#first = handle;
		else this.#second = handle;
		return false;
	}

	disarm(timer: Timer<ServerTimer>): void {
		this.#host.wheel.disarm(timer.slot === 0 ? this.#first : this.#second);
	}

	#send(): void {
		if (this.#response === undefined || this.#responseFlow === undefined) return;
		this.#host.send(this.#response, this.#responseFlow, this.id);
	}

	/** A connection that is gone is opened anew, once; then it is for the user to find another way. */
	#fallBack(): void {
		const failed = this.#responseFlow;
		const next =
			failed === undefined || failed.connection === 0
				? undefined
				: responseFallback(this.request, this.flow);
		if (next === undefined) this.#host.undelivered(this);
		else this.redirect(next);
	}

	#delay(timer: ServerTimer, attempt: number): Milliseconds | undefined {
		const timing = this.#host.timing(this.flow);
		return this.#kind.delay(timer, reliable(this.flow.transport), attempt, timing);
	}

	#eventOf(status: number): ServerEvent | undefined {
		if (this.method !== "INVITE") return status < 200 ? undefined : "200-699";
		if (status < 200) return "1xx";
		return status < 300 ? "2xx" : "300-699";
	}

	get #kind(): Kind {
		return this.method === "INVITE" ? INVITE : NON_INVITE;
	}
}

function toTagOf(response: string | undefined): string | undefined {
	const parsed = parseMessage(response ?? "", "datagram");
	return parsed.kind === "response" ? parsed.head.toTag : undefined;
}

const INVITE: Kind = { machine: inviteServerMachine, delay: inviteServerTimer };
const NON_INVITE: Kind = { machine: nonInviteServerMachine, delay: nonInviteServerTimer };
