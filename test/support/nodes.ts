/** Nodes that share their registrations and keys: real processes, each at an address of its own, with the default ports. */
import { randomBytes } from "node:crypto";
import type { TestContext } from "node:test";
import type { Certificate } from "./certificate.ts";
import { closing } from "./cleanup.ts";
import { ownHost } from "./ports.ts";
import type { Phone } from "./raw-phones.ts";
import type { TestRedis } from "./redis-server.ts";
import { type StreamPeer, tcpClient, tlsClient } from "./sip-peer.ts";
import { type Sipwright, startSipwright } from "./sipwright-process.ts";

export type Node = {
	readonly name: string;
	readonly host: string;
	readonly sipwright: Sipwright;
	/** As a machine that loses its power, as far as others can tell. */
	kill(): Promise<void>;
};

export type NodesOptions = {
	readonly redis: TestRedis;
	readonly devices: readonly string[];
	readonly certificate: Certificate;
};

/** One for each name. */
export async function startNodes<const Names extends readonly string[]>(
	t: TestContext,
	names: Names,
	options: NodesOptions,
): Promise<Record<Names[number], Node>> {
	const secret = randomBytes(32).toString("base64url");
	const keys = JSON.stringify({ current: 0, keys: [{ id: 0, secret }] });
	const nodes = await Promise.all(names.map((name) => startNode(t, name, keys, options)));
	return Object.fromEntries(nodes.map((node) => [node.name, node])) as Record<Names[number], Node>;
}

async function startNode(
	t: TestContext,
	name: string,
	keys: string,
	{ redis, devices, certificate }: NodesOptions,
): Promise<Node> {
	const host = ownHost();
	const { port } = redis.server;
	const sipwright = await startSipwright({
		config: [
			`listen: [ "udp:${host}:5060", "tls:${host}:5061" ]`,
			"tls: { certificate: own.pem, key: own.key, ca: own.pem }",
			"secure-signaling: { lint: on, name-check: off }",
			`location: { store: redis, url: "redis://127.0.0.1:${port}" }`,
			`node: { name: ${name}, address: "tcp:${host}:5060", secure-address: "tls:${host}:5061" }`,
			"devices:",
			...devices.map((line) => `  ${line}`),
		].join("\n"),
		files: {
			"state/signing-keys.json": keys,
			"own.pem": certificate.cert,
			"own.key": certificate.key,
		},
		logLevel: "debug",
	});
	let killed = false;
	closing(t, sipwright, (one) => (killed ? one.folder.remove() : one.stop()));
	const kill = async () => {
		killed = true;
		sipwright.signal("SIGKILL");
		await sipwright.ended;
	};
	return { name, host, sipwright, kill };
}

export type ConnectedPhone = Phone & {
	/** Connects to this node and registers there. */
	register(node: Node, more?: string): Promise<void>;
};

/** Behind a NAT: only its own connection leads to it. `sip` over TCP, `sips` over TLS. */
export function connectedPhone(
	t: TestContext,
	user: string,
	scheme: "sip" | "sips",
): ConnectedPhone {
	let peer: StreamPeer | undefined;
	const now = () => {
		if (peer === undefined) throw new Error(`${user} is not connected`);
		return peer;
	};
	const secure = scheme === "sips";
	const via = `SIP/2.0/${secure ? "TLS" : "TCP"} 127.0.0.24:5090`;
	const contact = secure
		? `<sips:${user}@127.0.0.24:5090>`
		: `<sip:${user}@127.0.0.24:5090;transport=tcp>`;
	return {
		...{ scheme, via, contact },
		peer: {
			send: (text) => now().send(text),
			request: (method) => now().request(method),
			response: (status, method) => now().response(status, method),
		},
		register: async ({ host }, more = "") => {
			peer = closing(
				t,
				secure ? await tlsClient(5061, { host }) : await tcpClient(5060, host),
				(one) => one.close(),
			);
			await register({ scheme, via, contact: contact + more, peer }, user, host);
		},
	};
}

export async function register(
	{ scheme, via, contact, peer }: Phone,
	user: string,
	host: string,
): Promise<void> {
	sent += 1;
	const aor = `${scheme}:${user}@${host}`;
	peer.send(
		[
			`REGISTER ${scheme}:${host} SIP/2.0`,
			`Via: ${via};rport;branch=z9hG4bKr${sent}`,
			"Max-Forwards: 70",
			`From: <${aor}>;tag=r`,
			`To: <${aor}>`,
			`Call-ID: r${sent}@${user}`,
			`CSeq: ${sent} REGISTER`,
			`Contact: ${contact}`,
			"Expires: 600",
			"Content-Length: 0",
			"\r\n",
		].join("\r\n"),
	);
	await peer.response(200, "REGISTER");
}

let sent = 0;
