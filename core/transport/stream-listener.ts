/** Accepting TCP and TLS connections: RFC 3261 §18.2.1, §26.3.1. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import {
	createServer as createSecureServer,
	type Server as SecureServer,
	type TLSSocket,
} from "node:tls";
import type { Flow, Listener } from "../base/flow.ts";
import { unmapped } from "../base/ip-address.ts";
import { listenerOf } from "./advertised.ts";
import type { ConnectionTable } from "./connection-table.ts";
import type { TransportCounters } from "./counters.ts";
import type { TransportLimits } from "./limits.ts";
import { sipIdentities } from "./tls-identity.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { ListenOptions } from "./transport-user.ts";

export type AcceptedPeer = Pick<Flow, "host" | "port" | "identities">;

export type AcceptContext = {
	readonly table: ConnectionTable;
	readonly counters: TransportCounters;
	readonly limits: TransportLimits;
	/** A connection that can carry SIP: TCP, or TLS after its handshake. */
	accepted(socket: Socket, listener: Listener, peer: AcceptedPeer): void;
	troubled(listener: Listener, error: Error): void;
};

export class StreamListener {
	readonly listener: Listener;
	readonly port: number;
	readonly #context: AcceptContext;
	readonly #server: Server;
	/** Does the handshakes; it never listens, so that limits are checked before any cryptography. */
	#secure: SecureServer | undefined;
	#settings: TlsSettings | undefined;
	readonly #handshaking = new Set<Socket>();

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
		this.#server = server;
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
		for (const socket of this.#handshaking) socket.destroy();
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
		this.#secure.on("secureConnection", (socket) => this.#accept(socket, proved(socket)));
		this.#secure.on("tlsClientError", (_error, socket) => {
			this.#context.counters.handshakesFailed += 1;
			socket.destroy();
		});
	}

	readonly #admit = (socket: Socket): void => {
		const { remoteAddress } = socket;
		const { table } = this.#context;
		if (remoteAddress === undefined || !table.admit(unmapped(remoteAddress), performance.now())) {
			socket.destroy();
			return;
		}
		const secure = this.#secure;
		if (secure !== undefined) this.#handshaking.add(socket);
		socket.on("error", () => {});
		socket.once("close", () => {
			this.#handshaking.delete(socket);
			table.leave(unmapped(remoteAddress));
		});
		if (secure === undefined) this.#accept(socket);
		else secure.emit("connection", socket);
	};

	#accept(socket: Socket, identities?: readonly string[]): void {
		const { remoteAddress, remotePort } = socket;
		if (remoteAddress === undefined || remotePort === undefined) {
			socket.destroy();
			return;
		}
		this.#context.counters.connectionsAccepted += 1;
		const peer = { host: unmapped(remoteAddress), port: remotePort, identities };
		this.#context.accepted(socket, this.listener, peer);
	}
}

/** Nothing unless the chain of the client's certificate was verified. */
function proved(socket: TLSSocket): readonly string[] | undefined {
	return socket.authorized ? sipIdentities(socket.getPeerCertificate()) : undefined;
}
