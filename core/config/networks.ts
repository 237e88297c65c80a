/** The networks of `trusted:`: CIDR blocks and single addresses, asked once per message. */
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { unmapped } from "../base/ip-address.ts";
import { isWildcard } from "./host.ts";

export class Networks {
	/** As written. */
	readonly texts: readonly string[];
	readonly #ipv4: readonly { readonly base: number; readonly mask: number }[];
	readonly #ipv6 = new BlockList();

	constructor(networks: readonly Network[]) {
		this.texts = networks.map(({ text }) => text);
		this.#ipv4 = networks
			.filter(({ address }) => isIPv4(address))
			.map(({ address, prefix }) => {
				const mask = maskOf(prefix);
				return { base: (ipv4(address) & mask) >>> 0, mask };
			});
		for (const { address, prefix } of networks)
			if (isIPv6(address)) this.#ipv6.addSubnet(address, prefix, "ipv6");
	}

	/** An IPv4 peer on an IPv6 socket (`::ffff:10.0.0.1`) counts as IPv4. */
	contains(peer: string): boolean {
		const address = unmapped(peer);
		if (isIPv4(address)) {
			const number = ipv4(address);
			return this.#ipv4.some(({ base, mask }) => (number & mask) >>> 0 === base);
		}
		const withoutZone = address.split("%")[0] ?? "";
		return isIPv6(withoutZone) && this.#ipv6.check(withoutZone, "ipv6");
	}
}

export type Network = { readonly text: string; readonly address: string; readonly prefix: number };

/** `10.0.0.0/8`, `::1`; undefined if it is neither a network nor an address. */
export function parseNetwork(text: string): Network | undefined {
	const [address = "", bits, ...more] = text.split("/");
	const size = addressBits(address);
	if (size === 0 || more.length > 0) return undefined;
	if (bits === undefined) return { text, address, prefix: size };
	const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : size + 1;
	return prefix > size ? undefined : { text, address, prefix };
}

/** The first of each that have an address in common, as written. */
export function overlap(one: Networks, other: Networks): readonly [string, string] | undefined {
	for (const mine of one.texts)
		for (const theirs of other.texts) if (meet(mine, theirs)) return [mine, theirs];
	return undefined;
}

/** One of two networks that meet holds the other. */
function meet(one: string, other: string): boolean {
	const [a, b] = [parseNetwork(one), parseNetwork(other)];
	if (a === undefined || b === undefined) return false;
	return new Networks([a]).contains(b.address) || new Networks([b]).contains(a.address);
}

/** Whether it holds every address of its family. */
export function holdsAll({ address, prefix }: Network): boolean {
	return prefix === 0 && isWildcard(address);
}

function addressBits(address: string): number {
	if (isIPv4(address)) return 32;
	return isIPv6(address) ? 128 : 0;
}

function ipv4(address: string): number {
	return address.split(".").reduce((number, part) => ((number << 8) | Number(part)) >>> 0, 0);
}

function maskOf(prefix: number): number {
	return prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
}
