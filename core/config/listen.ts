/** The block `listen:`: which sockets to open, and which address messages show (RFC 3261 §18.2.1). */
import { behindTls, DEFAULT_PORTS } from "../base/flow.ts";
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

export function readListen(node: Node | undefined, found: Findings): readonly ListenConfig[] {
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
		if (entry.balancer?.tlsTerminated !== true) noteWildcard(entry, at, found);
		const one = socketOf(entry);
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

function socketOf(entry: ListenEntry): ListenConfig {
	const { transport, address, advertise, balancer, web } = entry;
	const port = portOf(entry);
	// The balancer's own port is what peers connect to, and TLS is spoken there.
	const usual = balancer?.tlsTerminated ? DEFAULT_PORTS[behindTls(transport)] : port;
	const shown = advertise && { host: advertise.host, port: advertise.port ?? usual };
	return {
		...{ transport, address, port, advertise: shown },
		...(balancer && { balancer }),
		...(web && { web }),
	};
}

function noteWildcard({ address, advertise }: ListenEntry, at: Place, found: Findings): void {
	if (advertise !== undefined || !isWildcard(address)) return;
	found.note(at, {
		code: "CONFIG_ADVERTISE",
		message: `listen: messages cannot show ${address}; they show the first address of this machine that others reach`,
		fix: 'write advertise: "sip.example.com" to choose',
	});
}

/** As a person writes it: also what makes two sockets the same. */
function nameOf(entry: ListenEntry): string {
	return `${entry.transport}:${bracketed(entry.address)}:${portOf(entry)}`;
}

function portOf(entry: ListenEntry): number {
	return entry.port ?? DEFAULT_PORTS[entry.transport];
}
