/** Networks as CIDR blocks and single addresses (RFC 4632 §3.1, RFC 4291 §2.3): asked once per message. */
import { addressOctets, isIpv4 } from "./ip-address.ts";

export type Network = { readonly text: string; readonly address: string; readonly prefix: number };

export class Networks {
	/** As written. */
	readonly texts: readonly string[];
	readonly #ipv4: readonly { readonly base: number; readonly mask: number }[];
	readonly #ipv6: readonly { readonly base: readonly number[]; readonly prefix: number }[];

	constructor(networks: readonly Network[]) {
		this.texts = networks.map(({ text }) => text);
		this.#ipv4 = networks
			.filter(({ address }) => isIpv4(address))
			.map(({ address, prefix }) => {
				const mask = maskOf(prefix);
				return { base: (ipv4(address) & mask) >>> 0, mask };
			});
		this.#ipv6 = networks
			.filter(({ address }) => !isIpv4(address))
			.map(({ address, prefix }) => ({ base: addressOctets(address) ?? [], prefix }));
	}

	/** An IPv4 peer on an IPv6 socket (`::ffff:10.0.0.1`) counts as IPv4. */
	contains(peer: string): boolean {
		if (!peer.includes(":")) return isIpv4(peer) && this.#containsIpv4(ipv4(peer));
		const octets = addressOctets(peer);
		if (octets === undefined) return false;
		if (begin(octets, MAPPED, 96)) return this.#containsIpv4(number(octets.slice(12)));
		return this.#ipv6.some(({ base, prefix }) => begin(octets, base, prefix));
	}

	#containsIpv4(address: number): boolean {
		return this.#ipv4.some(({ base, mask }) => (address & mask) >>> 0 === base);
	}
}

/** What begins an IPv4 address as an IPv6 socket shows it (RFC 4291 §2.5.5.2). */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

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
	return prefix === 0 && (address === "0.0.0.0" || address === "::");
}

function addressBits(address: string): number {
	return (addressOctets(address)?.length ?? 0) * 8;
}

/** Whether the first `prefix` bits are the same. */
function begin(octets: readonly number[], base: readonly number[], prefix: number): boolean {
	const whole = prefix >> 3;
	for (let at = 0; at < whole; at += 1) if (octets[at] !== base[at]) return false;
	const bits = prefix & 7;
	return bits === 0 || ((octets[whole] ?? 0) ^ (base[whole] ?? 0)) >> (8 - bits) === 0;
}

function number(octets: readonly number[]): number {
	return octets.reduce((sum, octet) => ((sum << 8) | octet) >>> 0, 0);
}

function ipv4(address: string): number {
	let whole = 0;
	let octet = 0;
	for (let at = 0; at < address.length; at += 1) {
		const code = address.charCodeAt(at);
		if (code === 46) {
			whole = (whole << 8) | octet;
			octet = 0;
		} else octet = octet * 10 + code - 48;
	}
	return ((whole << 8) | octet) >>> 0;
}

function maskOf(prefix: number): number {
	return prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
}
