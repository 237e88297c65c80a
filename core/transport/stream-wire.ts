/** Messages on a stream of octets, TCP or TLS: RFC 3261 §18.3, RFC 5626 §4.4.1. */
import type { Socket } from "node:net";
import { type Frame, StreamFramer } from "../message/framing.ts";
import type { Wire, WireUser } from "./wire.ts";

const PONG = "\r\n";

export class StreamWire implements Wire {
	readonly #socket: Socket;
	readonly #user: WireUser;
	readonly #framer = new StreamFramer();
	#output = "";
	#over = false;

	constructor(socket: Socket, user: WireUser) {
		this.#socket = socket;
		this.#user = user;
		socket.on("data", this.#data);
		socket.on("drain", user.drained);
		socket.on("end", user.ended);
		socket.on("error", user.failed);
		socket.once("close", user.closed);
	}

	next(): Frame | undefined {
		return this.#framer.next();
	}

	get started(): boolean {
		return this.#framer.started;
	}

	get queued(): number {
		return this.#output.length + this.#socket.writableLength;
	}

	add(message: string): void {
		this.#output += message;
	}

	/** Stands between messages, since messages are sent whole. */
	pong(): void {
		this.#output += PONG;
	}

	flush(): boolean {
		const output = this.#output;
		this.#output = "";
		return this.#socket.write(output, "latin1");
	}

	end(): void {
		this.#over = true;
		this.#socket.end();
	}

	destroy(): void {
		this.#over = true;
		this.#output = "";
		this.#socket.destroy();
	}

	readonly #data = (chunk: Buffer): void => {
		// What comes while we close is read, so that the peer gets our answer and not a reset.
		if (this.#over) return;
		this.#framer.push(chunk.toString("latin1"));
		this.#user.received();
	};
}
