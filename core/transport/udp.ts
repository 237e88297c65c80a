/** One UDP listener: RFC 3261 §18.1, §18.2.1; RFC 3581 §4: what is sent leaves from the address it came to. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Flow, Listener } from "../base/flow.ts";
import { unmapped } from "../base/ip-address.ts";
import { listenerOf } from "./advertised.ts";
import type { Batch } from "./batch.ts";
import { isBlank } from "./blank.ts";
import type { TransportCounters } from "./counters.ts";
import type { TransportLimits } from "./limits.ts";
import { answerBinding, isStun } from "./stun.ts";
import type { ListenOptions } from "./transport-user.ts";
import { UdpFlows } from "./udp-flows.ts";
import { UdpPeers } from "./udp-peers.ts";

export type UdpContext = {
	readonly batch: Batch;
	readonly counters: TransportCounters;
	readonly limits: TransportLimits;
};

/** The most that IPv4 carries in a datagram. */
const DATAGRAM_BYTES_MAX = 65_507;
/** Where several sockets of one user may share a port: what `UdpPeers` needs. */
const SHARES_PORTS = process.platform === "linux";

export class UdpListener {
	readonly listener: Listener;
	readonly port: number;
	readonly #context: UdpContext;
	readonly #socket: Socket;
	readonly #flows: UdpFlows;
	readonly #peers: UdpPeers | undefined;
	/** An IPv6 socket that speaks IPv4 too writes its addresses as ::ffff:a.b.c.d. */
	readonly #mapped: boolean;
	/** Every datagram is written here: the kernel copies it before `send` returns. */
	#scratch = Buffer.allocUnsafeSlow(DATAGRAM_BYTES_MAX);
	#closed = false;

	static async open(
		options: ListenOptions,
		ipv6Only: boolean,
		context: UdpContext,
	): Promise<UdpListener> {
		// A shared port does not fail when it is taken by another process of ours: this does.
		if (SHARES_PORTS && options.port !== 0) {
			const probe = await bind(newSocket(options.address, ipv6Only, false), options);
			probe.close();
			await once(probe, "close");
		}
		const socket = await bind(newSocket(options.address, ipv6Only, SHARES_PORTS), options);
		return new UdpListener(options, ipv6Only, socket, context);
	}

	private constructor(
		options: ListenOptions,
		ipv6Only: boolean,
		socket: Socket,
		context: UdpContext,
	) {
		const { port } = socket.address();
		this.port = port;
		this.listener = listenerOf(options, port);
		this.#flows = new UdpFlows(this.listener.id);
		this.#context = context;
		this.#socket = socket;
		this.#mapped = options.address.includes(":") && !ipv6Only;
		if (SHARES_PORTS)
			this.#peers = new UdpPeers({
				limits: context.limits,
				failed: (owner, reason) => context.batch.failed(owner, reason),
				received: this.#received,
				newSocket: () => newSocket(options.address, ipv6Only, true),
				bind: (own) => own.bind({ port, address: options.address, exclusive: true }),
			});
		enlargeBuffers(socket, context.limits.socketBufferBytes);
		socket.on("message", this.#received);
		// Errors of single datagrams go to their owners; there is nothing to do for the socket.
		socket.on("error", () => {});
	}

	send(text: string, flow: Flow, owner: number): void {
		const { batch, counters, limits } = this.#context;
		const unfit = this.#closed ? "listener closed" : unfitFor(text, flow);
		if (unfit !== undefined) return batch.failed(owner, unfit);
		const host = this.#mapped && !flow.host.includes(":") ? `::ffff:${flow.host}` : flow.host;
		// Responses never make a peer worth watching: who asks must not fill the list.
		const peer = this.#peers?.find(host, flow.port, text.startsWith("SIP/2.0 ") ? 0 : owner);
		const socket = peer ?? this.#socket;
		if (socket.getSendQueueSize() > limits.queuedDatagramBytes) {
			counters.datagramsDropped += 1;
			return;
		}
		counters.datagramsOut += 1;
		const length = this.#scratch.write(text, 0, "latin1");
		if (peer === undefined) this.#send(length, flow.port, host, owner);
		else if (owner === 0) peer.send(this.#scratch, 0, length);
		else
			peer.send(this.#scratch, 0, length, (error) => {
				if (error) this.#peers?.failed(host, flow.port, owner, error);
			});
		// What did not fit into the kernel's buffer waits in ours.
		if (socket.getSendQueueCount() > 0) this.#scratch = Buffer.allocUnsafeSlow(DATAGRAM_BYTES_MAX);
	}

	forgetIdlePeers(): void {
		this.#peers?.forgetIdle();
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#peers?.close();
		this.#socket.close();
		await once(this.#socket, "close");
	}

	#send(length: number, port: number, host: string, owner: number): void {
		if (owner === 0) this.#socket.send(this.#scratch, 0, length, port, host);
		else
			this.#socket.send(this.#scratch, 0, length, port, host, (error) => {
				if (error) this.#context.batch.failed(owner, error.message);
			});
	}

	/** To where it came from, and never more than the send queue takes. */
	#answerStun(datagram: Buffer, { address, port }: RemoteInfo): void {
		const { counters, limits } = this.#context;
		const answer = answerBinding(datagram, this.#mapped ? unmapped(address) : address, port);
		if (answer === undefined || this.#socket.getSendQueueSize() > limits.queuedDatagramBytes) {
			counters.stunDropped += 1;
			return;
		}
		counters.stunAnswered += 1;
		this.#socket.send(answer, port, address);
	}

	readonly #received = (datagram: Buffer, from: RemoteInfo): void => {
		const { batch, counters } = this.#context;
		counters.datagramsIn += 1;
		if (isBlank(datagram)) {
			counters.datagramsBlank += 1;
			return;
		}
		if (from.port === 0 || this.#closed) return;
		if ((datagram[0] ?? 64) < 64 && isStun(datagram)) return this.#answerStun(datagram, from);
		const host = this.#mapped ? unmapped(from.address) : from.address;
		const flow = this.#flows.of(host, from.port);
		batch.begin();
		batch.user.message(datagram.toString("latin1"), flow);
		batch.end();
	};
}

function unfitFor(text: string, { port }: Flow): string | undefined {
	if (text.length > DATAGRAM_BYTES_MAX) return "too large for a datagram";
	return port < 1 || port > 65_535 ? `no port ${port}` : undefined;
}

function newSocket(address: string, ipv6Only: boolean, shared: boolean): Socket {
	const family = address.includes(":") ? 6 : 4;
	return createSocket({
		type: family === 6 ? "udp6" : "udp4",
		ipv6Only: family === 6 && ipv6Only,
		reusePort: shared,
		// All our addresses are IP literals. Answered at once, `send` reaches the kernel before it returns.
		lookup: (host, _options, answer) => answer(null, host, family),
	});
}

async function bind(socket: Socket, { address, port }: ListenOptions): Promise<Socket> {
	const listening = once(socket, "listening");
	socket.bind({ port, address, exclusive: true });
	try {
		await listening;
		return socket;
	} catch (error) {
		socket.close();
		throw error;
	}
}

function enlargeBuffers(socket: Socket, bytes: number): void {
	for (const enlarge of [socket.setRecvBufferSize, socket.setSendBufferSize])
		try {
			enlarge.call(socket, bytes);
		} catch {
			// The kernel's own size will do.
		}
}
