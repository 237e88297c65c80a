/** What a dialog-forming request starts with: RFC 3261 §16.6 step 4. Made once per branch. */
import type { Request } from "../message/message.ts";
import type { Cookie, DialogState } from "./cookie.ts";
import { hiddenRoutes, originOf } from "./hidden-routes.ts";
import type { Dialog, Legs } from "./leg.ts";
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
	const dialog = { callId: head.callId, tag: head.fromTag ?? "" };
	const hidden = hiddenRoutes(request, legs);
	return dialogState(
		hidden === undefined ? cookie : { ...cookie, hidden },
		dialog,
		signing,
		request,
		legs,
	);
}

/** The state of a dialog, for the responses to this request of it. */
export function dialogState(
	cookie: Cookie,
	dialog: Dialog,
	signing: Signing,
	request: Request,
	legs: Legs,
): DialogState {
	const origin = originOf(request, legs, cookie);
	const state = { cookie, dialog, signing };
	return origin === undefined ? state : { ...state, origin };
}
