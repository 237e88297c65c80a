/**
 * New requests of a recording, put to two sets of scripts: the engine itself says what a script is told
 * of each of them, and which ones it answers by itself.
 *
 * Two things are not as they were. A password counts as right (password.ts). And nobody is called: what
 * the current scripts save is saved, and any other request is over once both have decided.
 */
import type { Listener } from "../base/flow.ts";
import { bracketed } from "../base/ip-address.ts";
import type { Config } from "../config/config.ts";
import { entropy } from "../host/entropy.ts";
import { hashHex, makeHmac } from "../host/hashes.ts";
import { localAddresses } from "../host/local-addresses.ts";
import type { Generation } from "../script/generation.ts";
import type { Outcome } from "../script/waiting-hook.ts";
import { ProxyInMemory } from "../testing/proxy-in-memory.ts";
import { Judge } from "./judge.ts";
import { withoutPassword } from "./password.ts";
import { flowOf, type NewRequest } from "./requests.ts";

export type Judged = {
	readonly asked: NewRequest;
	/** The name of the device that sent it, as far as it is known. */
	readonly device: string | undefined;
	readonly current: Outcome;
	readonly candidate: Outcome;
};

export type ReplayOptions = {
	readonly config: Config;
	/** Both in clocked bundles (testing/virtual-date.ts). */
	readonly current: Generation;
	readonly candidate: Generation;
};

/** Undefined for a request that the engine answers without the scripts. */
export function* replay(
	requests: readonly NewRequest[],
	{ config, current, candidate }: ReplayOptions,
): Generator<Judged | undefined> {
	const judge = new Judge(current, candidate);
	const proxy = new SilentProxy({
		config,
		routes: judge,
		random: entropy(),
		hash: hashHex,
		hmac: makeHmac(),
		start: requests[0]?.time ?? 0,
		listeners: destinations(requests),
	});
	for (const asked of requests) {
		const bare = withoutPassword(asked.request.text, config.auth.users);
		proxy.wait(Math.max(0, asked.time - proxy.now));
		judge.begin(bare, asked.time);
		proxy.receive(bare.text, flowOf(asked, proxy.listenerAt(asked)));
		const judged = judge.end();
		yield judged && { asked, ...judged };
	}
}

/** The hosts that the configuration says are ours; with a wildcard, those of this machine. */
export function configuredHosts({ listen }: Config): ReadonlySet<string> {
	const hosts = listen.flatMap(({ address, advertise }) => [
		...(address === "0.0.0.0" || address === "::" ? localAddresses() : [address]),
		...(advertise === undefined ? [] : [advertise.host.replace(/^\[(.*)\]$/, "$1")]),
	]);
	return new Set(hosts);
}

/** Whatever is asked about was sent to us, and so its destination is an address of ours. */
function destinations(requests: readonly NewRequest[]): readonly Omit<Listener, "id">[] {
	const listeners = new Map<string, Omit<Listener, "id">>();
	for (const { transport, destination } of requests) {
		if (destination === undefined) continue;
		const { host: address, port } = destination;
		const listener = { transport, address, host: bracketed(address), port };
		listeners.set(`${transport} ${address} ${port}`, listener);
	}
	return [...listeners.values()];
}

/** The engine in memory, with nobody around it. */
class SilentProxy extends ProxyInMemory {
	/** The id of our listener that this request came to: the nearest there is, where a text does not say. */
	listenerAt({ transport, destination }: NewRequest): number {
		const there = this.listeners.find(
			(one) =>
				one.transport === transport &&
				one.address === destination?.host &&
				one.port === destination.port,
		);
		const like = this.listeners.find((one) => one.transport === transport);
		return (there ?? like)?.id ?? 0;
	}

	override note(): void {}
	protected override lost(): void {}
	protected override wrote(): void {}
	protected override asked(): void {}
	protected override fetching(): () => void {
		return () => undefined;
	}
}
