/**
 * Hearing that a UDP peer is not there: RFC 3261 §18.4.
 *
 * The kernel reports ICMP errors only on a socket that is connected to one peer. So a peer that
 * gets requests of ours is spoken to through a second socket on the listener's address and port,
 * connected to it; what it sends arrives there too. Port and protocol unreachable and parameter
 * problem come back as errors; time exceeded and source quench are left out by the kernel, and host
 * unreachable is told by routers too lightly to count. Beyond the limit peers are spoken to through
 * the listener's own socket, and their absence is found out by a timer.
 */
import type { RemoteInfo, Socket } from "node:dgram";
import type { TransportLimits } from "./limits.ts";
import { RecentOwners } from "./recent-owners.ts";

export type UdpPeersOptions = {
	readonly limits: TransportLimits;
	failed(owner: number, reason: string): void;
	received(datagram: Buffer, from: RemoteInfo): void;
	newSocket(): Socket;
	/** To the listener's address and port. */
	bind(socket: Socket): void;
};

type Peer = {
	readonly socket: Socket;
	readonly owners: RecentOwners;
	/** Since the last `forgetIdle`: heard of or spoken to; sent a request. */
	used: boolean;
	asked: boolean;
};

export class UdpPeers {
	readonly #options: UdpPeersOptions;
	/** By address, then by port. */
	readonly #hosts = new Map<string, Map<number, Peer>>();
	#size = 0;

	constructor(options: UdpPeersOptions) {
		this.#options = options;
	}

	/** The peer's own socket, if it is watched. A request (`owner` ≠ 0) makes us watch it. */
	find(host: string, port: number, owner: number): Socket | undefined {
		const known = this.#at(host, port);
		const peer = known ?? (owner === 0 ? undefined : this.#watch(host, port));
		if (peer === undefined) return undefined;
		peer.used = true;
		if (owner !== 0) {
			peer.asked = true;
			peer.owners.sent(owner);
		}
		return peer.socket;
	}

	/**
	 * Peers neither heard of nor spoken to since the last call are no longer watched. When there is no
	 * room for others, nor are those that keep their way open and that nobody asks anything.
	 */
	forgetIdle(): void {
		const full = this.#size >= this.#options.limits.watchedPeers;
		for (const [host, ports] of this.#hosts)
			for (const [port, peer] of ports) {
				if (full ? !peer.asked : !peer.used) this.#drop(host, port, peer);
				peer.used = false;
				peer.asked = false;
			}
	}

	close(): void {
		for (const [host, ports] of this.#hosts)
			for (const [port, peer] of ports) this.#drop(host, port, peer);
	}

	/**
	 * A refusal is an ICMP message that came back: nothing arrived since the peer was last heard.
	 * Anything else is about the one datagram, or about a socket that is of no use any more.
	 */
	failed(host: string, port: number, owner: number, error: Error): void {
		const peer = this.#at(host, port);
		const refused = "code" in error && error.code === "ECONNREFUSED";
		const lost = refused && peer !== undefined ? peer.owners.takeUnheard() : [owner];
		for (const one of lost) this.#options.failed(one, error.message);
		if (!refused && peer !== undefined) this.#drop(host, port, peer);
	}

	#at(host: string, port: number): Peer | undefined {
		return this.#hosts.get(host)?.get(port);
	}

	#watch(host: string, port: number): Peer | undefined {
		if (this.#size >= this.#options.limits.watchedPeers) return undefined;
		const socket = this.#options.newSocket();
		const peer: Peer = { socket, owners: new RecentOwners(), used: true, asked: true };
		socket.on("error", (error) => this.failed(host, port, 0, error));
		socket.on("message", (datagram, from) => {
			peer.used = true;
			peer.owners.heard();
			this.#options.received(datagram, from);
		});
		if (!this.#connect(socket, host, port)) {
			socket.close();
			return undefined;
		}
		const ports = this.#hosts.get(host) ?? new Map<number, Peer>();
		this.#hosts.set(host, ports);
		ports.set(port, peer);
		this.#size += 1;
		return peer;
	}

	/** Bound and connected before anything else happens; another peer's datagram meanwhile is handed on all the same. */
	#connect(socket: Socket, host: string, port: number): boolean {
		try {
			this.#options.bind(socket);
			socket.connect(port, host);
			return socket.remoteAddress().port === port;
		} catch {
			return false;
		}
	}

	#drop(host: string, port: number, peer: Peer): void {
		const ports = this.#hosts.get(host);
		if (!ports?.delete(port)) return;
		if (ports.size === 0) this.#hosts.delete(host);
		this.#size -= 1;
		peer.socket.close();
	}
}
