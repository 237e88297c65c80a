/**
 * An edge: phones register with the core behind us, and all they send goes there. What the core sends
 * to a phone carries our Path, and finds the phone without asking this script (RFC 5626 §5.3.1).
 */
import { defineRoutes, device, relay, reply } from "sipwright";

export default defineRoutes({
	onRequest({ method, uri, source }) {
		if (method === "OPTIONS" && !uri.user) return reply(200);

		const core = device("core");
		if (!core) return reply(500);
		// Without our Path: it means a phone that is not registered through here.
		if (source.device?.name === core.name) return reply(404);
		return relay(core);
	},
});
