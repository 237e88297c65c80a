/** What the house writes into its messages stays in the house: taken out where a call leaves to a trunk. */
import { defineRoutes, device, type Request, relay, reply, save } from "sipwright";

/** Names of software, of rooms and of people. */
const OURS = ["User-Agent", "X-Room", "X-Cost-Center", "Call-Info", "Organization", "Subject"];
const SWITCHBOARD = "<sip:+49301000@example.com>";

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const callee = device(request.uri.user);
		if (!callee) return reply(404);
		if (callee.type === "Trunk") leave(request);
		return relay(callee);
	},
});

function leave({ headers }: Request): void {
	for (const name of OURS) headers.remove(name);
	// The carrier is told one number for the house.
	headers.set("P-Asserted-Identity", SWITCHBOARD);
}
