/**
 * Calls to a number that the prefix of a Trunk fits: to the best one, and where it cannot be reached,
 * to the next. Whoever got this far is trusted, registered or authenticated; from a trunk a call goes
 * to another, or out of here, only where a script of yours says so.
 */
import {
	type Decision,
	type Device,
	fork,
	type Request,
	relay,
	reply,
	type Source,
	trunks,
} from "sipwright";

export function callTrunk(trunk: Device, { uri, source }: Request): Decision {
	if (isTrunk(source)) return reply(403);
	const ways = trunks(uri.user);
	// By its own name it is the one that is meant.
	const named = trunk.name === uri.user;
	return named || ways.length < 2 ? relay(trunk) : fork(ways, { order: "failover" });
}

export function isTrunk({ device }: Source): boolean {
	return device?.type === "Trunk";
}
