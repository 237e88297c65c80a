/** Routing of one's own: who may call, and on which leg `sips` is forced. */
import {
	challenge,
	defineRoutes,
	device,
	forceSips,
	relay,
	reply,
	save,
	stripTransport,
} from "sipwright";

export default defineRoutes({
	onRequest(request, call) {
		const { source, to } = request;
		if (!source.trusted && !source.authenticated) return challenge();

		if (request.method === "REGISTER") {
			if (source.authenticated && source.device?.name !== to.uri.user) return reply(403);
			for (const contact of request.contacts) stripTransport(contact);
			return save();
		}

		const callee = device(request.uri.user);
		if (!callee) return reply(404);
		if (callee.secure) forceSips(call.callee);
		return relay(callee);
	},
});
