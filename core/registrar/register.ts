/**
 * The registrar: RFC 3261 §10.3, steps 2 and 6 to 8 in order. Steps 1 and 3 to 5 (domain,
 * authentication, authorisation, address-of-record) come before, with the route script.
 *
 * All or nothing: a refusal changes no binding.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import { publicGruu } from "../message/instance-id.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseUri } from "../message/uri.ts";
import { expiresHeader, readContacts } from "./contact.ts";
import { refuseContacts } from "./contact-rules.ts";
import { supportsOutbound } from "./outbound.ts";
import { type PathValue, readPath, refusePath } from "./path.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import type { RegisterInput, RegisterResult } from "./register-input.ts";
import { ends, isOutbound, repeats, replaces } from "./same-binding.ts";
import { sipDate } from "./sip-date.ts";

export type { RegisterInput, RegisterOptions, RegisterResult } from "./register-input.ts";

export function register(input: RegisterInput): RegisterResult {
	const current = input.current.filter(({ expiresAt }) => expiresAt > input.now);
	const outcome = outcomeOf(input, current);
	if (isRefusal(outcome)) return { headers: [], ...outcome, put: [], remove: [] };

	const { put, remove, path, outbound } = outcome;
	const gone = new Set(remove);
	const after = [...current.filter((binding) => !gone.has(binding)), ...put];
	const gruu = gruuOf(input);
	const headers: [string, string][] = after.map((one) => [
		"Contact",
		contactValue(one, gruu(one), input.now),
	]);
	for (const { text } of path) headers.push(["Path", text]); // RFC 3327 §5.3
	for (const value of input.options.serviceRoute) headers.push(["Service-Route", value]);
	const required = outbound && supportsOutbound(input.request.head);
	if (required) headers.push(["Require", "outbound"]);
	const flowTimerSeconds = required && put.some(isOnStream) ? flowTimer(input) : undefined;
	if (flowTimerSeconds !== undefined) headers.push(["Flow-Timer", String(flowTimerSeconds)]);
	headers.push(["Date", sipDate(input.now)]);
	return { status: 200, headers, put, remove, ...(flowTimerSeconds && { flowTimerSeconds }) };
}

/** Behind an edge proxy the flow is that proxy's to watch; over UDP the device knows best (RFC 5626 §4.4.2, §6). */
function isOnStream({ flow, path }: Binding): boolean {
	return path.length === 0 && flow.connection !== 0;
}

function flowTimer({ options }: RegisterInput): number | undefined {
	return options.flowTimerSeconds === Infinity ? undefined : options.flowTimerSeconds;
}

type Changes = {
	readonly put: readonly Binding[];
	readonly remove: readonly Binding[];
	/** A Contact was bound, or ended, by the rules of RFC 5626 §6. */
	readonly outbound: boolean;
};

type Outcome = Changes & { readonly path: readonly PathValue[] };

/** A header that cannot be read is refused before anything is bound by it. */
function outcomeOf(input: RegisterInput, current: readonly Binding[]): Outcome | Refusal {
	try {
		const { head } = input.request;
		const path = readPath(head);
		const refusal = refuseRequire(input) ?? refusePath(input, path);
		if (refusal !== undefined) return refusal;
		const changes = head.contacts.some(({ star }) => star)
			? removeAll(input, current)
			: update(input, path, current);
		return isRefusal(changes) ? changes : { ...changes, path };
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
		return { status: 400, reason: `Bad ${error.field}: ${error.reason}` };
	}
}

/** Step 2. */
function refuseRequire({ request: { head, text } }: RegisterInput): Refusal | undefined {
	const unknown = head
		.elements("require")
		.map(({ start, end }) => text.slice(start, end))
		.filter((tag) => !EXTENSIONS.includes(tag.toLowerCase()));
	if (unknown.length === 0) return undefined;
	return { status: 420, reason: "Bad Extension", headers: [["Unsupported", unknown.join(", ")]] };
}

/** Step 6. */
function removeAll(input: RegisterInput, current: readonly Binding[]): Changes | Refusal {
	const { head } = input.request;
	if (head.contacts.length > 1) return { status: 400, reason: "Contact * Beside Another" };
	if (expiresHeader(head) !== 0) return { status: 400, reason: "Contact * Needs Expires: 0" };
	return current.some((binding) => outOfOrder(input, binding))
		? OUT_OF_ORDER
		: { put: [], remove: current, outbound: false };
}

/** Step 7; a request without Contact asks for the bindings and changes none. */
function update(
	input: RegisterInput,
	path: readonly PathValue[],
	current: readonly Binding[],
): Changes | Refusal {
	const { maxBindings } = input.options;
	// Every binding can be replaced at once; each Contact is compared with each, so no more are read.
	if (input.request.head.contacts.length > 2 * maxBindings)
		return { status: 403, reason: `More Than ${2 * maxBindings} Contacts` };

	const all = readContacts(input, path);
	const refusal = refuseContacts(input, path, all);
	if (refusal !== undefined) return refusal;

	const contacts = all.filter((one, at) => !all.slice(at + 1).some((next) => repeats(next, one)));
	const remove = current.filter((binding) =>
		contacts.some((contact) => (contact.requested === 0 ? ends : replaces)(contact, binding)),
	);
	if (remove.some((binding) => outOfOrder(input, binding))) return OUT_OF_ORDER;

	const put = contacts.filter(({ requested }) => requested > 0).map(({ binding }) => binding);
	const stay = current.filter((binding) => !remove.includes(binding));
	const over = stay.length + put.length - maxBindings;
	const room = input.options.full === "replace" ? stay.length : 0;
	if (over > room && put.length > remove.length)
		return { status: 403, reason: `More Than ${maxBindings} Bindings` };
	if (over > 0 && room > 0) remove.push(...stay.slice(0, over));
	return { put, remove, outbound: contacts.some(({ binding }) => isOutbound(binding)) };
}

/** A later request of the same device has been here already. */
function outOfOrder({ request: { head } }: RegisterInput, binding: Binding): boolean {
	return binding.callId === head.callId && head.cseq.number <= binding.cseq;
}

/** Step 8. The URI as the device sent it, so that it finds itself in the list; never longer than it lasts. */
function contactValue(binding: Binding, gruu: string | undefined, now: Milliseconds): string {
	const display = binding.display === "" ? "" : `${binding.display} `;
	const seconds = Math.max(1, Math.floor((binding.expiresAt - now) / 1000));
	const shown = gruu === undefined ? "" : `;pub-gruu="${gruu}"`;
	return `${display}<${binding.echoed}>${binding.params}${shown};expires=${seconds}`;
}

/** The public GRUU of each binding that has an instance, for who asks for it; in the scheme of its Contact (RFC 5630 §5.2.1). */
function gruuOf({ request, options }: RegisterInput): (binding: Binding) => string | undefined {
	const { head } = request;
	if (!options.gruu || !head.tokens("supported").includes("gruu")) return () => undefined;
	const address = parseUri(head.to.uri);
	return ({ instance, scheme }) => instance && publicGruu(address, scheme, instance);
}

/** What a REGISTER may require of us: RFC 3327, RFC 5626; RFC 5627 §5.1, even where there are no GRUUs. */
const EXTENSIONS = ["path", "outbound", "gruu"];

const OUT_OF_ORDER: Refusal = { status: 500, reason: "CSeq Out of Order" };
