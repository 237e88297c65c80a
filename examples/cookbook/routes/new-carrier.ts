/** A new carrier gets one call in twenty; whoever calls again with the same Call-ID goes the same way. */
import { defineRoutes, device, fork, relay, reply, save } from "sipwright";

const SHARE_PERCENT = 5;

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const { user = "" } = request.uri;
		const [old, young] = [device("old-carrier"), device("new-carrier")];
		if (user.startsWith("9") && old && young) {
			const first = percentOf(request.callId) < SHARE_PERCENT ? young : old;
			// A new one that cannot be reached costs nobody a call.
			return fork([...new Set([first, old])], { order: "failover", timeout: 6 });
		}
		const callee = device(user);
		return callee ? relay(callee) : reply(404);
	},
});

/** 0 to 99, the same for the same text. A random number would differ when a hook is asked twice. */
function percentOf(text: string): number {
	let sum = 0;
	for (const character of text) sum = (Math.imul(sum, 31) + character.charCodeAt(0)) >>> 0;
	return sum % 100;
}
