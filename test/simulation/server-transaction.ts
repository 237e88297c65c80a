/** A server transaction of a simulated phone: RFC 3261 §17.2. The 2xx of an INVITE is repeated by its dialog. */
import type { Milliseconds } from "../../core/base/clock.ts";
import { T1, T2 } from "./client-transaction.ts";
import { type Sip, sentByOf, writeResponse } from "./sip.ts";
import type { Stream } from "./stream.ts";

/** What it needs of its phone. */
export type ServerHome = {
	readonly servers: Map<string, ServerTransaction>;
	readonly reliable: boolean;
	after(ms: Milliseconds, happen: () => void): void;
	transmit(sip: Sip, stream: Stream | undefined): void;
};

export class ServerTransaction {
	readonly request: Sip;
	/** What it put into To. */
	tag = "";
	/** Of the final response; 0 before. */
	status = 0;
	acknowledged = false;
	/** What a CANCEL does to it. */
	cancelled: (() => void) | undefined;
	readonly #phone: ServerHome;
	readonly #stream: Stream | undefined;
	#last: Sip | undefined;

	constructor(phone: ServerHome, request: Sip, stream: Stream | undefined) {
		this.#phone = phone;
		this.request = request;
		this.#stream = stream;
	}

	respond(
		status: string,
		given: {
			readonly tag?: string;
			readonly headers?: readonly string[];
			readonly body?: string;
		} = {},
	): Sip {
		const response = writeResponse(this.request, status, given);
		if (given.tag !== undefined) this.tag = given.tag;
		this.#last = response;
		this.send(response);
		if (response.status < 200 || this.status !== 0) return response;
		this.status = response.status;
		if (this.request.method === "INVITE" && response.status >= 300) this.#repeatAfter(T1, 0);
		this.#phone.after(64 * T1, () => this.#forget());
		return response;
	}

	send(response: Sip): void {
		this.#phone.transmit(response, this.#stream);
	}

	/** The request came once more. */
	repeat(): void {
		if (this.#last !== undefined) this.send(this.#last);
	}

	/** Timers G and H. */
	#repeatAfter(interval: number, passed: number): void {
		if (this.#phone.reliable || passed > 64 * T1) return;
		this.#phone.after(interval, () => {
			if (this.acknowledged) return;
			this.repeat();
			this.#repeatAfter(Math.min(2 * interval, T2), passed + interval);
		});
	}

	#forget(): void {
		const { branch, method, vias } = this.request;
		const key = `${branch} ${sentByOf(vias[0] ?? "")} ${method}`;
		if (this.#phone.servers.get(key) === this) this.#phone.servers.delete(key);
	}
}
