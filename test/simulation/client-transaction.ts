/** A client transaction of a simulated phone: RFC 3261 §17.1, with RFC 6026 for repeats of a 2xx. */
import type { Milliseconds } from "../../core/base/clock.ts";
import { type Sip, write } from "./sip.ts";

/** Every response that counts, each 2xx of an INVITE again; undefined when none came. */
export type Told = (response: Sip | undefined) => void;

/** What it needs of its phone. */
export type ClientHome = {
	readonly clients: Map<string, ClientTransaction>;
	readonly reliable: boolean;
	after(ms: Milliseconds, happen: () => void): void;
	transmit(sip: Sip): void;
};

export const T1: Milliseconds = 500;
export const T2: Milliseconds = 4_000;

export class ClientTransaction {
	readonly request: Sip;
	state: "calling" | "proceeding" | "completed" = "calling";
	readonly #phone: ClientHome;
	readonly #told: Told;
	readonly #key: string;
	#acknowledgement: Sip | undefined;

	constructor(phone: ClientHome, request: Sip, told: Told) {
		this.#phone = phone;
		this.request = request;
		this.#told = told;
		this.#key = `${request.branch} ${request.method}`;
	}

	start(): void {
		this.#phone.clients.set(this.#key, this);
		this.#phone.transmit(this.request);
		if (!this.#phone.reliable) this.#repeatAfter(T1);
		this.#phone.after(64 * T1, () => this.#givenUp());
	}

	receive(response: Sip): void {
		if (this.state === "completed") return this.#again(response);
		if (response.status < 200) {
			this.state = "proceeding";
			this.#told(response);
			return;
		}
		this.state = "completed";
		if (this.#invite && response.status >= 300) {
			this.#acknowledgement = this.#withinTransaction("ACK", response.to);
			this.#phone.transmit(this.#acknowledgement);
		}
		this.#phone.after(64 * T1, () => this.#end());
		this.#told(response);
	}

	/** RFC 3261 §9.1; the caller waits for a provisional response first. */
	cancel(): void {
		const cancel = this.#withinTransaction("CANCEL", this.request.to);
		new ClientTransaction(this.#phone, cancel, nothing).start();
	}

	/** Its user has lost interest: responses from now on are for nobody. */
	abandon(): void {
		if (this.state !== "completed") this.#end();
	}

	get #invite(): boolean {
		return this.request.method === "INVITE";
	}

	#again(response: Sip): void {
		if (!this.#invite) return;
		if (this.#acknowledgement !== undefined) {
			if (response.status >= 300) this.#phone.transmit(this.#acknowledgement);
		} else if (response.status >= 200 && response.status < 300) this.#told(response);
	}

	/** Timers A and E. */
	#repeatAfter(interval: Milliseconds): void {
		this.#phone.after(interval, () => {
			const silent = this.state === "calling";
			const waiting = silent || (this.state === "proceeding" && !this.#invite);
			if (!waiting || !this.#known) return;
			this.#phone.transmit(this.request);
			const doubled = this.#invite ? 2 * interval : Math.min(2 * interval, T2);
			this.#repeatAfter(silent ? doubled : T2);
		});
	}

	/** Timers B and F. */
	#givenUp(): void {
		if (!this.#known || this.state === "completed") return;
		if (this.#invite && this.state === "proceeding") return;
		this.#end();
		this.#told(undefined);
	}

	get #known(): boolean {
		return this.#phone.clients.get(this.#key) === this;
	}

	#end(): void {
		if (this.#known) this.#phone.clients.delete(this.#key);
	}

	#withinTransaction(method: "ACK" | "CANCEL", to: string): Sip {
		const { vias, uri, routes, from, callId, cseq } = this.request;
		return write(`${method} ${uri} SIP/2.0`, [
			`Via: ${vias[0]}`,
			"Max-Forwards: 70",
			...routes.map((route) => `Route: ${route}`),
			`From: ${from}`,
			`To: ${to}`,
			`Call-ID: ${callId}`,
			`CSeq: ${cseq} ${method}`,
		]);
	}
}

function nothing(): void {}
