/** Phones by the thousand that register over UDP from one socket: REGISTER at a steady rate, or as fast as it is answered. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export type Register = {
	readonly user: string;
	/** Its CSeq; each request of a user has a higher one. */
	readonly sequence: number;
	/** Undefined: no Contact, which asks what is bound. */
	readonly expires: number | undefined;
	/** What the Contact carries, so that it is known again. */
	readonly mark?: string;
};

export type Answer = {
	readonly register: Register;
	readonly status: number;
	readonly text: string;
	/** Of `performance.now()`. */
	readonly at: number;
};

export type Pace = {
	/** At a steady rate; as fast as it is answered unless given. */
	readonly perSecond?: number;
	/** How many may wait for their answers; beyond it nothing is sent. */
	readonly waitingMax?: number;
	/** Ends it early. */
	readonly goesOn?: () => boolean;
};

export type Outcome = {
	readonly sent: number;
	readonly answered: number;
	readonly retransmissions: number;
	readonly seconds: number;
};

export class RegisterLoad {
	readonly #socket: Socket;
	readonly #host: string;
	readonly #port: number;
	readonly #contact: string;
	readonly #waiting = new Map<string, Sent>();
	#answered: (answer: Answer) => void = () => {};
	#invited: ((text: string) => void) | undefined;
	#again: NodeJS.Timeout | undefined;
	#branches = 0;
	#retransmissions = 0;

	private constructor(socket: Socket, host: string, port: number) {
		this.#socket = socket;
		this.#host = host;
		this.#port = port;
		this.#contact = `127.0.0.1:${socket.address().port}`;
		socket.on("message", (octets) => this.#received(octets.toString("latin1")));
	}

	static async open(host: string, port: number): Promise<RegisterLoad> {
		const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER, sendBufferSize: BUFFER });
		socket.bind(0, "127.0.0.1");
		await once(socket, "listening");
		return new RegisterLoad(socket, host, port);
	}

	/** Resolves when all are answered, or `goesOn` says no. */
	async run(
		registers: Iterable<Register>,
		answered: (answer: Answer) => void,
		{ perSecond = Infinity, waitingMax = 100, goesOn = () => true }: Pace = {},
	): Promise<Outcome> {
		const started = performance.now();
		let sent = 0;
		let heard = 0;
		this.#retransmissions = 0;
		this.#answered = (answer) => {
			heard += 1;
			answered(answer);
		};
		const due = () => Math.min(Infinity, ((performance.now() - started) / 1000) * perSecond);
		for (const register of registers) {
			while (goesOn() && (sent >= due() || this.#waiting.size >= waitingMax)) await this.#turn();
			if (!goesOn()) break;
			this.#send(register);
			sent += 1;
		}
		while (goesOn() && this.#waiting.size > 0) await this.#turn();
		this.#waiting.clear();
		const seconds = (performance.now() - started) / 1000;
		return { sent, answered: heard, retransmissions: this.#retransmissions, seconds };
	}

	/** Calls a user who is registered here; resolves when the INVITE has come back to its Contact. */
	async call(user: string): Promise<void> {
		const branch = this.#branch();
		const arrived = new Promise<void>((resolve) => {
			this.#invited = (text) => text.includes(branch) && resolve();
		});
		this.#again = setInterval(() => this.#transmit(this.#invite(user, branch)), CALL_AGAIN_MS);
		this.#transmit(this.#invite(user, branch));
		await arrived;
		clearInterval(this.#again);
		this.#invited = undefined;
	}

	close(): void {
		clearInterval(this.#again);
		this.#socket.close();
	}

	async #turn(): Promise<void> {
		const now = performance.now();
		for (const sent of this.#waiting.values()) {
			// Those that follow were sent later.
			if (now - sent.at < T1_MS) break;
			if (now - sent.again < T1_MS) continue;
			sent.again = now;
			this.#retransmissions += 1;
			this.#transmit(sent.text);
		}
		await new Promise((resolve) => setImmediate(resolve));
	}

	#send(register: Register): void {
		const branch = this.#branch();
		const via = `SIP/2.0/UDP ${this.#contact};rport;branch=${branch}`;
		const server = `${this.#host}:${this.#port}`;
		const text = registerText(register, { server, via, contact: this.#contact });
		const at = performance.now();
		this.#waiting.set(branch, { register, text, at, again: at });
		this.#transmit(text);
	}

	#transmit(text: string): void {
		this.#socket.send(Buffer.from(text, "latin1"), this.#port, this.#host);
	}

	#branch(): string {
		this.#branches += 1;
		return `z9hG4bK-${this.#branches}-${this.#contact}`;
	}

	#invite(user: string, branch: string): string {
		return `INVITE sip:${user}@${this.#host}:${this.#port} SIP/2.0\r\nVia: SIP/2.0/UDP ${this.#contact};rport;branch=${branch}\r\nMax-Forwards: 70\r\nFrom: <sip:caller@${this.#host}>;tag=c${branch}\r\nTo: <sip:${user}@${this.#host}>\r\nCall-ID: ${branch}\r\nCSeq: 1 INVITE\r\nContact: <sip:caller@${this.#contact}>\r\nContent-Length: 0\r\n\r\n`;
	}

	#received(text: string): void {
		if (!text.startsWith("SIP/2.0 ")) return this.#invited?.(text);
		const branch = /;branch=([^;\r\s]+)/.exec(text)?.[1] ?? "";
		const sent = this.#waiting.get(branch);
		if (sent === undefined) return;
		this.#waiting.delete(branch);
		const { register } = sent;
		this.#answered({ register, status: Number(text.slice(8, 11)), text, at: performance.now() });
	}
}

export type RegisterPlace = {
	/** Host and port. */
	readonly server: string;
	/** What stands in the Via. */
	readonly via: string;
	/** Host and port of the Contact, and the parameters of its URI. */
	readonly contact: string;
};

/** As a softphone writes it. */
export function registerText(
	{ user, sequence, expires, mark }: Register,
	{ server, via, contact }: RegisterPlace,
): string {
	const host = server.slice(0, server.lastIndexOf(":"));
	const bound =
		expires === undefined
			? ""
			: `Contact: <sip:${user}@${contact}>;expires=${expires}${mark === undefined ? "" : `;mark=${mark}`}\r\n`;
	return `REGISTER sip:${server} SIP/2.0\r\nVia: ${via}\r\nMax-Forwards: 70\r\nFrom: <sip:${user}@${host}>;tag=f${user}\r\nTo: <sip:${user}@${host}>\r\nCall-ID: ${user}-${contact}\r\nCSeq: ${sequence} REGISTER\r\n${bound}User-Agent: Linphone/5.2.0 (belle-sip/5.2.0)\r\nAllow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO, UPDATE\r\nContent-Length: 0\r\n\r\n`;
}

type Sent = {
	readonly register: Register;
	readonly text: string;
	readonly at: number;
	again: number;
};

/** RFC 3261 §17.1.1.1. */
const T1_MS = 500;
/** A server that has just started has missed what was sent before. */
const CALL_AGAIN_MS = 20;
const BUFFER = 4 * 2 ** 20;
