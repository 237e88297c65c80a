/**
 * The device that is at an address: what its own Contact says, as the other side of a call was shown
 * it or is referred to it (RFC 3261 §19.1.4 compares more strictly: scheme and transport count there).
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import { canonicalAddress } from "../base/ip-address.ts";
import type { Device, DeviceContact } from "../leg/device.ts";
import { type Uri, unescapeUser } from "../message/uri.ts";
import { bindingOf, type Directory, deviceOf } from "./directory.ts";

export type DevicePlace =
	| { readonly device: Device; readonly binding: Binding }
	| { readonly device: Device; readonly contact: DeviceContact };

/** Undefined where nobody of ours is. A number beyond a trunk is not the trunk's own. */
export function placeOf(
	uri: Uri,
	directory: Directory,
	now: Milliseconds,
): DevicePlace | undefined {
	const device = deviceOf(uri, directory);
	if (device === undefined || device.type === "Trunk") return undefined;
	const { contact } = device;
	if (contact !== "*") return isAt(uri, contact) ? { device, contact } : undefined;
	const binding = bindingOf(uri, directory, now);
	return binding === undefined ? undefined : { device, binding };
}

function isAt({ user, host, port }: Uri, contact: DeviceContact): boolean {
	if (hostOf(host) !== hostOf(contact.host)) return false;
	if (contact.user !== undefined && contact.user !== unescapeUser(user ?? "")) return false;
	if (port === contact.port) return true;
	const secure = contact.scheme === "sips" || contact.transport === "tls";
	const usual = secure ? 5061 : 5060;
	return (port ?? usual) === (contact.port ?? usual);
}

function hostOf(host: string): string {
	return canonicalAddress(host) ?? host.toLowerCase();
}
