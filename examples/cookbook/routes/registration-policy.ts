/** Who may register what: one's own number only, from outside only over TLS and with a password. */
import {
	challenge,
	type Decision,
	defineRoutes,
	device,
	type Request,
	relay,
	reply,
	save,
} from "sipwright";

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return register(request);
		if (!request.source.trusted && !request.source.authenticated) return challenge();
		const callee = device(request.uri.user);
		return callee ? relay(callee) : reply(404);
	},
});

function register({ source, to, contacts }: Request): Decision {
	const registrant = device(to.uri.user);
	if (!registrant?.registers) return reply(404);
	if (!source.trusted && source.transport !== "tls") return reply(403, "Use TLS");
	if (source.device && source.device.name !== registrant.name) return reply(403);
	const hasPassword = registrant.authenticateRequests.length > 0;
	if (!source.authenticated && (hasPassword || !source.trusted)) return challenge();
	// A phone of ours is at one place; whoever wants three is somebody else's server.
	return contacts.length > 1 ? reply(403, "One Contact Please") : save();
}
