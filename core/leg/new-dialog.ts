/** What a dialog-forming request starts with: RFC 3261 §16.6 step 4. Made once per branch. */
import type { Request } from "../message/message.ts";
import type { Cookie, DialogState } from "./cookie.ts";
import { hiddenRoutes } from "./hidden-routes.ts";
import type { Legs } from "./leg.ts";
import { schemeToken } from "./scheme-token.ts";
import type { Signing } from "./seal.ts";

/** `flows`: where each side is to be reached, instead of resolving its Contact. `nonce` has 16 bits. */
export function newDialog(
	request: Request,
	legs: Legs,
	flows: Pick<Cookie, "callerFlow" | "calleeFlow">,
	nonce: number,
	signing: Signing,
): DialogState {
	const { head } = request;
	const { caller, callee } = legs;
	const cookie: Cookie = {
		caller: caller.scheme,
		callee: callee.scheme,
		from0: schemeToken(head.from.uri),
		to0: schemeToken(head.to.uri),
		nonce,
		callerFlow: flows.callerFlow,
		calleeFlow: flows.calleeFlow,
	};
	const hidden = hiddenRoutes(request, legs);
	return {
		cookie: hidden === undefined ? cookie : { ...cookie, hidden },
		dialog: { callId: head.callId, tag: head.fromTag ?? "" },
		signing,
	};
}
