/** The handshake of a WebSocket connection, and who gets one: RFC 7118 §4.1, RFC 6455 §4.2, §10.2. */
import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Handshake } from "../base/flow.ts";
import { MAX_STREAM_MESSAGE } from "../message/limits.ts";
import type { TransportCounters } from "./counters.ts";
import { type TransportLimits, UPGRADE_HEAD_MAX } from "./limits.ts";
import type { WebRules } from "./transport-user.ts";

export type UpgradeContext = {
	readonly rules: WebRules;
	readonly limits: TransportLimits;
	readonly counters: TransportCounters;
	/** Who asks, by what the balancer says who brings it; why not, if it may not. */
	identify(forwardedFor: string, socket: Socket): Refusal | undefined;
	/** Its octets are its own from here on. */
	upgraded(webSocket: WebSocket, socket: Socket, handshake: Handshake): void;
	/** It asked for a WebSocket and got none: an event for the log. The socket is about to be closed. */
	refused(event: string, socket: Socket, reason: string): void;
};

export type Refusal = {
	readonly status: number;
	/** For the log. */
	readonly event: string;
	readonly reason: string;
};

const SUBPROTOCOL = "sip";

export class WebSocketUpgrade {
	readonly #context: UpgradeContext;
	/** Neither of them listens: connections are handed in, TLS is done before. */
	readonly #http = createServer({ maxHeaderSize: UPGRADE_HEAD_MAX });
	readonly #webSockets: WebSocketServer;
	/** Connections whose request is not whole yet. */
	readonly #waiting = new Map<Socket, NodeJS.Timeout>();

	constructor(context: UpgradeContext) {
		this.#context = context;
		this.#webSockets = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			perMessageDeflate: false,
			maxPayload: MAX_STREAM_MESSAGE,
			// Pongs are ours to send: a peer that does not read gets no endless queue of them.
			autoPong: false,
			handleProtocols: () => SUBPROTOCOL,
		});
		this.#http.on("upgrade", this.#upgrade);
		this.#http.on("request", (_request, response) => {
			this.#context.counters.upgradesRefused += 1;
			response.writeHead(426, { ...CLOSE, Upgrade: "websocket" }).end(NO_UPGRADE);
		});
		this.#http.on("clientError", ({ code }: NodeJS.ErrnoException, socket) => {
			if (!socket.writable) socket.destroy();
			else this.#refuse(socket, code?.endsWith("OVERFLOW") ? 431 : 400, "no request for us");
		});
	}

	/** Reads the request; within its time there is a WebSocket, or the socket is closed. */
	take(socket: Socket): void {
		const late = () => {
			if (!socket.writableEnded) this.#context.counters.upgradesRefused += 1;
			socket.destroy();
		};
		this.#waiting.set(socket, setTimeout(late, this.#context.limits.upgradeMs));
		socket.on("error", () => {});
		socket.once("close", () => this.#done(socket));
		this.#http.emit("connection", socket);
	}

	readonly #upgrade = (request: IncomingMessage, _socket: unknown, head: Buffer): void => {
		const { socket } = request;
		const forwardedFor = String(request.headers["x-forwarded-for"] ?? "");
		const refusal = this.#context.identify(forwardedFor, socket) ?? this.#judge(request);
		if (refusal !== undefined) {
			this.#context.refused(refusal.event, socket, refusal.reason);
			this.#refuse(socket, refusal.status, refusal.reason);
			return;
		}
		let made = false;
		this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
			made = true;
			this.#done(socket);
			const { origin, cookie } = request.headers;
			this.#context.upgraded(webSocket, socket, { origin, path: request.url ?? "", cookie });
		});
		// The package has answered itself: no version or no key that it knows.
		if (!made) this.#context.counters.upgradesRefused += 1;
	};

	/** Why it gets no WebSocket; undefined when it does, if it knows how to ask (RFC 6455 §4.2.1). */
	#judge({ url = "", headers }: IncomingMessage): Refusal | undefined {
		const { paths, admits } = this.#context.rules;
		const path = url.split("?", 1)[0] ?? "";
		if (paths !== undefined && !paths.includes(path))
			return { status: 404, event: "websocket.path", reason: `no WebSocket at ${quoted(path)}` };
		const offered = headers["sec-websocket-protocol"]?.split(",") ?? [];
		if (!offered.some((one) => one.trim() === SUBPROTOCOL))
			return {
				status: 400,
				event: "websocket.protocol",
				reason: `no subprotocol "${SUBPROTOCOL}" in Sec-WebSocket-Protocol`,
			};
		const { origin } = headers;
		if (origin === undefined || admits(origin)) return undefined;
		const reason = `pages of ${quoted(origin)} may not connect`;
		return { status: 403, event: "websocket.origin", reason };
	}

	#refuse(socket: Duplex, status: number, reason: string): void {
		this.#context.counters.upgradesRefused += 1;
		const text = `${reason}\n`;
		const head = Object.entries({ ...CLOSE, "Content-Length": Buffer.byteLength(text) });
		const lines = [
			`HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
			...head.map(([name, value]) => `${name}: ${value}`),
		];
		socket.once("finish", () => socket.destroy());
		socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`);
	}

	#done(socket: Socket): void {
		clearTimeout(this.#waiting.get(socket));
		this.#waiting.delete(socket);
	}
}

const CLOSE = { Connection: "close", "Content-Type": "text/plain; charset=utf-8" };
const NO_UPGRADE = 'This is a SIP server: connect a WebSocket with the subprotocol "sip".\n';
const SHOWN_MAX = 100;

/** A stranger's words, short enough for a log. */
function quoted(text: string): string {
	return JSON.stringify(text.slice(0, SHOWN_MAX));
}
