/**
 * Who may send requests here. Closed by default: a device with a password has to give it, anybody
 * else has to come from a trusted network. Whoever does neither is asked for a password, also in the
 * name of nobody, so that no stranger learns which numbers there are. No phone speaks for another in
 * From.
 */
import {
	challenge,
	type Decision,
	type Device,
	device,
	drop,
	type Request,
	reply,
} from "sipwright";

/** What to answer instead of serving the request; undefined when it is welcome. */
export function access(request: Request): Decision | undefined {
	const { method, source } = request;
	if (source.authenticated) return claimsAnother(request) ? reply(403) : undefined;

	const known = source.trusted || isRegistered(source.device);
	if (known && !senderOf(request)?.authenticateRequests.includes(method)) return undefined;
	return isScanner(request) ? drop() : challenge();
}

/** Names itself so. Who looks for SIP servers finds none here; whoever calls himself otherwise is challenged. */
export function isScanner({ source, headers }: Request): boolean {
	return !source.trusted && SCANNERS.test(headers.get("User-Agent") ?? "");
}

const SCANNERS =
	/friendly-scanner|sipvicious|sundayddr|sip-?scan|iwar|sipcli|vaxsipuseragent|pplsip/i;

/**
 * Who it says it is, and for a trunk where it came from: its caller ids may be numbers of ours. A
 * REGISTER speaks for the device in To, whatever connection it comes on.
 */
function senderOf({ method, source, from, to }: Request): Device | undefined {
	if (method === "REGISTER") return named(to.uri.user);
	if (passesOn(source.device)) return source.device;
	return named(from.uri.user) ?? source.device;
}

/** Its password is good for its own number. For a REGISTER it is To that counts. */
function claimsAnother({ method, source, from }: Request): boolean {
	if (method === "REGISTER" || passesOn(source.device)) return false;
	const claimed = named(from.uri.user);
	return claimed !== undefined && claimed.name !== source.device?.name;
}

/** Brings calls of others: From is not its own number. */
function passesOn(sender: Device | undefined): boolean {
	return sender?.type === "Trunk" || sender?.type === "Voice over IP Service";
}

/** The flow is one that the device registered on, and that it did with its password. */
function isRegistered(sender: Device | undefined): boolean {
	return sender?.registers === true && sender.authenticateRequests.length > 0;
}

/** By exact name: a number that a trunk could reach is not a device. */
function named(name: string | undefined): Device | undefined {
	const found = device(name);
	return found?.name === name ? found : undefined;
}
