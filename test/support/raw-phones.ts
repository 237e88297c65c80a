/** Raw peers as phones of one scheme: sip over UDP, sips over TLS. */
import type { TestContext } from "node:test";
import type { Certificate } from "./certificate.ts";
import { closing } from "./cleanup.ts";
import type { Endpoint } from "./dialog.ts";
import { type SipPeer, type StreamServerPeer, tlsClient, tlsServer, udpPeer } from "./sip-peer.ts";

export type Phone = Endpoint & {
	readonly scheme: "sip" | "sips";
	/** Sends on the connection it has now, which may not be the one it called on. */
	readonly peer: Pick<SipPeer, "send" | "request" | "response">;
	/** It is shown the Record-Route of proxies beyond Sipwright, in their scheme. */
	readonly farRoutes?: boolean;
};

export type UdpPhone = Phone & {
	/** The proxy that it sends all to, wherever its last message came from. */
	use(host: string, port?: number): void;
};

export async function udpPhone(t: TestContext, user: string): Promise<UdpPhone> {
	const socket = closing(t, await udpPeer(), (peer) => peer.close());
	const at = `127.0.0.1:${socket.port}`;
	let proxy = { host: "127.0.0.1", port: 5060 };
	return {
		scheme: "sip",
		peer: {
			send: (text) => socket.send(text, proxy.port, proxy.host),
			request: (method) => socket.request(method),
			response: (status, method) => socket.response(status, method),
		},
		via: `SIP/2.0/UDP ${at}`,
		contact: `<sip:${user}@${at}>`,
		use: (host, port = 5060) => {
			proxy = { host, port };
		},
	};
}

export type TlsServerPhone = Phone & { readonly peer: StreamServerPeer };

/** Is connected to, and sends on the connection that came last. */
export async function tlsServerPhone(
	t: TestContext,
	user: string,
	certificate: Certificate,
): Promise<TlsServerPhone> {
	const peer = closing(t, await tlsServer(certificate), (one) => one.close());
	const at = `127.0.0.1:${peer.port}`;
	return { scheme: "sips", peer, via: `SIP/2.0/TLS ${at}`, contact: `<sips:${user}@${at}>` };
}

export type TlsClientPhone = Phone & {
	/** Connects, once more when the connection it had is over. */
	connect(): Promise<void>;
};

/** Is behind a NAT: nobody can connect to its Contact. Not connected yet. */
export function tlsClientPhone(t: TestContext, user: string, host: string): TlsClientPhone {
	let peer: Awaited<ReturnType<typeof tlsClient>> | undefined;
	const now = () => {
		if (peer === undefined) throw new Error(`${user} is not connected`);
		return peer;
	};
	return {
		scheme: "sips",
		peer: {
			send: (text) => now().send(text),
			request: (method) => now().request(method),
			response: (status, method) => now().response(status, method),
		},
		via: "SIP/2.0/TLS 127.0.0.24:5061",
		contact: `<sips:${user}@127.0.0.24:5061>`,
		connect: async () => {
			await peer?.closed;
			peer = closing(t, await tlsClient(5061, { host }), (one) => one.close());
		},
	};
}
