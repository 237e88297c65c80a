/** The cheapest trunk first, by where the call goes; the next when it cannot be reached. */
import { type Device, defineRoutes, device, fork, relay, reply, save } from "sipwright";

/** The longest prefix counts; "" is the rest of the world. */
const CHEAPEST_FIRST: Readonly<Record<string, readonly string[]>> = {
	"+49": ["berlin", "vienna"],
	"+43": ["vienna", "berlin"],
	"+4366": ["berlin"],
	"+": ["world", "berlin"],
};
/** Seconds that a trunk has to make it ring. */
const PATIENCE = 6;

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const { user = "" } = request.uri;
		const ways = trunksFor(user);
		if (ways.length > 0) return fork(ways, { order: "failover", timeout: PATIENCE });
		const callee = device(user);
		return callee ? relay(callee) : reply(404);
	},
});

function trunksFor(number: string): readonly Device[] {
	const [best] = Object.keys(CHEAPEST_FIRST)
		.filter((prefix) => number.startsWith(prefix))
		.sort((one, other) => other.length - one.length);
	const names = best === undefined ? [] : (CHEAPEST_FIRST[best] ?? []);
	return names.flatMap((name) => device(name) ?? []);
}
