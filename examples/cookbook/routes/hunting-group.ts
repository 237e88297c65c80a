/** A number for a team: the members with the highest q ring together, then the others, until somebody answers. */
import { type Device, defineRoutes, device, fork, relay, reply, save } from "sipwright";

const GROUPS: Readonly<Record<string, readonly string[]>> = {
	"7000": ["5000", "5001", "5002"],
	"7001": ["5002"],
};
/** Seconds for each round. */
const RINGS = 15;

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const { user = "" } = request.uri;
		const group = GROUPS[user];
		if (group) return fork(devices(group), { order: "q", timeout: RINGS });
		const callee = device(user);
		return callee ? relay(callee) : reply(404);
	},
});

function devices(names: readonly string[]): readonly Device[] {
	return names.flatMap((name) => device(name) ?? []);
}
