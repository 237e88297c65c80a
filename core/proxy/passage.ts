/**
 * One way through the proxy: the two legs of a request, which way it goes, and what its dialog
 * needs (RFC 3261 §16.6 step 4). Made once per branch; its responses take the same way back.
 */
import { type Flow, secure } from "../base/flow.ts";
import { own } from "../base/own-text.ts";
import type { Scheme } from "../base/scheme.ts";
import { type DialogState, schemeOfSide } from "../leg/cookie.ts";
import { withWayBack } from "../leg/hidden-routes.ts";
import { incomingScheme } from "../leg/incoming-leg.ts";
import { type Dialog, type Leg, type Legs, other, type Side } from "../leg/leg.ts";
import { dialogState, newDialog } from "../leg/new-dialog.ts";
import { type OwnEntries, recordRoute } from "../leg/record-route.ts";
import type { Head } from "../message/head.ts";
import { policyOf } from "./directory.ts";
import { type Environment, listenerOf, secureListener } from "./environment.ts";
import type { OutgoingLeg } from "./outgoing-leg.ts";
import { type OwnPath, registerPath } from "./register-path.ts";
import type { RouteInformation } from "./route-information.ts";

export type Passage = {
	readonly legs: Legs;
	/** Undefined where no dialog is involved. */
	readonly state: DialogState | undefined;
	/** Our Record-Route entries, where the request gets any. */
	readonly entries: OwnEntries | undefined;
	/** Of a REGISTER whose phone is to be called through us. */
	readonly path?: OwnPath | undefined;
};

/** Requests that can form a dialog which we stay in (RFC 3261 §12, RFC 6665 §4.4, RFC 3515 §2.4.4). */
const DIALOG_FORMING = ["INVITE", "SUBSCRIBE", "REFER"];

const SENT: readonly string[] = [];

/** 16 bits: what tells several passes of one dialog apart. */
const NONCES = 0x10000;

/**
 * Undefined when the listener that the request came on is gone. `told`: the scheme of the leg that a
 * new request came on, where it is known already.
 */
export function passage(
	route: RouteInformation,
	came: Flow,
	outgoing: OutgoingLeg,
	environment: Environment,
	told?: Scheme,
): Passage | undefined {
	const { request, dialog } = route;
	const scheme = dialog ? schemeOfSide(dialog.cookie, dialog.from) : (told ?? callerScheme(route));
	const incoming = incomingLeg(request.head, came, scheme, environment);
	if (incoming === undefined) return undefined;
	if (dialog !== undefined) {
		const legs = legsOf(dialog.from, incoming, outgoing);
		const { signing } = environment;
		const known = dialogState(dialog.cookie, dialog.dialog, signing, request, legs);
		const state = withWayBack(request, legs, known);
		// A NOTIFY may overtake the 200 of its SUBSCRIBE and form the dialog (RFC 6665 §4.3).
		const entries = request.method === "NOTIFY" ? recordRoute(legs, state) : undefined;
		return { legs, state, entries };
	}

	const legs = legsOf("caller", incoming, outgoing);
	if (!DIALOG_FORMING.includes(request.method)) {
		const registers = request.method === "REGISTER";
		const path = registers ? registerPath(request, came, outgoing, environment) : undefined;
		return { legs, state: undefined, entries: undefined, path };
	}
	const flows = { callerFlow: namedFlow(came, environment), calleeFlow: outgoing.flow };
	const nonce = environment.random.below(NONCES);
	const state = newDialog(request, legs, flows, nonce, environment.signing);
	return { legs, state, entries: recordRoute(legs, state) };
}

/** A device that is known by its certificate is known by its name in the cookie. */
function namedFlow(came: Flow, { directory }: Environment): Flow {
	if (came.identities === undefined) return came;
	const contact = directory.deviceAt(came)?.contact;
	return contact === undefined || contact === "*" ? came : { ...came, serverName: contact.host };
}

/** What the responses of a request that was sent still need of its passage, and nothing cut out of the request. */
export function forResponses({ legs, state, entries }: Passage): Passage {
	return {
		legs,
		state: state && { ...state, dialog: ownTexts(state.dialog) },
		entries: entries && { ...entries, values: SENT },
	};
}

function ownTexts({ callId, tag }: Dialog): Dialog {
	return { callId: own(callId), tag: own(tag) };
}

/** The scheme of the leg that a new request came on. */
export function callerScheme({ request, scheme }: RouteInformation): Scheme {
	return incomingScheme(request, scheme);
}

function incomingLeg(
	head: Head,
	came: Flow,
	scheme: Scheme,
	environment: Environment,
): Leg | undefined {
	const own = listenerOf(came.listener, environment);
	// A sips request that came in clear is answered in clear, but shown where TLS is spoken (§16.6 step 4).
	const clear = scheme === "sips" && !secure(came.transport);
	const listener =
		(clear ? secureListener(came.transport, came.host, environment) : undefined) ?? own;
	if (listener === undefined) return undefined;
	const policy = policyOf(head.from, came, environment.directory, head);
	return { scheme, listener, flow: came, policy };
}

function legsOf(from: Side, incoming: Leg, outgoing: Leg): Legs {
	const toward = other(from);
	return from === "caller"
		? { caller: incoming, callee: outgoing, toward }
		: { caller: outgoing, callee: incoming, toward };
}
