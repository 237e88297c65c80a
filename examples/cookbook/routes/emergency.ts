/** Emergency calls come before every other rule: from anybody, to the gateway, and to the next when it fails. */
import {
	challenge,
	type Decision,
	defineRoutes,
	device,
	fork,
	type Request,
	relay,
	reply,
	save,
} from "sipwright";

const NUMBERS: readonly string[] = ["110", "112", "911"];
const GATEWAYS = ["psap-east", "psap-west"];

export default defineRoutes({
	onRequest(request) {
		if (isEmergency(request)) return emergency(request);
		if (!request.source.trusted && !request.source.authenticated) return challenge();
		if (request.method === "REGISTER") return save();
		const callee = device(request.uri.user);
		return callee ? relay(callee) : reply(404);
	},
});

/** Phones write the number, or the service of RFC 5031. */
function isEmergency({ method, uri }: Request): boolean {
	if (method !== "INVITE") return false;
	return NUMBERS.includes(uri.user ?? "") || /^urn:service:sos\b/i.test(uri.text);
}

/** No password, no capacity of ours to ask for, and nobody else's answer to wait for. */
function emergency(request: Request): Decision {
	request.headers.set("Priority", "emergency");
	const gateways = GATEWAYS.flatMap((name) => device(name) ?? []);
	return fork(gateways, { order: "failover", timeout: 4 });
}
