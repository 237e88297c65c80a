/** A script for the tests of the testing kit that prepares something before it serves. */
import { defineRoutes, dns, fetch, kv, log, metric, relay, reply, save } from "sipwright";

let gateway = "";

export default defineRoutes({
	async onStart({ generation }) {
		const [answer, [address]] = await Promise.all([
			fetch("https://api.example.com/blocked"),
			dns.a("gateway.example.net"),
		]);
		if (!answer.ok) throw new Error(`no list: ${answer.status}`);
		metric.set("list_length", answer.text.length);
		gateway = address ?? "";
		await kv.set("blocked", answer.text);
		log.info(`${generation} ${new Date().toISOString()} ${await kv.get("note")}`);
	},
	async onRequest(request) {
		metric.count("asked");
		if (request.method === "REGISTER") return gateway === "" ? reply(500) : save();
		const blocked = (await kv.get("blocked")) === request.from.uri.user;
		return blocked ? reply(603) : relay(`sip:${request.uri.user}@${gateway}`);
	},
});
