/** The directory of RFC 3261 §16.5 as configuration and registrations fill it. */

import { canonicalAddress } from "../base/ip-address.ts";
import type { Device } from "../leg/device.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import type { LocationStore } from "../location/store.ts";
import { callable } from "../location/store.ts";
import type { Directory } from "../proxy/directory.ts";

/** What the directory needs of the configuration. */
export type Configured = {
	readonly devices: ReadonlyMap<string, Device>;
	readonly trusted: { contains(host: string): boolean };
	readonly secureSignaling: SecureSignaling;
};

export function configuredDirectory(
	{ devices, trusted, secureSignaling }: Configured,
	store: LocationStore,
): Directory {
	const byAddress = contactAddresses(devices.values());
	return {
		device: (name) => devices.get(name),
		deviceAt: ({ host, port }) => byAddress.get(`${host}:${port}`) ?? byAddress.get(host),
		bindings: (device, now) => store.bindings(device, now).filter(callable),
		trusted: (host) => trusted.contains(host),
		policy: secureSignaling,
	};
}

/** Contacts that are IP addresses, by address and port; by address alone where one device has it to itself. */
function contactAddresses(devices: Iterable<Device>): ReadonlyMap<string, Device> {
	const found = new Map<string, Device>();
	const shared = new Set<string>();
	for (const device of devices) {
		const { contact } = device;
		const host = contact === "*" ? undefined : canonicalAddress(contact.host);
		if (contact === "*" || host === undefined) continue;
		if (contact.port !== undefined) found.set(`${host}:${contact.port}`, device);
		if (found.has(host)) shared.add(host);
		found.set(host, device);
	}
	for (const host of shared) found.delete(host);
	return found;
}
