/**
 * Calls to an Extension or ACD Position: at its configured contact, or at every place it registered
 * from. One that should have registered and has not is answered 480.
 */
import { type Decision, type Device, type Request, relay, reply } from "sipwright";

export function callDevice(callee: Device, { method, headers }: Request): Decision {
	// Where it has registered is for its registrar to tell, and this one does not: no phone knows (RFC 3680 §4.6).
	if (method === "SUBSCRIBE" && /^reg\s*(;|$)/.test(headers.get("Event") ?? "")) return reply(489);
	return relay(callee);
}
