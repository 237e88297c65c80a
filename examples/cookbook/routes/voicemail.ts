/** Who is busy, does not answer or is not there has a mailbox; who declines has said what there is to say. */
import { defineRoutes, device, relay, reply, save, withNumber } from "sipwright";

const RINGS = 20;
/** Why a call is diverted, as Diversion writes it (RFC 5806). */
const REASONS: Readonly<Record<number, string>> = {
	408: "no-answer",
	480: "unavailable",
	486: "user-busy",
	503: "unavailable",
};

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const callee = device(request.uri.user);
		return callee ? relay(callee, { timeout: RINGS }) : reply(404);
	},

	onFailure({ request, status, attempt }) {
		const reason = REASONS[status];
		const mailbox = device("mailbox");
		const { user } = request.uri;
		// Once: a mailbox that is busy has no mailbox.
		if (request.method !== "INVITE" || !reason || !mailbox || !user || attempt > 1)
			return undefined;
		request.headers.add("Diversion", `<${request.uri.text}>;reason=${reason}`);
		return relay(withNumber(mailbox, user));
	},
});
