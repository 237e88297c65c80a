/** Users of a web service: it says what digest needs of a password, which is kept for a minute. */
import { challenge, defineRoutes, device, fetch, kv, log, relay, reply, save } from "sipwright";

const REALM = "sip.example.com";
const USERS = "https://users.example.com/sha256";
const KEPT_SECONDS = 60;

export default defineRoutes({
	async onRequest(request) {
		const { source, method, uri } = request;
		if (!source.authenticated) {
			const ha1 = await hashOf(source.credentials?.user);
			if (ha1 === "unreachable") return reply(503, undefined, { "Retry-After": "30" });
			return challenge({ realm: REALM, ha1: { "SHA-256": ha1 } });
		}
		if (method === "REGISTER") return save();
		const callee = device(uri.user);
		return callee ? relay(callee) : reply(404);
	},
});

/** The SHA-256 of `USER:REALM:PASSWORD`; undefined: there is no such user. */
async function hashOf(user: string | undefined): Promise<string | undefined> {
	if (user === undefined) return undefined;
	const key = `sha256:${user}`;
	const kept = await kv.get(key);
	if (typeof kept === "string") return kept;
	try {
		const { ok, status, text } = await fetch(`${USERS}/${encodeURIComponent(user)}`, {
			timeout: 1,
		});
		if (!ok) return status === 404 ? undefined : "unreachable";
		await kv.set(key, text, { expires: KEPT_SECONDS });
		return text;
	} catch (error) {
		log.warn("the users cannot be asked", { error: String(error) });
		return "unreachable";
	}
}
