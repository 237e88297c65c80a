/** One customer has been promised `sips` to the trunk and nothing else; everybody else gets what there is. */
import { defineRoutes, forceSips, relay, reply, save, trunks } from "sipwright";

const PROMISED: readonly string[] = ["bank"];

export default defineRoutes({
	onRequest(request, call) {
		if (request.method === "REGISTER") return save();
		const [trunk] = trunks(request.uri.user);
		if (!trunk) return reply(404);
		const customer = request.source.device?.name ?? "";
		if (PROMISED.includes(customer)) {
			// What came in clear cannot be made secret any more.
			if (call.caller.scheme !== "sips") return reply(403, "Secure Signaling Required");
			forceSips(call.callee);
		}
		return relay(trunk);
	},
});
