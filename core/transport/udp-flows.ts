/** The flows of one UDP listener, one object for each peer heard lately: transactions keep theirs for half a minute. */
import type { Flow } from "../base/flow.ts";

/** Peers at most; another with the same slot takes the place of the one before. */
const SLOTS = 4_096;

export class UdpFlows {
	readonly #listener: number;
	readonly #recent: (Flow | undefined)[] = new Array(SLOTS).fill(undefined);

	constructor(listener: number) {
		this.#listener = listener;
	}

	/** Addresses as IPv4 and IPv6 sockets write them, without brackets and never IPv4-mapped. */
	of(host: string, port: number): Flow {
		const slot = slotOf(host, port);
		const recent = this.#recent[slot];
		if (recent?.port === port && recent.host === host) return recent;
		const flow: Flow = {
			transport: "udp",
			listener: this.#listener,
			connection: 0,
			host,
			port,
			serverName: undefined,
		};
		this.#recent[slot] = flow;
		return flow;
	}
}

/** Phones of one site differ in the port, phones of many in the end of the address. */
function slotOf(host: string, port: number): number {
	const end = host.length;
	const address = host.charCodeAt(end - 1) * 7 + host.charCodeAt(end - 2) * 31;
	return (port + address + host.charCodeAt(end - 3) * 131) % SLOTS;
}
