/** The block `listen:`: which sockets to open, and which address messages show (RFC 3261 §18.2.1). */
import { bracketed } from "../base/ip-address.ts";
import type { ListenConfig } from "./config.ts";
import type { Findings, Place } from "./finding.ts";
import { isWildcard } from "./host.ts";
import { type ListenEntry, readListenEntry } from "./listen-entry.ts";
import type { Node } from "./source.ts";

/** What runs without a file. */
export const DEFAULT_LISTEN: readonly ListenConfig[] = [
	{ transport: "udp", address: "127.0.0.1", port: 5060, advertise: undefined },
	{ transport: "tcp", address: "127.0.0.1", port: 5060, advertise: undefined },
	{ transport: "tls", address: "127.0.0.1", port: 5061, advertise: undefined },
];

/** `machine` lists the addresses of this machine: one of them stands for 0.0.0.0 in messages. */
export function readListen(
	node: Node | undefined,
	machine: readonly string[],
	found: Findings,
): readonly ListenConfig[] {
	if (node === undefined || node.kind === "empty") return DEFAULT_LISTEN;
	if (node.kind !== "list" || node.items.length === 0) {
		found.error(node.at, {
			code: "CONFIG_TYPE",
			message: "listen must be a list of sockets",
			fix: "write listen: [udp:0.0.0.0:5060]",
		});
		return [];
	}
	const entries = node.items.flatMap((item) => {
		const entry = readListenEntry(item, found);
		return entry === undefined ? [] : [{ at: item.at, entry }];
	});
	refuseDuplicates(entries, found);

	const named = new Set(entries.map(({ entry }) => nameOf(entry)));
	return entries.flatMap(({ at, entry }) => {
		const one = show(entry, at, machine, found);
		const both = entry.tcp && !named.has(nameOf({ ...entry, transport: "tcp" }));
		return both ? [one, { ...one, transport: "tcp" as const }] : [one];
	});
}

function refuseDuplicates(
	entries: readonly { at: Place; entry: ListenEntry }[],
	found: Findings,
): void {
	const opened = new Map<string, Place>();
	for (const { at, entry } of entries) {
		const name = nameOf(entry);
		const first = opened.get(name);
		if (first !== undefined && entry.port !== 0)
			found.error(at, {
				code: "CONFIG_DUPLICATE",
				message: `listen: ${name} is opened on line ${first.line} already`,
				fix: "keep one of the two",
			});
		opened.set(name, first ?? at);
	}
}

/** Fills in the port, and the address that messages show where the bound one is every address. */
function show(
	entry: ListenEntry,
	at: Place,
	machine: readonly string[],
	found: Findings,
): ListenConfig {
	const { transport, address } = entry;
	const port = portOf(entry);
	const shown = entry.advertise;
	if (port === 0 && (shown === undefined ? isWildcard(address) : shown.port === undefined))
		found.error(at, {
			code: "CONFIG_COMBINATION",
			message: "listen: messages cannot show a port that is chosen when the socket opens",
			fix: "write a port, or the address of one interface without advertise",
		});
	if (shown !== undefined)
		return { transport, address, port, advertise: { host: shown.host, port: shown.port ?? port } };
	if (!isWildcard(address)) return { transport, address, port, advertise: undefined };

	const host = bracketed(reachable(address, machine));
	found.note(at, {
		code: "CONFIG_ADVERTISE",
		message: `listen: messages cannot show ${address}; they show ${host}, an address of this machine`,
		fix: `to choose, write { transport: ${transport}, address: "${bracketed(address)}:${port}", advertise: "${host}:${port}" }`,
	});
	return { transport, address, port, advertise: { host, port } };
}

/** The first address of this machine in the family of the wildcard, or loopback. */
function reachable(wildcard: string, machine: readonly string[]): string {
	const ipv6 = wildcard.includes(":");
	const fitting = machine.find((address) => address.includes(":") === ipv6);
	return fitting ?? (ipv6 ? "::1" : "127.0.0.1");
}

/** As a person writes it: also what makes two sockets the same. */
function nameOf(entry: ListenEntry): string {
	return `${entry.transport}:${bracketed(entry.address)}:${portOf(entry)}`;
}

/** RFC 3261 §19.1.2: 5060, and 5061 for TLS. */
function portOf(entry: ListenEntry): number {
	return entry.port ?? (entry.transport === "tls" ? 5061 : 5060);
}
