/** Which URIs and sent-by values mean this proxy: RFC 3261 §16.4, §16.5, §18.1.2. */
import type { Listener } from "../base/flow.ts";
import { canonicalAddress } from "../base/ip-address.ts";
import { type Uri, uriParam } from "../message/uri.ts";

export class OwnAddresses {
	/** `host:port` of every listener: as bound, as advertised, and on each local address of a wildcard. */
	readonly #sentBy = new Set<string>();
	readonly #hosts = new Set<string>();
	readonly #ports = new Set<number>();
	readonly #domains = new Set<string>();
	readonly #listeners: readonly Listener[];

	/**
	 * `localAddresses` are the machine's own, without brackets: what a wildcard listener can be reached at.
	 * `more`: where else listeners are reached, such as by other nodes.
	 */
	constructor(
		listeners: readonly Listener[],
		domains: readonly string[],
		localAddresses: readonly string[],
		more: readonly { readonly host: string; readonly port: number }[] = [],
	) {
		this.#listeners = listeners;
		for (const domain of domains) this.#domains.add(hostKey(domain));
		for (const listener of listeners) {
			const wildcard = listener.address === "0.0.0.0" || listener.address === "::";
			const addresses = wildcard ? localAddresses : [listener.address];
			for (const host of [listener.host, ...addresses, ...names(addresses)].map(hostKey)) {
				this.#hosts.add(host);
				this.#sentBy.add(`${host}:${listener.port}`);
			}
			this.#ports.add(listener.port);
		}
		for (const { host, port } of more) {
			this.#hosts.add(hostKey(host));
			this.#sentBy.add(`${hostKey(host)}:${port}`);
		}
	}

	/**
	 * A request for this URI is ours to route: a listener's address, or a domain we are responsible
	 * for. Without a port a listener's host is enough: phones write `sip:1001@192.0.2.1` whatever
	 * port they were told to send to. One with a maddr goes there, whatever its host (§16.5).
	 */
	owns(uri: Uri): boolean {
		if (uri.params.length > 0) {
			const maddr = uriParam(uri, "maddr")?.value;
			if (maddr !== undefined && !this.ownsHost(maddr, uri.port)) return false;
		}
		return this.ownsHost(uri.host, uri.port);
	}

	/** A name or an address of ours, with this port or without one. */
	ownsHost(name: string, port: number | undefined): boolean {
		if (!this.#domains.has(hostKey(name))) return this.listensAt(name, port);
		return port === undefined || this.#ports.has(port);
	}

	/** An address of a listener. A domain of ours that is none may be served by other hosts as well. */
	listensAt(name: string, port: number | undefined): boolean {
		const host = hostKey(name);
		return port === undefined ? this.#hosts.has(host) : this.#sentBy.has(`${host}:${port}`);
	}

	/** The top Via of a response must be one we wrote (RFC 3261 §18.1.2). */
	ownsSentBy(host: string, port: number | undefined, secure: boolean): boolean {
		const standard = port ?? (secure ? 5061 : 5060);
		// As we wrote it, nearly always: no need to think about spellings then.
		for (const listener of this.#listeners)
			if (listener.port === standard && listener.host === host) return true;
		return this.#sentBy.has(`${hostKey(host)}:${standard}`);
	}
}

/** Phones on this machine name it so, and the development certificate does. */
function names(addresses: readonly string[]): readonly string[] {
	return addresses.some((address) => address === "::1" || address.startsWith("127."))
		? ["localhost"]
		: [];
}

/** One spelling for a name in any case, and for an address however it is written (RFC 5954 §4.2). */
function hostKey(host: string): string {
	return canonicalAddress(host) ?? host.toLowerCase();
}
