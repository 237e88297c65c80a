/** A request inside a dialog that goes nowhere all the same: RFC 3261 §16.3 step 2, §26.2.2. */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import { schemeOfSide } from "../leg/cookie.ts";
import type { Request } from "../message/message.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { Rejection } from "./rejection.ts";
import type { DialogRoute } from "./route-information.ts";
import type { Target } from "./target-set.ts";

/** The target, where it may go on. What belongs on a `sips` leg and came in clear is for the settings to judge. */
export function judgeInDialog(
	{ cookie, from }: DialogRoute,
	target: Target | Rejection,
	{ request, flow }: { readonly request: Request; readonly flow: Flow },
	port: ProxyPort,
	now: Milliseconds,
): Target | Rejection {
	if ("status" in target) return target;
	if (target.lost) port.contactLost(request, flow, now);
	if (secure(flow.transport) || schemeOfSide(cookie, from) === "sip") return target;
	return port.inClear(request, flow, now) ?? target;
}
