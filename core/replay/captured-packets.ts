/** The messages in captured packets: of UDP datagrams and of TCP connections, in the order in which they were whole. */
import { type Captured, looksLikeSip, type Tally } from "./captured.ts";
import { type Datagram, IpReader } from "./ip.ts";
import { ipPacket } from "./link-layer.ts";
import type { Packet } from "./packet.ts";
import { TcpReader } from "./tcp.ts";

const TCP = 6;
const UDP = 17;
const UDP_HEADER = 8;

export function* messagesOf(packets: Iterable<Packet>, tally: Tally): Generator<Captured> {
	const ip = new IpReader(tally);
	const tcp = new TcpReader(tally);
	for (const packet of packets) {
		const datagram = datagramOf(packet, ip, tally);
		if (datagram === undefined) continue;
		const { protocol, payload } = datagram;
		const source = { host: datagram.source, port: payload.readUInt16BE(0) };
		const destination = { host: datagram.destination, port: payload.readUInt16BE(2) };
		const way = `${source.host} ${source.port} ${destination.host} ${destination.port}`;
		const texts = protocol === TCP ? tcp.read(way, payload) : udpText(payload);
		const transport = protocol === TCP ? "tcp" : "udp";
		for (const text of texts) yield { time: packet.time, transport, source, destination, text };
	}
	ip.end();
	tcp.end();
}

/** One of TCP or UDP, whole. */
function datagramOf(
	{ linkType, octets }: Packet,
	ip: IpReader,
	tally: Tally,
): Datagram | undefined {
	const packet = ipPacket(linkType, octets);
	if (packet === "unknown") tally.add(`packets of link type ${linkType}, which is not known`);
	if (packet === "unknown" || packet === undefined) return undefined;
	const datagram = ip.read(packet);
	if (datagram === undefined || datagram.payload.length < UDP_HEADER) return undefined;
	return datagram.protocol === TCP || datagram.protocol === UDP ? datagram : undefined;
}

/** Anything else on UDP is media, most often. */
function udpText(payload: Buffer): readonly string[] {
	const length = payload.readUInt16BE(4);
	const end = length < UDP_HEADER ? payload.length : Math.min(length, payload.length);
	const text = payload.toString("latin1", UDP_HEADER, end);
	return looksLikeSip(text) ? [text] : [];
}
