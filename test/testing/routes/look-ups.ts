/** A script for the tests of the testing kit that asks for names and for devices. */
import { defineRoutes, device, dns, lookup, reply, save } from "sipwright";

export default defineRoutes({
	async onRequest(request) {
		if (request.method === "REGISTER") return save();
		const { user = "" } = request.uri;
		const [type = "", name = ""] = user.split("!");
		try {
			if (type === "a" || type === "aaaa") return reply(200, (await dns[type](name)).join(" "));
			if (type === "srv" || type === "naptr")
				return reply(200, JSON.stringify(await dns[type](name)));
			return reply(200, JSON.stringify(await lookup(device(user) ?? request.uri)));
		} catch (error) {
			return reply(500, (error as Error).message);
		}
	},
});
