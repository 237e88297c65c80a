/** One SIP message in each WebSocket message, text or binary; pings of both kinds: RFC 7118 §4.2, §5, §6. */
import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Frame } from "../message/framing.ts";
import { ParseError } from "../message/parse-error.ts";
import { isBlank } from "./blank.ts";
import { FrameProgress } from "./frame-progress.ts";
import type { Wire, WireUser } from "./wire.ts";

/** RFC 6455 §7.4.1: the endpoint goes away. */
const GOING_AWAY = 1001;
const PONG = "\r\n";
const PING = Buffer.from("\r\n\r\n");

export class WebSocketWire implements Wire {
	readonly #webSocket: WebSocket;
	readonly #socket: Socket;
	readonly #user: WireUser;
	readonly #progress = new FrameProgress();
	/** Whole; those from `#taken` on were not asked for yet. */
	#frames: Frame[] = [];
	#taken = 0;
	/** Messages as text; what answers a ping frame as octets. */
	#output: (string | Buffer)[] = [];
	#outputLength = 0;
	/** What answers the pings that were not answered yet. */
	#pings: (string | Buffer)[] = [];
	#over = false;

	/** `socket` is the one below `webSocket`. Right after the handshake: nothing was read yet. */
	constructor(webSocket: WebSocket, socket: Socket, user: WireUser) {
		this.#webSocket = webSocket;
		this.#socket = socket;
		this.#user = user;
		webSocket.on("message", this.#message);
		webSocket.on("ping", this.#pinged);
		webSocket.on("error", this.#broken);
		// Behind the package's own: it has told of all that these octets made whole.
		socket.on("data", this.#data);
		socket.on("drain", user.drained);
		socket.on("end", user.ended);
		socket.on("error", user.failed);
		socket.once("close", user.closed);
	}

	next(): Frame | undefined {
		const frame = this.#frames[this.#taken];
		this.#taken += 1;
		if (frame !== undefined) return frame;
		this.#frames = [];
		this.#taken = 0;
		return undefined;
	}

	get started(): boolean {
		return this.#progress.started;
	}

	get queued(): number {
		return this.#outputLength + this.#socket.writableLength;
	}

	add(message: string): void {
		this.#output.push(message);
		this.#outputLength += message.length;
	}

	pong(): void {
		const answer = this.#pings.shift() ?? PONG;
		this.#output.push(answer);
		this.#outputLength += answer.length;
	}

	/** §6: browsers do not ping by themselves, and what stands between forgets a connection that is silent. */
	ping(): void {
		this.#webSocket.ping();
	}

	flush(): boolean {
		const output = this.#output;
		this.#output = [];
		this.#outputLength = 0;
		this.#socket.cork();
		for (const one of output) this.#send(one);
		this.#socket.uncork();
		return !this.#socket.writableNeedDrain;
	}

	end(): void {
		this.#over = true;
		this.#webSocket.close(GOING_AWAY);
	}

	destroy(): void {
		this.#over = true;
		this.#output = [];
		this.#outputLength = 0;
		this.#webSocket.terminate();
	}

	/** §4.2: what is not UTF-8 may go in a binary message only. */
	#send(one: string | Buffer): void {
		if (typeof one !== "string") {
			this.#webSocket.pong(one, false);
			return;
		}
		const octets = Buffer.from(one, "latin1");
		this.#webSocket.send(octets, { binary: !isUtf8(octets) });
	}

	readonly #message = (octets: Buffer): void => {
		if (this.#over) return;
		if (octets.equals(PING)) this.#ask(PONG);
		else if (isBlank(octets)) this.#frames.push({ kind: "pong" });
		else this.#frames.push({ kind: "message", text: octets.toString("latin1") });
	};

	readonly #pinged = (octets: Buffer): void => {
		if (!this.#over) this.#ask(octets);
	};

	#ask(answer: string | Buffer): void {
		this.#pings.push(answer);
		this.#frames.push({ kind: "ping" });
	}

	/** No WebSocket, no UTF-8 in a text message, or too large: the package has told the peer, and closes. */
	readonly #broken = ({ message }: Error): void => {
		if (this.#over) return;
		const error = new ParseError(message, { field: "WebSocket", offset: 0 });
		this.#frames.push({ kind: "error", error, text: "" });
		this.#user.received();
	};

	readonly #data = (chunk: Buffer): void => {
		if (this.#over) return;
		this.#progress.push(chunk);
		this.#user.received();
		// The package answers a close frame; from then on nothing can be sent.
		if (this.#webSocket.readyState === this.#webSocket.OPEN || this.#over) return;
		this.#over = true;
		this.#user.ended();
	};
}
