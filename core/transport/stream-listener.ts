/** Accepting TCP, TLS and WebSocket connections, from peers or from a balancer in front of us: RFC 3261 §18.2.1, §26.3.1. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import {
	createServer as createSecureServer,
	type Server as SecureServer,
	type TLSSocket,
} from "node:tls";
import { type Flow, type Listener, webSocket } from "../base/flow.ts";
import { unmapped } from "../base/ip-address.ts";
import { listenerOf } from "./advertised.ts";
import type { ConnectionTable } from "./connection-table.ts";
import type { TransportCounters } from "./counters.ts";
import { forwardedClient } from "./forwarded-for.ts";
import type { TransportLimits } from "./limits.ts";
import type { ProxiedPeer } from "./proxy-header.ts";
import { StreamWire } from "./stream-wire.ts";
import { takeProxyHeader } from "./take-proxy-header.ts";
import { sipIdentities } from "./tls-identity.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { Balancer, ListenOptions, WebRules } from "./transport-user.ts";
import { type Refusal, WebSocketUpgrade } from "./websocket-upgrade.ts";
import { WebSocketWire } from "./websocket-wire.ts";
import type { OpenWire } from "./wire.ts";

export type AcceptedPeer = Pick<Flow, "host" | "port" | "identities" | "handshake">;

/** What a handshake brought to light. */
type Shown = Pick<Flow, "identities" | "handshake">;

export type AcceptContext = {
	readonly table: ConnectionTable;
	readonly counters: TransportCounters;
	readonly limits: TransportLimits;
	/** A connection that can carry SIP: every handshake is done. */
	accepted(open: OpenWire, listener: Listener, peer: AcceptedPeer): void;
	troubled(listener: Listener, error: Error): void;
	/** Refused by a rule of the listener: an event for the log. */
	refused(event: string, listener: Listener, source: string, reason: string): void;
};

export class StreamListener {
	readonly listener: Listener;
	readonly port: number;
	readonly #context: AcceptContext;
	readonly #balancer: Balancer | undefined;
	readonly #server: Server;
	/** Does the handshakes; it never listens, so that limits are checked before any cryptography. */
	#secure: SecureServer | undefined;
	#settings: TlsSettings | undefined;
	/** Makes WebSockets of connections, behind the TLS handshake; undefined for TCP and TLS. */
	readonly #upgrade: WebSocketUpgrade | undefined;
	/** Sockets that have something to come before SIP: a PROXY header, a TLS handshake, a request for a WebSocket. By `endsOf`. */
	readonly #handshaking = new Map<string, Socket>();
	/** Who is at the other end of a balancer's connection, by that connection. */
	readonly #proxied = new Map<string, ProxiedPeer>();

	/** `settings` for TLS only. */
	static async open(
		options: ListenOptions,
		ipv6Only: boolean,
		settings: TlsSettings | undefined,
		context: AcceptContext,
	): Promise<StreamListener> {
		const { address, port } = options;
		const { backlog, keepAliveMs } = context.limits;
		const server = createServer({
			noDelay: true,
			keepAlive: true,
			keepAliveInitialDelay: keepAliveMs,
		});
		const listening = once(server, "listening");
		server.listen({ host: address, port, ipv6Only, backlog, exclusive: true });
		await listening;
		return new StreamListener(options, server, settings, context);
	}

