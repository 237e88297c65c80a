/** Office hours: by day the number rings, at night and at the weekend its calls go to the mailbox. */
import { type Device, defineRoutes, device, relay, reply, save } from "sipwright";

const WORKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"];
const OPENS = 8;
const CLOSES = 18;
/** Made once: it costs more than a call. */
const CLOCK = new Intl.DateTimeFormat("en-GB", {
	timeZone: "Europe/Berlin",
	weekday: "short",
	hour: "2-digit",
	hourCycle: "h23",
});

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const callee = isOpen(new Date()) ? device(request.uri.user) : mailboxOf(request.uri.user);
		return callee ? relay(callee) : reply(404);
	},
});

function isOpen(now: Date): boolean {
	const parts = Object.fromEntries(
		CLOCK.formatToParts(now).map(({ type, value }) => [type, value]),
	);
	const hour = Number(parts.hour);
	return WORKDAYS.includes(parts.weekday ?? "") && hour >= OPENS && hour < CLOSES;
}

/** A number that nobody has has no mailbox either. */
function mailboxOf(number: string | undefined): Device | undefined {
	return device(number) && device("mailbox");
}
