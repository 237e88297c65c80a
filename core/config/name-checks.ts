/** How the TLS servers of configured devices have to prove their names: `name-check`, by host of a contact (RFC 5922 §7.2). */
import { canonicalAddress } from "../base/ip-address.ts";
import type { Device } from "../leg/device.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";

type NameCheck = SecureSignaling["nameCheck"];

/** The stricter first. */
const CHECKS: readonly NameCheck[] = ["rfc5922", "https", "off"];

/** Where devices with different settings share a host, the strictest counts; any other host has the default. */
export function nameChecks(
	devices: Iterable<Device>,
	{ nameCheck }: SecureSignaling,
): (serverName: string) => NameCheck {
	const byHost = new Map<string, NameCheck>();
	for (const { contact, contactBackup, secureSignaling } of devices)
		for (const { host } of contact === "*" ? contactBackup : [contact, ...contactBackup]) {
			const key = keyOf(host);
			byHost.set(key, stricter(byHost.get(key) ?? secureSignaling.nameCheck, secureSignaling));
		}
	return (serverName) => byHost.get(keyOf(serverName)) ?? nameCheck;
}

function stricter(one: NameCheck, { nameCheck: other }: SecureSignaling): NameCheck {
	return CHECKS.indexOf(one) < CHECKS.indexOf(other) ? one : other;
}

/** One spelling of a host: in brackets or without, in any case, with a final dot or without. */
function keyOf(host: string): string {
	return canonicalAddress(host) ?? host.toLowerCase().replace(/\.$/, "");
}
