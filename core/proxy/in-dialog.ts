/** A request inside a dialog that goes nowhere all the same: RFC 3261 §16.3 step 2, §26.2.2. */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import { schemeOfSide } from "../leg/cookie.ts";
import { schemeOf } from "../leg/scheme-token.ts";
import type { Request } from "../message/message.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { Rejection } from "./rejection.ts";
import type { DialogRoute } from "./route-information.ts";
import type { Target } from "./target-set.ts";

/** Undefined where it may go on. What belongs on a `sips` leg and came in clear is for the settings to judge. */
export function rejectedInDialog(
	{ cookie, from }: DialogRoute,
	target: Target,
	{ request, flow }: { readonly request: Request; readonly flow: Flow },
	port: ProxyPort,
	now: Milliseconds,
): Rejection | undefined {
	if (schemeOf(target.uri) === undefined) return { status: 416 };
	if (secure(flow.transport) || schemeOfSide(cookie, from) === "sip") return undefined;
	return port.inClear(request, flow, now);
}
