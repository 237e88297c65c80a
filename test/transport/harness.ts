/** Transports on loopback with everything they told their user, and peers made of plain sockets. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { TestContext } from "node:test";
import type { Flow, Listener } from "../../core/base/flow.ts";
import type { Log } from "../../core/base/log.ts";
import type { ParseError } from "../../core/message/parse-error.ts";
import type { TransportLimits } from "../../core/transport/limits.ts";
import type { TlsOptions } from "../../core/transport/tls-settings.ts";
import type { ListenOptions, TransportUser } from "../../core/transport/transport-user.ts";
import { Transports } from "../../core/transport/transports.ts";

export const LOOPBACKS = ["127.0.0.1", "::1"].filter((address) =>
	Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address)),
);

/** For a busy machine. */
export const PATIENCE_MS = 30_000;

export type Told = { readonly text: string; readonly flow: Flow };

/** Keeps what it is told and wakes who waits for it. `reply` may send from inside a call. */
export class Recorder implements TransportUser {
	readonly messages: Told[] = [];
	readonly framingErrors: (Told & { readonly error: ParseError })[] = [];
	readonly failed: { readonly owner: number; readonly reason: string }[] = [];
	readonly closed: number[] = [];
	/** The calls since the start, each batch ending in "end". */
	readonly calls: string[] = [];
	readonly needed = new Set<number>();
	/** Flows of transactions. */
	readonly waited: Flow[] = [];
	reply: ((told: Told) => void) | undefined;
	readonly #waiting = new Set<() => void>();

	message(text: string, flow: Flow): void {
		this.calls.push("message");
		this.messages.push({ text, flow });
		this.reply?.({ text, flow });
	}

	framingError(text: string, error: ParseError, flow: Flow): void {
		this.calls.push("framingError");
		this.framingErrors.push({ text, error, flow });
		this.reply?.({ text, flow });
	}

	sendFailed(owner: number, reason: string): void {
		this.calls.push(`sendFailed ${owner}`);
		this.failed.push({ owner, reason });
	}

	connectionClosed(connection: number): void {
		this.calls.push("connectionClosed");
		this.closed.push(connection);
	}

	batchEnd(): void {
		this.calls.push("end");
		for (const look of this.#waiting) look();
	}

	inUse(connection: number): boolean {
		return this.needed.has(connection);
	}

	waitedOn(): Iterable<Flow> {
		return this.waited;
	}

	/** The message at that index, once it is there. */
	async nth(index: number): Promise<Told> {
		await this.until(() => this.messages.length > index);
		const told = this.messages[index];
		if (told === undefined) throw new Error("unreachable");
		return told;
	}

	until(holds: () => boolean): Promise<void> {
		return new Promise((resolve, reject) => {
			const finish = (settle: () => void) => {
				clearTimeout(timer);
				this.#waiting.delete(look);
				settle();
			};
			const look = () => {
				if (holds()) finish(resolve);
			};
			const timer = setTimeout(
				() => finish(() => reject(new Error(`never: ${holds}\n${this.calls.join(", ")}`))),
				PATIENCE_MS,
			);
			this.#waiting.add(look);
			look();
		});
	}
}

/** Everything that asks for the time finds that so much more has passed. */
export function clock(t: TestContext): { pass(ms: number): void } {
	let passed = 0;
	const real = performance.now.bind(performance);
	t.mock.method(performance, "now", () => real() + passed);
	return {
		pass: (ms) => {
			passed += ms;
		},
	};
}

/** For what no call of the user announces: looks after each turn of the event loop. */
export async function comesTrue(holds: () => boolean): Promise<void> {
	// Not the clock that a test may turn forward.
	const end = Date.now() + PATIENCE_MS;
	while (!holds()) {
		if (Date.now() > end) throw new Error(`never: ${holds}`);
		await new Promise((resolve) => setImmediate(resolve));
	}
}

export type Bench = {
	readonly user: Recorder;
	readonly transports: Transports;
	readonly listeners: readonly Listener[];
	/** Warnings and errors: fields of log lines. */
	readonly warnings: readonly object[];
	/** The first listener of that transport. */
	listener(transport: Listener["transport"]): Listener;
	[Symbol.asyncDispose](): Promise<void>;
};

/** Deadlines are looked at often, so that a test of one takes as long as that one. */
export async function bench(
	listen: readonly Omit<ListenOptions, "id">[],
	more: { readonly tls?: TlsOptions; readonly limits?: Partial<TransportLimits> } = {},
): Promise<Bench> {
	const user = new Recorder();
	const warnings: object[] = [];
	const warn = (fields: object) => void warnings.push(fields);
	const log: Log = { debug() {}, info() {}, warn, error: warn };
	const transports = new Transports({
		user,
		log,
		tls: more.tls,
		limits: { sweepMs: 5, ...more.limits },
	});
	const listeners = await transports.listen(listen.map((one, id) => ({ id: id + 1, ...one })));
	return {
		user,
		transports,
		listeners,
		warnings,
		listener: (transport) => {
			const found = listeners.find((one) => one.transport === transport);
			if (found === undefined) throw new Error(`no ${transport} listener`);
			return found;
		},
		[Symbol.asyncDispose]: () => transports.close(),
	};
}

/** A stream peer: what it received so far, and a promise for when it is enough. */
export class Peer {
	readonly socket: Socket;
	received = "";
	readonly ended: Promise<void>;
	readonly #waiting = new Set<() => void>();

