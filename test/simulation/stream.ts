/**
 * One TCP or TLS connection between a phone and the proxy. What a phone writes is cut into pieces
 * and read by the framer of the proxy itself; what the proxy writes may be read late.
 */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Flow } from "../../core/base/flow.ts";
import { StreamFramer } from "../../core/message/framing.ts";
import type { Agenda } from "./agenda.ts";
import type { Network } from "./network.ts";
import type { Sip } from "./sip.ts";

/** What the proxy has sent, and the transaction that wants to know if it cannot be. */
export type Unheard = { readonly sip: Sip; readonly owner: number };

/** The phone's end. */
export type StreamUser = {
	/** False: nothing here knows of the connection, and it is reset. */
	streamReceived(stream: Stream, sip: Sip): boolean;
	streamClosed(stream: Stream): void;
};

/** The proxy's end. */
export type StreamHost = {
	/** Told of inputs only, in order: a message, or the end with the owners of what may be lost. */
	streamMessage(stream: Stream, text: string): void;
	streamEnded(stream: Stream, lost: readonly Unheard[]): void;
};

export class Stream {
	/** As the proxy sees it. */
	readonly flow: Flow;
	/** Opened by the phone. */
	readonly accepted: boolean;
	readonly phone: StreamUser;
	state: "opening" | "open" | "closed" = "open";
	readonly #agenda: Agenda;
	readonly #network: Network;
	readonly #host: StreamHost;
	readonly #framer = new StreamFramer();
	#written = "";
	#reading = false;
	/** In order, so nothing overtakes what was sent before. */
	#toProxy: Milliseconds = 0;
	#toPhone: Milliseconds = 0;
	/** Transactions whose messages may not have arrived: nothing was heard since. */
	#unheard: Unheard[] = [];
	/** Until the proxy has opened it. */
	#waiting: Sip[] = [];

	constructor(
		given: Pick<Stream, "flow" | "accepted" | "phone"> & {
			readonly agenda: Agenda;
			readonly network: Network;
			readonly host: StreamHost;
		},
	) {
		this.flow = given.flow;
		this.accepted = given.accepted;
		this.phone = given.phone;
		this.#agenda = given.agenda;
		this.#network = given.network;
		this.#host = given.host;
	}

	get open(): boolean {
		return this.state !== "closed";
	}

	fromPhone(text: string): void {
		if (!this.open) return;
		this.#written += text;
		if (this.#reading) return;
		this.#reading = true;
		this.#readLater();
	}

	fromProxy(sip: Sip, owner: number): void {
		if (owner !== 0) this.#unheard.push({ sip, owner });
		if (this.state === "opening") this.#waiting.push(sip);
		else this.#toward(sip);
	}

	/** The phone has taken the connection that the proxy opened. */
	opened(): void {
		if (this.state !== "opening") return;
		this.state = "open";
		for (const sip of this.#waiting.splice(0)) this.#toward(sip);
	}

	/** Gone for both, with what is on its way; each learns of it in its own time. */
	reset(): void {
		if (!this.open) return;
		this.state = "closed";
		const lost = this.#unheard.splice(0);
		this.#agenda.after(this.#network.delay(), () => this.#host.streamEnded(this, lost));
		this.#agenda.after(this.#network.delay(), () => this.phone.streamClosed(this));
	}

	#toward(sip: Sip): void {
		this.#toPhone = Math.max(this.#toPhone, this.#agenda.now + this.#network.delay());
		this.#agenda.at(this.#toPhone, () => {
			if (!this.open || this.#network.isCutOff(this.flow.host)) return this.reset();
			if (!this.phone.streamReceived(this, sip)) this.reset();
		});
	}

	#readLater(): void {
		this.#toProxy = Math.max(this.#toProxy, this.#agenda.now + this.#network.delay());
		this.#agenda.at(this.#toProxy, () => this.#read());
	}

	#read(): void {
		this.#reading = false;
		if (!this.open || this.#written === "") return;
		if (this.#network.isCutOff(this.flow.host)) return this.reset();
		const octets = this.#network.piece(this.#written.length);
		this.#framer.push(this.#written.slice(0, octets));
		this.#written = this.#written.slice(octets);
		this.#unheard = [];
		for (let frame = this.#framer.next(); frame !== undefined; frame = this.#framer.next()) {
			if (frame.kind === "message") this.#host.streamMessage(this, frame.text);
			else if (frame.kind === "error") throw new Error(`framing: ${frame.error.message}`);
		}
		if (this.#written === "" || this.#reading) return;
		this.#reading = true;
		this.#readLater();
	}
}
