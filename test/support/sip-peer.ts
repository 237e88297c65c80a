/** A SIP peer on raw sockets: it sends the bytes it is given and records what comes on its wire. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer, type TlsOptions } from "node:tls";
import { WireMessage, WireReader } from "./wire-message.ts";

export type Match = (message: WireMessage) => boolean;
type Waiter = { readonly match: Match; readonly take: (message: WireMessage) => void };

/** Longer than a busy machine takes, and shorter than the 32 s of a SIP timeout: what only that brings is late. */
const PATIENCE_MS = 20_000;

/** What came, in order, and who waits for what. */
class Inbox {
	readonly all: WireMessage[] = [];
	#unread: WireMessage[] = [];
	#waiters: Waiter[] = [];

	put(message: WireMessage): void {
		this.all.push(message);
		const waiter = this.#waiters.find(({ match }) => match(message));
		if (waiter === undefined) this.#unread.push(message);
		else waiter.take(message);
	}

	/** The first message not yet taken that matches, now or within the patience. */
	take(match: Match, what: string): Promise<WireMessage> {
		const at = this.#unread.findIndex(match);
		const [found] = at < 0 ? [] : this.#unread.splice(at, 1);
		if (found !== undefined) return Promise.resolve(found);
		return new Promise((resolve, reject) => {
			const waiter = {
				match,
				take: (message: WireMessage) => finish(() => resolve(message)),
			};
			const finish = (settle: () => void) => {
				clearTimeout(timer);
				this.#waiters = this.#waiters.filter((one) => one !== waiter);
				settle();
			};
			const late = () =>
				reject(new Error(`no ${what}; on the wire:\n${this.all.map((m) => m.text).join("\n")}`));
			const timer = setTimeout(() => finish(late), PATIENCE_MS);
			this.#waiters.push(waiter);
		});
	}
}

export abstract class SipPeer {
	readonly inbox = new Inbox();
	abstract readonly host: string;
	abstract readonly port: number;
	/** Sends to the other end: of the connection, or of the last datagram unless told otherwise. */
	abstract send(text: string, port?: number): void;
	abstract close(): Promise<void>;

	/** Everything that came, in order. */
	get received(): readonly WireMessage[] {
		return this.inbox.all;
	}

	request(method: string): Promise<WireMessage> {
		return this.inbox.take((message) => message.method === method, method);
	}

	/** A response with this status, or any final one when no status is given. */
	response(status?: number, method?: string): Promise<WireMessage> {
		const fits = (one: number) => (status === undefined ? one >= 200 : one === status);
		return this.inbox.take(
			(message) =>
				message.status !== undefined &&
				fits(message.status) &&
				(method === undefined || message.cseqMethod === method),
			`response ${status ?? ""} ${method ?? ""}`,
		);
	}
}

class UdpPeer extends SipPeer {
	readonly host: string;
	readonly port: number;
	readonly #socket: UdpSocket;
	#to: { port: number; host: string } | undefined;

	constructor(socket: UdpSocket) {
		super();
		this.#socket = socket;
		this.host = socket.address().address;
		this.port = socket.address().port;
		socket.on("message", (data, from) => {
			this.#to = { port: from.port, host: from.address };
			this.inbox.put(new WireMessage(data.toString("latin1")));
		});
	}

	send(text: string, port = this.#to?.port, host = this.#to?.host ?? this.host): void {
		this.#socket.send(Buffer.from(text, "latin1"), port, host);
	}

	close(): Promise<void> {
		return new Promise((resolve) => this.#socket.close(() => resolve()));
	}
}

class StreamPeer extends SipPeer {
	readonly host: string;
	readonly port: number;
	readonly #socket: Socket;
	/** Resolves when the connection is over, whoever ended it. */
	readonly closed: Promise<unknown>;

	constructor(socket: Socket) {
		super();
		this.#socket = socket;
		this.host = socket.localAddress ?? "";
		this.port = socket.localPort ?? 0;
		this.closed = new Promise((resolve) => socket.once("close", resolve));
		record(socket, this);
	}

	send(text: string): void {
		this.#socket.write(text, "latin1");
	}

	/** Ends the connection at once, in the middle of whatever it was sending. */
	cut(): void {
		this.#socket.destroy();
	}

	async close(): Promise<void> {
		this.#socket.destroy();
		await this.closed;
	}
}

/** Listens; sends on the connection that came last. */
class StreamServerPeer extends SipPeer {
	readonly host: string;
	readonly port: number;
	readonly #server: Server;
	readonly #sockets: Socket[] = [];

	constructor(server: Server, arrived: "connection" | "secureConnection") {
		super();
		this.#server = server;
		const address = server.address() as AddressInfo;
		this.host = address.address;
		this.port = address.port;
		server.on(arrived, (socket: Socket) => {
			this.#sockets.push(socket);
			record(socket, this);
		});
	}

	/** Connections so far: reuse can be told from a new one. */
	get connections(): number {
		return this.#sockets.length;
	}

	send(text: string): void {
		this.#sockets.at(-1)?.write(text, "latin1");
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
		await once(this.#server, "close");
	}
}

export type { StreamPeer, StreamServerPeer, UdpPeer };

export async function udpPeer(host = "127.0.0.1", port = 0): Promise<UdpPeer> {
	const socket = createSocket(host.includes(":") ? "udp6" : "udp4").bind(port, host);
	await once(socket, "listening");
	return new UdpPeer(socket);
}

export async function tcpClient(
	port: number,
	host = "127.0.0.1",
	localAddress?: string,
): Promise<StreamPeer> {
	const socket = connect({ port, host, ...(localAddress !== undefined && { localAddress }) });
	await once(socket, "connect");
	return new StreamPeer(socket);
}

/** `ca`: what the server's certificate must be signed by; without, it is not checked. */
export async function tlsClient(
	port: number,
	options: { ca?: string; host?: string; localAddress?: string } = {},
): Promise<StreamPeer> {
	const { ca, host = "127.0.0.1", localAddress } = options;
	const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
	const socket = connectTls({ port, host, ...(localAddress && { localAddress }), ...trust });
	await once(socket, "secureConnect");
	return new StreamPeer(socket);
}

export async function tcpServer(host = "127.0.0.1"): Promise<StreamServerPeer> {
	const server = createServer().listen(0, host);
	await once(server, "listening");
	return new StreamServerPeer(server, "connection");
}

export async function tlsServer(
	options: TlsOptions,
	host = "127.0.0.1",
): Promise<StreamServerPeer> {
	const server = createTlsServer(options).listen(0, host);
	await once(server, "listening");
	return new StreamServerPeer(server, "secureConnection");
}

function record(socket: Socket, peer: SipPeer): void {
	const reader = new WireReader();
	socket.on("data", (data) => {
		for (const message of reader.push(data.toString("latin1"))) peer.inbox.put(message);
	});
	socket.on("error", () => {});
}
