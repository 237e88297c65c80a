/** Nobody makes more than five calls in a minute: counted for all workers and generations together. */
import { defineRoutes, device, kv, type Request, relay, reply, save } from "sipwright";

const CALLS = 5;
const SECONDS = 60;

export default defineRoutes({
	async onRequest(request) {
		const { method } = request;
		if (method === "REGISTER") return save();
		if (method === "INVITE" && (await callsOf(request)) > CALLS)
			return reply(480, "Too Many Calls", { "Retry-After": String(SECONDS) });
		const callee = device(request.uri.user);
		return callee ? relay(callee) : reply(404);
	},
});

/** A stranger is its address: From says whatever the caller likes. */
function callsOf({ source }: Request): Promise<number> {
	const caller = source.device?.name ?? source.address;
	return kv.increment(`calls:${caller}`, { expires: SECONDS });
}
