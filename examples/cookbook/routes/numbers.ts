/** However a number was dialled, it is looked up and sent on as E.164: +49301234. */
import { defineRoutes, device, relay, reply, save } from "sipwright";

const COUNTRY = "+49";
const AREA = "+4930";

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const callee = device(international(request.uri.user ?? ""));
		return callee ? relay(callee) : reply(404);
	},
});

/** 0043…, 0301234 and 1234 from a phone in Berlin; names stay as they are. */
function international(dialled: string): string {
	const number = dialled.replaceAll(/[\s().-]/g, "");
	if (!/^\+?\d+$/.test(number)) return dialled;
	if (number.startsWith("+")) return number;
	if (number.startsWith("00")) return `+${number.slice(2)}`;
	return number.startsWith("0") ? `${COUNTRY}${number.slice(1)}` : `${AREA}${number}`;
}
