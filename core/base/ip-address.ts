/** IP literals: RFC 3986 §3.2.2 as RFC 5954 §4.1 asks, written as RFC 5952 §4 and §5 say. */

/**
 * One spelling per address, so that equal texts mean equal addresses (RFC 5954 §4.2); undefined for
 * what is no IP literal. Brackets of an IPv6 reference are dropped. `::ffff:a.b.c.d` stays IPv6.
 */
export function canonicalAddress(host: string): string | undefined {
	if (host.charCodeAt(0) === 91) {
		if (host.charCodeAt(host.length - 1) !== 93) return undefined;
		return canonicalIpv6(host.slice(1, -1));
	}
	return host.includes(":") ? canonicalIpv6(host) : isIpv4(host) ? host : undefined;
}

/** Four decimal octets without leading zeros. */
export function isIpv4(host: string): boolean {
	let at = octetEnd(host, 0);
	for (let octet = 1; octet < 4 && at !== -1; octet += 1)
		at = host.charCodeAt(at) === DOT ? octetEnd(host, at + 1) : -1;
	return at === host.length;
}

/** Where the octet that begins at `start` ends; -1 when none does. */
function octetEnd(host: string, start: number): number {
	let value = 0;
	let at = start;
	for (; at < host.length; at += 1) {
		const digit = host.charCodeAt(at) - ZERO;
		if (digit < 0 || digit > 9) break;
		value = value * 10 + digit;
		if (value > 255 || (value < 10 && at > start)) return -1;
	}
	return at === start ? -1 : at;
}

/** The plain IPv4 address in a mapped one, any other address unchanged: a dual-stack socket's peer. */
export function unmapped(address: string): string {
	const canonical = canonicalAddress(address);
	return canonical?.startsWith("::ffff:") && canonical.includes(".") ? canonical.slice(7) : address;
}

/** The 4 or 16 octets of an address without brackets, its zone left out; undefined for what is no IP literal. */
export function addressOctets(address: string): readonly number[] | undefined {
	if (isIpv4(address)) return address.split(".").map(Number);
	const zone = address.indexOf("%");
	const groups = parseGroups(zone === -1 ? address : address.slice(0, zone));
	return groups?.flatMap((group) => [group >> 8, group & 255]);
}

/** Not a group, not everybody, not nobody: where a message may be sent to (RFC 4475 §3.3.10). Takes a canonical address. */
export function isUnicast(address: string): boolean {
	const host = address.includes(":") ? unmapped(address) : address;
	if (host.includes(":")) return host !== "::" && !/^ff[0-9a-f]{2}:/i.test(host);
	const first = Number(host.slice(0, host.indexOf(".")));
	return first !== 0 && first < 224;
}

/** The address as a URI and a Via write it: IPv6 in brackets. */
export function bracketed(address: string): string {
	return address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
}

function canonicalIpv6(text: string): string | undefined {
	const groups = text.length <= 45 ? parseGroups(text) : undefined;
	if (groups === undefined) return undefined;
	const [a, b, c, d, e, f] = groups;
	if (!a && !b && !c && !d && !e && f === 0xffff) return `::ffff:${dotted(groups)}`;
	return compress(groups);
}

/** The eight groups, or undefined. */
function parseGroups(text: string): number[] | undefined {
	const gap = text.indexOf("::");
	if (gap === -1) {
		const groups = parseRun(text);
		return groups?.length === 8 ? groups : undefined;
	}
	const before = gap === 0 ? [] : parseRun(text.slice(0, gap), false);
	const after = gap + 2 === text.length ? [] : parseRun(text.slice(gap + 2));
	if (before === undefined || after === undefined) return undefined;
	const missing = 8 - before.length - after.length;
	return missing < 1 ? undefined : [...before, ...new Array<number>(missing).fill(0), ...after];
}

/** Groups between colons; the last may be an IPv4 address, which counts as two. */
function parseRun(text: string, ipv4Allowed = true): number[] | undefined {
	const groups: number[] = [];
	const parts = text.split(":");
	for (const [index, part] of parts.entries()) {
		if (ipv4Allowed && index === parts.length - 1 && isIpv4(part)) {
			const octets = part.split(".").map(Number);
			const [a = 0, b = 0, c = 0, d = 0] = octets;
			groups.push(a * 256 + b, c * 256 + d);
		} else {
			const group = parseGroup(part);
			if (group === undefined) return undefined;
			groups.push(group);
		}
	}
	return groups;
}

function parseGroup(part: string): number | undefined {
	if (part.length === 0 || part.length > 4) return undefined;
	for (let at = 0; at < part.length; at += 1) {
		const code = part.charCodeAt(at);
		const letter = code | 32;
		const digit = code >= 48 && code <= 57;
		if (!digit && !(letter >= 97 && letter <= 102)) return undefined;
	}
	return Number.parseInt(part, 16);
}

function dotted(groups: readonly number[]): string {
	const [high = 0, low = 0] = groups.slice(6);
	return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** RFC 5952 §4.2: `::` for the first longest run of two or more zero groups. */
function compress(groups: readonly number[]): string {
	let best = 0;
	let length = 1;
	for (let start = 0; start < 8; start += 1) {
		let end = start;
		while (end < 8 && groups[end] === 0) end += 1;
		if (end - start > length) {
			best = start;
			length = end - start;
		}
	}
	const hex = groups.map((group) => group.toString(16));
	if (length === 1) return hex.join(":");
	return `${hex.slice(0, best).join(":")}::${hex.slice(best + length).join(":")}`;
}

const DOT = 46;
const ZERO = 48;
