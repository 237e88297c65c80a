/**
 * Calls to a number that the prefix of a Trunk fits. Whoever got this far is trusted, registered or
 * authenticated; from one trunk to another a call goes only where a script of yours says so.
 */
import { type Decision, type Device, relay, reply, type Source } from "sipwright";

export function callTrunk(trunk: Device, source: Source): Decision {
	return source.device?.type === "Trunk" ? reply(403) : relay(trunk);
}
