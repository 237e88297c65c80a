/** Who is on the block list of an HTTP service does not get through; what it said counts for five minutes. */
import { defineRoutes, device, e164, fetch, kv, log, metric, relay, reply, save } from "sipwright";

const LIST = "https://blocklist.example.com/numbers";
const KEPT_SECONDS = 300;
const BERLIN = { country: "49", area: "30" };

export default defineRoutes({
	async onRequest(request) {
		if (request.method === "REGISTER") return save();
		const caller = e164(request.from.uri.user, BERLIN);
		if (request.method === "INVITE" && caller && (await isBlocked(caller))) {
			metric.count("calls_blocked");
			return reply(603);
		}
		const callee = device(request.uri.user);
		return callee ? relay(callee) : reply(404);
	},
});

async function isBlocked(number: string): Promise<boolean> {
	const key = `blocked:${number}`;
	const known = await kv.get(key);
	if (typeof known === "boolean") return known;
	const blocked = await ask(number);
	await kv.set(key, blocked, { expires: KEPT_SECONDS });
	return blocked;
}

/** A list that cannot be asked blocks nobody. */
async function ask(number: string): Promise<boolean> {
	try {
		const { status } = await fetch(`${LIST}/${encodeURIComponent(number)}`, { timeout: 1 });
		return status === 200;
	} catch (error) {
		log.warn("the block list cannot be asked", { number, error: String(error) });
		return false;
	}
}
