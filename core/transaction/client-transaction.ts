/** A client transaction: RFC 3261 §17.1. It is the port of its own machine; the tables decide. */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, reliable } from "../base/flow.ts";
import { flat } from "../base/own-text.ts";
import { type Expiring, NO_TIMER, type TimerHandle } from "../base/timer-wheel.ts";
import type { Response } from "../message/message.ts";
import { buildAck } from "./ack.ts";
import type { Host } from "./host.ts";
import {
	type InviteClientAction,
	type InviteClientEvent,
	type InviteClientTimer,
	inviteClientMachine,
	inviteClientTimer,
} from "./invite-client.ts";
import { clientKey } from "./key.ts";
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
	type NonInviteClientAction,
	type NonInviteClientEvent,
	type NonInviteClientTimer,
	nonInviteClientMachine,
	nonInviteClientTimer,
} from "./non-invite-client.ts";
import { weigh } from "./slots.ts";
import type { Timing } from "./timers.ts";

export type ClientAction = InviteClientAction | NonInviteClientAction;
export type ClientEvent = InviteClientEvent | NonInviteClientEvent;
export type ClientTimer = InviteClientTimer | NonInviteClientTimer;

/** What the table does for its client transactions. */
export type ClientHost = Host & {
	/** The response that is being taken. */
	response: Response | undefined;
	passUp(client: ClientTransaction): void;
	failed(client: ClientTransaction, why: "timeout" | "transport"): void;
	sendCancel(client: ClientTransaction): void;
	/** The wheel called: the table takes it as an input. */
	expired(client: ClientTransaction, timer: string, now: Milliseconds): void;
};

type Kind = {
	readonly machine: Machine<ClientAction, ClientTimer>;
	/** Of the timers of this machine. */
	delay(
		timer: ClientTimer,
		reliable: boolean,
		attempt: number,
		timing: Timing,
		state: string,
	): Milliseconds | undefined;
};

/** A request to send: `branch` is that of the top Via, in a string of its own. */
export type Outgoing = {
	readonly text: string;
	readonly method: string;
	readonly branch: string;
	readonly flow: Flow;
	readonly user: unknown;
};

export class ClientTransaction implements Expiring, Port<ClientAction, ClientTimer> {
	readonly id: number;
	/** By which responses are matched (§17.1.3). */
	readonly key: string;
	readonly method: string;
	/** See slots.ts. */
	readonly weight: number;
	/** The branch of our Via, as sent. */
	readonly branch: string;
	/** Requests, ACK and CANCEL all go here. */
	readonly flow: Flow;
	/** The proxy's own. */
	user: unknown;
	/** Value of the Reason header for the CANCEL (RFC 3326). */
	reason: string | undefined;
	state: State<ClientAction, ClientTimer>;
	attempt = 0;
	readonly #host: ClientHost;
	#text: string;
	#first: TimerHandle = NO_TIMER;
	#second: TimerHandle = NO_TIMER;

	constructor(host: ClientHost, id: number, request: Outgoing) {
		this.#host = host;
		this.id = id;
		this.key = clientKey(request.branch, request.method);
		this.method = request.method;
		this.weight = weigh(request.text);
		this.branch = request.branch;
		this.flow = request.flow;
		this.user = request.user;
		this.#text = flat(request.text);
		this.state = this.#kind.machine.initial;
	}

	/**
	 * What goes out when a timer asks for it: the request as sent; the ACK once a final response of
	 * 300 or more has come; nothing after any other final response.
	 */
	get text(): string {
		return this.#text;
	}

	get terminated(): boolean {
		return this.state === this.#kind.machine.terminated;
	}

	/** Sends the request. */
	start(): void {
		start(this.#kind.machine, this);
	}

	/** False for an event that the state has no row for. */
	take(event: ClientEvent): boolean {
		return receive(this, event);
	}

	takeResponse(status: number): boolean {
		const taken = receive(this, this.#eventOf(status));
		// An accepted or completed request is sent no more; only Completed has an ACK to repeat.
		if (taken && status >= 200 && (status < 300 || this.method !== "INVITE")) this.#text = "";
		return taken;
	}

	takeTimer(timer: string): void {
		// A process that stood still finds both due: what has timed out is not sent once more.
		if (this.#host.wheel.isDue(this.#second, this.#host.now)) return;
		expire(this, timer);
	}

	halt(): void {
		halt(this.#kind.machine, this);
	}

	expire(tag: string, now: Milliseconds): void {
		this.#host.expired(this, tag, now);
	}

	act(action: ClientAction): void {
		switch (action) {
			case "send-request":
			case "resend-ack":
				this.#send();
				break;
			case "send-ack":
				this.#text = this.#ack();
				this.#send();
				break;
			case "send-cancel":
				this.#host.sendCancel(this);
				break;
			case "pass-up":
				this.#host.passUp(this);
				break;
			case "report-timeout":
				this.#host.failed(this, "timeout");
				break;
			case "report-transport-error":
				this.#host.failed(this, "transport");
		}
	}

	arm(timer: Timer<ClientTimer>, attempt: number): boolean {
		const delay = this.#delay(timer.name, attempt);
		if (delay === undefined) return false;
		if (delay === 0) return true;
		const handle = this.#host.wheel.arm(this, timer.name, this.#host.now + delay);
		if (timer.slot === 0) this.#first = handle;
		else this.#second = handle;
		return false;
	}

	disarm(timer: Timer<ClientTimer>): void {
		this.#host.wheel.disarm(timer.slot === 0 ? this.#first : this.#second);
	}

	#send(): void {
		if (this.#text !== "") this.#host.send(this.#text, this.flow, this.id);
	}

	#ack(): string {
		const { response } = this.#host;
		return (response && buildAck(this.#text, response)) ?? "";
	}

	#delay(timer: ClientTimer, attempt: number): Milliseconds | undefined {
		const timing = this.#host.timing(this.flow);
		const stream = reliable(this.flow.transport);
		return this.#kind.delay(timer, stream, attempt, timing, this.state.name);
	}

	#eventOf(status: number): ClientEvent {
		if (status < 200) return "1xx";
		if (this.method !== "INVITE") return "200-699";
		return status < 300 ? "2xx" : "300-699";
	}

	get #kind(): Kind {
		return this.method === "INVITE" ? INVITE : NON_INVITE;
	}
}

const INVITE: Kind = { machine: inviteClientMachine, delay: inviteClientTimer };
const NON_INVITE: Kind = { machine: nonInviteClientMachine, delay: nonInviteClientTimer };
