/** What a dialog-forming request starts with: RFC 3261 §16.6 step 4. Made once per branch. */
import type { Request } from "../message/message.ts";
import type { Cookie, DialogState } from "./cookie.ts";
import type { Legs } from "./leg.ts";
import { schemeToken } from "./scheme-token.ts";
import type { Signing } from "./seal.ts";

/** `flows`: where each side is to be reached, instead of resolving its Contact. `nonce` has 16 bits. */
export function newDialog(
	{ head }: Request,
	{ caller, callee }: Legs,
	flows: Pick<Cookie, "callerFlow" | "calleeFlow">,
	nonce: number,
	signing: Signing,
): DialogState {
	const cookie: Cookie = {
		caller: caller.scheme,
		callee: callee.scheme,
		from0: schemeToken(head.from.uri),
		to0: schemeToken(head.to.uri),
		nonce,
		callerFlow: flows.callerFlow,
		calleeFlow: flows.calleeFlow,
	};
	return { cookie, dialog: { callId: head.callId, tag: head.fromTag ?? "" }, signing };
}
