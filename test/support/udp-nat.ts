/** A router with NAT between phones and a proxy, over UDP: it forgets a way that nothing has gone out by for so long (RFC 4787 §4.3). */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { ownHost } from "./ports.ts";

export type UdpNat = {
	/** What phones take for their proxy; its port is 5060. */
	readonly host: string;
	/** Ways out that were opened: one for each phone as long as it forgets none. */
	readonly opened: number;
	/** Datagrams that came for a way that was forgotten. */
	readonly dropped: number;
	close(): Promise<void>;
};

type Way = { readonly socket: Socket; lastOut: number };

/** To port 5060 of the proxy. */
export async function startUdpNat(proxy: string, forgetsAfterMs: number): Promise<UdpNat> {
	const [host, outside] = [ownHost(), ownHost()];
	const inside = createSocket("udp4").bind(5060, host);
	await once(inside, "listening");
	const ways = new Map<string, Way>();
	const opened: Socket[] = [];
	let dropped = 0;
	const open = (phone: RemoteInfo): Way => {
		// What is sent before it is bound waits until then.
		const socket = createSocket("udp4").bind(0, outside);
		opened.push(socket);
		const way = { socket, lastOut: performance.now() };
		socket.on("message", (datagram) => {
			if (performance.now() - way.lastOut > forgetsAfterMs) dropped += 1;
			else inside.send(datagram, phone.port, phone.address);
		});
		return way;
	};
	inside.on("message", (datagram, phone) => {
		const key = `${phone.address}:${phone.port}`;
		const known = ways.get(key);
		const remembered = known !== undefined && performance.now() - known.lastOut <= forgetsAfterMs;
		const way = remembered ? known : open(phone);
		ways.set(key, way);
		way.lastOut = performance.now();
		way.socket.send(datagram, 5060, proxy);
	});
	return {
		host,
		get opened() {
			return opened.length;
		},
		get dropped() {
			return dropped;
		},
		close: async () => {
			for (const socket of [inside, ...opened]) {
				socket.close();
				await once(socket, "close");
			}
		},
	};
}
