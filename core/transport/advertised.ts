/** What messages show for a listener: RFC 3261 §18.1.1. Nobody can reply to 0.0.0.0. */
import { networkInterfaces } from "node:os";
import { behindTls, type Listener } from "../base/flow.ts";
import { bracketed } from "../base/ip-address.ts";
import type { ListenOptions } from "./transport-user.ts";

/** `port`: the real one, where the options take any. */
export function listenerOf(options: ListenOptions, port: number): Listener {
	const { id, transport, address, advertise, balancer } = options;
	const terminated = balancer?.tlsTerminated === true;
	return {
		id,
		transport: terminated ? behindTls(transport) : transport,
		address,
		host: advertise?.host ?? bracketed(reachableAddress(address)),
		port: advertise === undefined || advertise.port === 0 ? port : advertise.port,
		...(terminated && { terminated }),
	};
}

/** For a wildcard the first address of its family that other machines can reach, else loopback. */
export function reachableAddress(address: string, interfaces = networkInterfaces()): string {
	if (!isWildcard(address)) return address;
	const family = address === "::" ? "IPv6" : "IPv4";
	const candidates = Object.values(interfaces)
		.flatMap((addresses) => addresses ?? [])
		.filter((one) => one.family === family && !one.internal && !isLinkLocal(one.address));
	return candidates[0]?.address ?? (family === "IPv6" ? "::1" : "127.0.0.1");
}

export function isWildcard(address: string): boolean {
	return address === "0.0.0.0" || address === "::";
}

function isLinkLocal(address: string): boolean {
	return address.startsWith("fe80:") || address.startsWith("169.254.");
}
