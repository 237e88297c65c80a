/**
 * Our URI in the Path of a registration, with the flow of its phone: RFC 5626 §5.1, §5.2, RFC 3327 §5.2.
 *
 *     <sip:TOKEN@host:port;transport=tcp;lr;ob>
 *
 * Whoever calls the binding sends this back as Route. Nothing is kept here: the token is the flow,
 * signed. Only the process that holds a connection can use the token of it; any other sees it as gone.
 */
import type { Flow } from "../base/flow.ts";
import { type Uri, uriParam } from "../message/uri.ts";
import { ByteReader } from "./bytes.ts";
import { decodeFlow, encodeFlow, type RememberedFlow } from "./flow-token.ts";
import type { Dialog } from "./leg.ts";
import { LegError } from "./leg-error.ts";
import { type Signing, seal, unseal } from "./seal.ts";

const PURPOSE = "flow";
/** A binding belongs to no dialog. */
const NONE: Dialog = { callId: "", tag: "" };

/**
 * The Path value of a binding on this flow. `address`: how its holder is reached, as a URI without a
 * user, such as `sip:10.0.0.5:5060;transport=tcp`. Its host has to be one that the holder owns.
 */
export function pathValue(flow: Flow | RememberedFlow, address: string, signing: Signing): string {
	const token = seal(PURPOSE, encodeFlow(flow, signing.boot), NONE, signing);
	const user = address.indexOf(":") + 1;
	return `<${address.slice(0, user)}${token}@${address.slice(user)};lr;ob>`;
}

/**
 * The flow in a URI of ours that came back as Route; undefined where it has none, as a phone's
 * outbound proxy has none. Throws LegError where `ob` says that there should be one, and there is
 * none of ours (RFC 5626 §5.3.1).
 */
export function readPathUri(uri: Uri, signing: Signing): RememberedFlow | undefined {
	if (uri.user === undefined) return undefined;
	const body = unseal(PURPOSE, uri.user, NONE, signing);
	const reader = body === undefined ? undefined : new ByteReader(body);
	const flow = reader && decodeFlow(reader, signing.boot);
	if (flow !== undefined && reader?.complete) return flow;
	if (uriParam(uri, "ob") !== undefined) throw new LegError("LEG_ROUTE", uri.text);
	return undefined;
}
