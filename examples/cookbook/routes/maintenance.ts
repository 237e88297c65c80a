/** Maintenance: from one moment to another new calls are refused in a friendly way, and those that are up go on. */
import { defineRoutes, device, relay, reply, save } from "sipwright";
import window from "./maintenance.json" with { type: "json" };

const [FROM, TO] = [Date.parse(window.from), Date.parse(window.to)];

export default defineRoutes({
	onRequest(request) {
		// Phones that cannot register would all come back at once.
		if (request.method === "REGISTER") return save();
		const now = Date.now();
		if (now >= FROM && now < TO) {
			const seconds = Math.ceil((TO - now) / 1000);
			return reply(503, "Back Soon", { "Retry-After": String(seconds) });
		}
		const callee = device(request.uri.user);
		return callee ? relay(callee) : reply(404);
	},
});