	constructor(socket: Socket) {
		this.socket = socket;
		this.ended = new Promise((resolve) => socket.once("close", () => resolve()));
		socket.on("error", () => {});
		socket.on("data", (chunk: Buffer) => {
			this.received += chunk.toString("latin1");
			for (const look of this.#waiting) look();
		});
	}

	static async connect(port: number, host = "127.0.0.1"): Promise<Peer> {
		const socket = new Socket().connect(port, host);
		await once(socket, "connect");
		return new Peer(socket);
	}

	write(text: string): void {
		this.socket.write(text, "latin1");
	}

	until(pattern: RegExp | string): Promise<string> {
		return new Promise((resolve, reject) => {
			const finish = (settle: () => void) => {
				clearTimeout(timer);
				this.#waiting.delete(look);
				settle();
			};
			const look = () => {
				const found =
					typeof pattern === "string"
						? this.received.includes(pattern)
						: pattern.test(this.received);
				if (found) finish(() => resolve(this.received));
			};
			const timer = setTimeout(
				() => finish(() => reject(new Error(`no ${pattern} in ${JSON.stringify(this.received)}`))),
				PATIENCE_MS,
			);
			this.#waiting.add(look);
			look();
		});
	}
}

export type Acceptor = {
	readonly port: number;
	readonly peers: readonly Peer[];
	/** The peer at that index, once it connected. */
	nth(index: number): Promise<Peer>;
	[Symbol.asyncDispose](): Promise<void>;
};

/** A server that keeps what connects to it; for TLS give it a tls.Server and its event. */
export async function acceptor(
	server: Server = createServer(),
	event: "connection" | "secureConnection" = "connection",
	host = "127.0.0.1",
): Promise<Acceptor> {
	const peers: Peer[] = [];
	server.on(event, (socket: Socket) => void peers.push(new Peer(socket)));
	server.listen(0, host);
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		peers,
		nth: async (index) => {
			while (peers.length <= index)
				await once(server, event, { signal: AbortSignal.timeout(PATIENCE_MS) });
			const peer = peers[index];
			if (peer === undefined) throw new Error("unreachable");
			return peer;
		},
		[Symbol.asyncDispose]: async () => {
			for (const peer of peers) peer.socket.destroy();
			server.close();
			await once(server, "close");
		},
	};
}

/** A stream message of that method; `body` of any octets. */
export function message(method = "OPTIONS", body = ""): string {
	return [
		`${method} sip:a@example.com SIP/2.0`,
		"Via: SIP/2.0/TCP client.example.com;branch=z9hG4bK1",
		"Call-ID: 1",
		`CSeq: 1 ${method}`,
		`Content-Length: ${body.length}`,
		"",
		body,
	].join("\r\n");
}

/** Toward an address of this machine, by a connection of our own. */
export function toward(listener: Listener, port: number, serverName?: string): Flow {
	const { id, transport, address } = listener;
	return { transport, listener: id, connection: 0, host: address, port, serverName };
}
