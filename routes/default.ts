/**
 * The built-in routes: what Sipwright does without a script of your own. Read this file first; the
 * others are the answers it gives. Schemes are not its business: each leg takes that of the device's
 * contact or registration, so `sip` and `sips` devices can call each other.
 */
import { defineRoutes, device, drop, relay, reply } from "sipwright";
import { access, isScanner } from "./access.ts";
import { callDevice } from "./devices.ts";
import { registration } from "./registration.ts";
import { callService } from "./services.ts";
import { callTrunk, isTrunk } from "./trunks.ts";

/** What an OPTIONS to Sipwright itself is told (RFC 3261 §11.2). */
const ABILITIES = { Accept: "application/sdp", Supported: "path, outbound, gruu" };

export default defineRoutes({
	onRequest(request) {
		const { method, uri, ours } = request;
		if (uri.scheme === "tel") return reply(416);
		if (method === "OPTIONS" && ours && !uri.user)
			return isScanner(request) ? drop() : reply(200, "OK", ABILITIES);

		const refusal = access(request);
		if (refusal) return refusal;
		if (!ours) return isTrunk(request.source) ? reply(403) : relay();
		if (method === "REGISTER") return registration(request);

		const callee = device(uri.user);
		switch (callee?.type) {
			case "Extension":
			case "ACD Position":
				return callDevice(callee, request);
			case "Trunk":
				return callTrunk(callee, request);
			case "Voice over IP Service":
				return callService(callee);
			default:
				return reply(404);
		}
	},
});
