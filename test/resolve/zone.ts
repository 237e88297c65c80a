/** A made-up name server: feeds a generator from a table, and writes down what was asked. */

import { parseUri } from "../../core/message/uri.ts";
import type { DnsAnswer, DnsQuestion, DnsRecord } from "../../core/resolve/dns.ts";
import type { Hop } from "../../core/resolve/hop.ts";
import { type LocateOptions, locate } from "../../core/resolve/locate.ts";
import { seeded } from "../support/seeded.ts";

/** Records by `TYPE name`; a name that is not there does not exist. */
export type Zone = Readonly<Record<string, readonly DnsRecord[] | "failed">>;

export const a = (...addresses: string[]): DnsRecord[] =>
	addresses.map((address) => ({ type: address.includes(":") ? "AAAA" : "A", address }));

export function srv(target: string, port: number, priority = 0, weight = 0): DnsRecord {
	return { type: "SRV", priority, weight, port, target };
}

export function naptr(service: string, replacement: string, order = 0, preference = 0): DnsRecord {
	return { type: "NAPTR", order, preference, flags: "s", service, replacement };
}

export const OPTIONS: LocateOptions = {
	random: seeded(1),
	transports: ["udp", "tcp", "tls", "ws", "wss"],
	families: ["AAAA", "A"],
	secure: false,
	srvSipsTls: false,
};

export type Located = { readonly hops: readonly Hop[]; readonly asked: readonly string[] };

export function resolve(
	uri: string,
	zone: Zone = {},
	options: Partial<LocateOptions> = {},
): Located {
	const asked: string[] = [];
	const steps = locate(parseUri(uri), { ...OPTIONS, ...options });
	for (let step = steps.next(); ; step = steps.next(answer(step.value, zone))) {
		if (step.done === true) return { hops: step.value, asked };
		asked.push(`${step.value.type} ${step.value.name}`);
	}
}

function answer({ type, name }: DnsQuestion, zone: Zone): DnsAnswer {
	return zone[`${type} ${name}`] ?? [];
}

/** `tls 192.0.2.1:5061 (name to prove)`. */
export const show = ({ transport, host, port, serverName }: Hop) =>
	`${transport} ${host}:${port}${serverName === undefined ? "" : ` (${serverName})`}`;
