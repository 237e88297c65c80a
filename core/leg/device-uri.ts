/** The Request-URI of a configured device: RFC 3261 §16.6 step 2. */
import type { DeviceContact } from "./device.ts";
import { forceUri } from "./force-scheme.ts";
import type { Leg } from "./leg.ts";

/**
 * In the scheme of the leg to it. The contact's own number comes first, then the one that was dialled. The transport parameter is
 * shown as `uri-transport` says; an explicit port stays.
 */
export function deviceUri(
	contact: DeviceContact,
	dialled: string | undefined,
	leg: Pick<Leg, "scheme" | "policy">,
): string {
	const user = contact.user ?? dialled;
	const port = contact.port === undefined ? "" : `:${contact.port}`;
	const address = `${user === undefined ? "" : `${user}@`}${contact.host}${port}`;
	const uri = `${contact.scheme}:${address}${contact.params}`;
	return forceUri(uri, leg.scheme, "ruri", leg.policy.uriTransport).uri;
}
