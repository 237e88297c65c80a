/** Whom an HTTP proxy in front of us connects for, as it says in X-Forwarded-For, of which RFC 7239 is the heir. */
import { isIP } from "node:net";

/**
 * The last address that is not a balancer's own: what stands before it, the client may have written itself.
 * Undefined when it is none.
 */
export function forwardedClient(
	header: string,
	isBalancer: (address: string) => boolean,
): string | undefined {
	const addresses = header.split(",").map(addressOf);
	const client = addresses.findLast((one) => one === undefined || !isBalancer(one));
	return addresses.every((one) => one !== undefined && isBalancer(one)) ? addresses[0] : client;
}

/** Some write a port behind it, and brackets around IPv6. */
function addressOf(written: string): string | undefined {
	const [, six, other = ""] = /^\s*(?:\[([^\]]*)\](?::\d+)?|(.*?))\s*$/.exec(written) ?? [];
	const address = six ?? (/^[^:]*:\d+$/.test(other) ? other.slice(0, other.indexOf(":")) : other);
	return isIP(address) === 0 ? undefined : address;
}
