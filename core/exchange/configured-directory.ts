/** The directory of RFC 3261 §16.5 as configuration and registrations fill it. */

import type { Binding } from "../base/binding.ts";
import type { Flow } from "../base/flow.ts";
import { canonicalAddress } from "../base/ip-address.ts";
import type { Device, DeviceContact } from "../leg/device.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";
import type { LocationStore } from "../location/store.ts";
import { callable } from "../location/store.ts";
import type { Directory } from "../proxy/directory.ts";
import { isWatched } from "../proxy/service-state.ts";

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
	const settings = [secureSignaling, ...Array.from(devices.values(), (one) => one.secureSignaling)];
	const byAddress = contactAddresses(devices.values());
	const byName = contactNames(devices.values());
	const mayCall = (binding: Binding) => callable(binding) && (store.isPresent?.(binding) ?? true);
	return {
		device: (name) => devices.get(name),
		deviceAt: (flow) => {
			const there = byAddress.get(flow.host);
			return there?.byPort.get(flow.port) ?? there?.only ?? byIdentity(flow, byName);
		},
		watched: [...devices.values()].filter((one) => isWatched(one) || one.capacity > 0),
		bindings: (device, now) => store.bindings(device, now).filter(mayCall),
		srvSipsTls: srvSipsTls(devices.values(), secureSignaling),
		trusted: (host) => trusted.contains(host),
		policy: secureSignaling,
		keepsSchemes: settings.some(({ policy }) => policy === "rfc5630"),
	};
}

/** The device whose contact has a name that the other end has proved: as a client, or as the server that we connected to. */
function byIdentity(
	{ identities, serverName }: Flow,
	byName: ReadonlyMap<string, Device | undefined>,
): Device | undefined {
	for (const name of identities ?? NONE) {
		const device = byName.get(name);
		if (device !== undefined) return device;
	}
	return serverName === undefined ? undefined : byName.get(serverName.toLowerCase());
}

const NONE: readonly string[] = [];

/** The hosts that its contacts name, in lower case. */
function hostsOf({ contact, contactBackup }: Device): readonly string[] {
	const contacts = contact === "*" ? contactBackup : [contact, ...contactBackup];
	return contacts.map(({ host }) => host.toLowerCase());
}

/** By host of a contact; undefined where two devices share one. */
function contactNames(devices: Iterable<Device>): ReadonlyMap<string, Device | undefined> {
	const found = new Map<string, Device | undefined>();
	for (const device of devices) {
		for (const name of hostsOf(device)) {
			const taken = found.has(name) && found.get(name) !== device;
			found.set(name, taken ? undefined : device);
		}
	}
	return found;
}

type Address = {
	readonly byPort: Map<number, Device>;
	/** The one device that has the address to itself. */
	only: Device | undefined;
};

/** A look-up by host only where the configuration says anything but no. */
function srvSipsTls(devices: Iterable<Device>, defaults: SecureSignaling): Directory["srvSipsTls"] {
	const byHost = new Map<string, boolean>();
	for (const device of devices)
		for (const host of hostsOf(device))
			byHost.set(host, device.secureSignaling.srvSipsTls || byHost.get(host) === true);
	if (!defaults.srvSipsTls && ![...byHost.values()].includes(true)) return () => false;
	return (host) => byHost.get(host.toLowerCase()) ?? defaults.srvSipsTls;
}

/** Contacts that are IP addresses, and backups of contacts. */
function contactAddresses(devices: Iterable<Device>): ReadonlyMap<string, Address> {
	const found = new Map<string, Address>();
	for (const device of devices) {
		const { contact, contactBackup } = device;
		if (contact !== "*")
			for (const one of [contact, ...contactBackup]) addAddress(found, one, device);
	}
	return found;
}

function addAddress(
	found: Map<string, Address>,
	{ host: written, port }: DeviceContact,
	device: Device,
): void {
	const host = canonicalAddress(written);
	if (host === undefined) return;
	const known = found.get(host);
	const address = known ?? { byPort: new Map(), only: device };
	if (known !== undefined && known.only !== device) known.only = undefined;
	if (port !== undefined) address.byPort.set(port, device);
	found.set(host, address);
}
