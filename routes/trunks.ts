/**
 * Calls to a number that the prefix of a Trunk fits. Whoever got this far is trusted, registered or
 * authenticated; from a trunk a call goes to another, or out of here, only where a script of yours says so.
 */
import { type Decision, type Device, relay, reply, type Source } from "sipwright";

export function callTrunk(trunk: Device, source: Source): Decision {
	return isTrunk(source) ? reply(403) : relay(trunk);
}

export function isTrunk({ device }: Source): boolean {
	return device?.type === "Trunk";
}
