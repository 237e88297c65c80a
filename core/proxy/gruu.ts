/** Requests to a GRUU: one instance is meant of all that registered for its address (RFC 5627 §6.1). */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Device } from "../leg/device.ts";
import { readUri } from "../leg/force-scheme.ts";
import { instanceOfGruu } from "../message/instance-id.ts";
import { type Uri, unescapeUser } from "../message/uri.ts";
import { deviceOf } from "./directory.ts";
import type { Environment } from "./environment.ts";

/**
 * The instance of the device that is meant; undefined: any. "": the URI was never one of a device.
 * Who calls another device in place of the one that the URI names means any of that.
 */
export function instanceMeant(uri: Uri, device: Device): string | undefined {
	if (uri.params.length === 0) return undefined;
	const instance = instanceOfGruu(uri);
	if (instance === undefined || device.contact !== "*") return undefined;
	return unescapeUser(uri.user ?? "") === device.name ? instance : undefined;
}

/** The bindings of a GRUU of ours, the most recently refreshed first; undefined for a URI that is none. */
export function gruuBindings(
	text: string,
	{ own, directory }: Environment,
	now: Milliseconds,
): readonly Binding[] | undefined {
	const uri = text.includes(";gr=") ? readUri(text) : undefined;
	if (uri === undefined || !own.owns(uri)) return undefined;
	const device = deviceOf(uri, directory);
	const meant = device && instanceMeant(uri, device);
	if (device === undefined || meant === undefined) return undefined;
	return directory
		.bindings(device.name, now)
		.filter(({ instance }) => instance === meant)
		.reverse();
}
