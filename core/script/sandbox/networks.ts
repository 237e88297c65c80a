/** Whether an address lies in a network, as scripts ask it: each text is read once. */
import { BoundedMap } from "../../base/bounded-map.ts";
import { type Network, Networks, parseNetwork } from "../../base/networks.ts";
import { NETWORKS_KEPT } from "../limits.ts";

/** Lists by themselves: one that is made at the top of a script is read once. */
const lists = new WeakMap<readonly string[], Networks>();
const texts = new BoundedMap<string, Networks>("networks", NETWORKS_KEPT);

/** Throws a TypeError for what is no network. */
export function isInNetwork(address: string, networks: string | readonly string[]): boolean {
	if (typeof address !== "string")
		throw new TypeError("inNetwork() takes an address, such as request.source.address");
	const host = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
	return readNetworks(networks).contains(host);
}

function readNetworks(networks: string | readonly string[]): Networks {
	if (typeof networks === "string") {
		const known = texts.get(networks);
		if (known !== undefined) return known;
		const read = new Networks([network(networks)]);
		texts.push(networks, read);
		return read;
	}
	if (!Array.isArray(networks))
		throw new TypeError('inNetwork() takes a network, "10.0.0.0/8", or a list of them');
	const known = lists.get(networks);
	if (known !== undefined) return known;
	const read = new Networks(networks.map(network));
	lists.set(networks, read);
	return read;
}

function network(text: unknown): Network {
	const read = typeof text === "string" ? parseNetwork(text) : undefined;
	if (read === undefined)
		throw new TypeError(`inNetwork(): ${String(text)} is no network; write "10.0.0.0/8" or "::1"`);
	return read;
}
