/** A script for the tests of the testing kit: it does a little of everything. */
import {
	challenge,
	defineRoutes,
	device,
	drop,
	fork,
	log,
	redirect,
	relay,
	reply,
	save,
	trunks,
} from "sipwright";

const ANSWERS = {
	time: () => reply(200, new Date().toISOString()),
	moved: () => redirect("sip:5000@elsewhere.example.com"),
	nothing: () => drop(),
	broken: () => {
		throw new RangeError("no such luck");
	},
	loud: () => {
		log.warn("somebody is loud", { volume: 11 });
		return reply(486);
	},
};

export default defineRoutes({
	onRequest(request) {
		const { user = "" } = request.uri;
		const { source } = request;
		const secret = (source.device ?? device(request.from.uri.user))?.authenticateRequests ?? [];
		if (secret.includes(request.method) && !source.authenticated) return challenge();
		if (request.method === "REGISTER") return save();
		if (user in ANSWERS) return ANSWERS[user as keyof typeof ANSWERS]();
		if (user === "both") {
			const both = ["1002", "fixed"].flatMap((name) => device(name) ?? []);
			return fork(both, { order: "parallel", timeout: 20 });
		}
		const ways = trunks(user);
		if (ways.length > 0) return fork(ways, { order: "failover" });
		const callee = device(user);
		return callee ? relay(callee) : reply(404);
	},
});
