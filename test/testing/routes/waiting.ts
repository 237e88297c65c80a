/** A script for the tests of the testing kit that waits: it counts, and asks a server. */
import { defineRoutes, fetch, kv, log, relay, reply, save } from "sipwright";

export default defineRoutes({
	timers: { hourly: { every: 3600 } },
	async onTimer({ name }) {
		await kv.increment(name);
		log.info(`${name} ${new Date().toISOString()}`);
	},
	async onRequest(request) {
		if (request.method === "REGISTER") return save();
		const { user = "" } = request.uri;
		const calls = await kv.increment(`calls:${request.from.uri.user}`, { expires: 60 });
		if (calls > 3) return reply(503);
		const url = `https://api.example.com/users/${user}`;
		try {
			const { status, ok, headers, json } = await fetch(url, { headers: { "X-Key": "1" } });
			if (!ok) return reply(status);
			log.info(`${headers.get("content-TYPE")}`, json);
		} catch (error) {
			return reply(500, `${(error as Error).message} at ${new Date().toISOString()}`);
		}
		return relay("sip:gateway@192.0.2.77");
	},
});