	private constructor(
		options: ListenOptions,
		server: Server,
		settings: TlsSettings | undefined,
		context: AcceptContext,
	) {
		const address = server.address();
		this.port = typeof address === "object" && address !== null ? address.port : options.port;
		this.listener = listenerOf(options, this.port);
		this.#context = context;
		this.#balancer = options.balancer;
		this.#server = server;
		this.#upgrade = webSocket(options.transport) ? this.#webSockets(options.web) : undefined;
		if (settings !== undefined) this.#start(settings);
		server.on("connection", this.#admit);
		server.on("error", (error) => context.troubled(this.listener, error));
	}

	/** For handshakes from now on; connections keep the certificate they were made with. */
	replaceTls(settings: TlsSettings): void {
		if (this.#secure === undefined) return;
		const before = this.#settings;
		this.#settings = settings;
		if (settings.options.verifyClient === before?.options.verifyClient)
			this.#secure.setSecureContext(settings.server);
		else this.#start(settings);
	}

	/** No further connections, no unfinished handshakes; resolves when those that are there have ended. */
	async close(): Promise<void> {
		if (!this.#server.listening) return;
		for (const socket of this.#handshaking.values()) socket.destroy();
		const closed = once(this.#server, "close");
		this.#server.close();
		await closed;
	}

	#start(settings: TlsSettings): void {
		const { verifyClient } = settings.options;
		this.#settings = settings;
		this.#secure = createSecureServer({
			...settings.server,
			requestCert: verifyClient !== false,
			rejectUnauthorized: verifyClient === true,
			SNICallback: (name, answer) => answer(null, this.#settings?.contextFor(name)),
			handshakeTimeout: this.#context.limits.handshakeMs,
		});
		this.#secure.on("secureConnection", (socket) => this.#secured(socket, proved(socket)));
		this.#secure.on("tlsClientError", (_error, socket) => {
			this.#context.counters.handshakesFailed += 1;
			socket.destroy();
		});
	}

	readonly #admit = (socket: Socket): void => {
		const peer = peerOf(socket);
		const { table } = this.#context;
		if (peer === undefined || !this.#mayConnect(peer.host)) {
			socket.destroy();
			return;
		}
		const source = this.#balancer === undefined ? peer.host : undefined;
		if (!table.admit(source, performance.now())) {
			socket.destroy();
			return;
		}
		socket.on("error", () => {});
		const key = keyOf(peer);
		const ends = endsOf(socket);
		socket.once("close", () => {
			table.leave(source ?? this.#proxied.get(key)?.host);
			this.#proxied.delete(key);
			this.#handshaking.delete(ends);
		});
		if (this.#balancer?.proxyProtocol) this.#identify(socket, peer);
		else this.#secureOrAccept(socket);
	};

	/** Where there is a balancer, it has to be one. */
	#mayConnect(host: string): boolean {
		if (this.#balancer === undefined || this.#balancer.admits(host)) return true;
		this.#context.counters.connectionsRefused += 1;
		this.#context.refused("balancer.unknown", this.listener, host, "it is no balancer of ours");
		return false;
	}

	#identify(socket: Socket, balancer: ProxiedPeer): void {
		const { counters, limits } = this.#context;
		this.#handshaking.set(endsOf(socket), socket);
		takeProxyHeader(socket, limits.proxyHeaderMs, (taken) => {
			this.#handshaking.delete(endsOf(socket));
			if (taken.kind === "refused") {
				counters.proxyHeadersRefused += 1;
				this.#context.refused("balancer.no-header", this.listener, balancer.host, taken.reason);
			}
			if (taken.kind !== "header") return;
			if (taken.peer === undefined || this.#stands(balancer, taken.peer))
				this.#secureOrAccept(socket);
			else socket.destroy();
		});
	}

	/** A balancer has said for whom it connects: the connection counts as that client's, unless he has too many. */
	#stands(balancer: ProxiedPeer, client: ProxiedPeer): boolean {
		if (!this.#context.table.transfer(client.host)) return false;
		this.#proxied.set(keyOf(balancer), client);
		return true;
	}

	/** The port is the balancer's: nobody says the client's. */
	#forwarded(header: string, socket: Socket): Refusal | undefined {
		const balancer = this.#balancer;
		const direct = peerOf(socket);
		if (!balancer?.forwardedFor || direct === undefined) return undefined;
		const host = forwardedClient(header, (address) => balancer.admits(address));
		if (host === undefined) return NO_FORWARDED_FOR;
		return this.#stands(direct, { host, port: direct.port }) ? undefined : TOO_MANY;
	}

	#secureOrAccept(socket: Socket): void {
		const secure = this.#secure;
		if (secure === undefined) {
			this.#secured(socket);
			return;
		}
		this.#handshaking.set(endsOf(socket), socket);
		secure.emit("connection", socket);
	}

	#secured(socket: Socket, identities?: readonly string[]): void {
		if (this.#upgrade === undefined) {
			this.#handshaking.delete(endsOf(socket));
			this.#accept((user) => new StreamWire(socket, user), socket, { identities });
		} else {
			this.#handshaking.set(endsOf(socket), socket);
			this.#upgrade.take(socket);
		}
	}

	#webSockets(rules: WebRules = NO_PAGES): WebSocketUpgrade {
		const { counters, limits, refused } = this.#context;
		return new WebSocketUpgrade({
			rules,
			limits,
			counters,
			identify: (header, socket) => this.#forwarded(header, socket),
			upgraded: (webSocket, socket, handshake) => {
				this.#handshaking.delete(endsOf(socket));
				const wire: OpenWire = (user) => new WebSocketWire(webSocket, socket, user);
				this.#accept(wire, socket, { handshake });
			},
			refused: (event, socket, reason) =>
				refused(event, this.listener, this.#peerOf(socket)?.host ?? "", reason),
		});
	}

	#accept(open: OpenWire, socket: Socket, shown: Shown): void {
		const peer = this.#peerOf(socket);
		if (peer === undefined) {
			socket.destroy();
			return;
		}
		this.#context.counters.connectionsAccepted += 1;
		this.#context.accepted(open, this.listener, { ...peer, ...shown });
	}

	/** The client, where a balancer has said who that is. */
	#peerOf(socket: Socket): ProxiedPeer | undefined {
		const direct = peerOf(socket);
		return direct && (this.#proxied.get(keyOf(direct)) ?? direct);
	}
}

const NO_PAGES: WebRules = { paths: undefined, admits: () => false };
const NO_FORWARDED_FOR: Refusal = {
	status: 400,
	event: "balancer.no-header",
	reason: "no X-Forwarded-For with the client's address",
};
const TOO_MANY: Refusal = {
	status: 503,
	event: "websocket.too-many",
	reason: "too many connections of that client",
};

/** Undefined when it is gone already. */
function peerOf({ remoteAddress, remotePort }: Socket): ProxiedPeer | undefined {
	if (remoteAddress === undefined || remotePort === undefined) return undefined;
	return { host: unmapped(remoteAddress), port: remotePort };
}

/** Both ends of a connection: the same for the socket below TLS and the one above. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
	return `${remoteAddress} ${remotePort} ${localAddress}`;
}

function keyOf({ host, port }: ProxiedPeer): string {
	return `${host} ${port}`;
}

/** Nothing unless the chain of the client's certificate was verified. */
function proved(socket: TLSSocket): readonly string[] | undefined {
	return socket.authorized ? sipIdentities(socket.getPeerCertificate()) : undefined;
}
