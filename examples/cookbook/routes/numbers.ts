/** However a number was dialled, it is looked up and sent on as E.164: +49301234. */
import { defineRoutes, device, e164, relay, reply, save, withNumber } from "sipwright";

/** 0043…, 0301234 and 1234 from a phone in Berlin. */
const BERLIN = { country: "49", area: "30" };

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const number = e164(request.uri.user, BERLIN);
		// Names stay as they are.
		const callee = device(number ?? request.uri.user);
		if (!callee) return reply(404);
		return callee.type === "Trunk" && number ? relay(withNumber(callee, number)) : relay(callee);
	},
});
