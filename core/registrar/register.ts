/**
 * The registrar: RFC 3261 §10.3, steps 2 and 6 to 8 in order. Steps 1 and 3 to 5 (domain,
 * authentication, authorisation, address-of-record) come before, with the route script.
 *
 * All or nothing: a refusal changes no binding.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import { ParseError } from "../message/parse-error.ts";
import { expiresHeader, readContacts } from "./contact.ts";
import { refuseContacts } from "./contact-rules.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import type { RegisterInput, RegisterResult } from "./register-input.ts";
import { ends, repeats, replaces } from "./same-binding.ts";
import { sipDate } from "./sip-date.ts";

export type { RegisterInput, RegisterOptions, RegisterResult } from "./register-input.ts";

export function register(input: RegisterInput): RegisterResult {
	const current = input.current.filter(({ expiresAt }) => expiresAt > input.now);
	const outcome = refuseRequire(input) ?? changesOf(input, current);
	if (isRefusal(outcome)) return { headers: [], ...outcome, put: [], remove: [] };

	const gone = new Set(outcome.remove);
	const after = [...current.filter((binding) => !gone.has(binding)), ...outcome.put];
	const contacts = after.map((binding) => ["Contact", contactValue(binding, input.now)] as const);
	return { status: 200, headers: [...contacts, ["Date", sipDate(input.now)]], ...outcome };
}

type Changes = { readonly put: readonly Binding[]; readonly remove: readonly Binding[] };

/** Step 2: no extension of a registrar is offered yet, so none may be required (§8.2.2.3). */
function refuseRequire({ request: { head, text } }: RegisterInput): Refusal | undefined {
	const required = head.elements("require").map(({ start, end }) => text.slice(start, end));
	if (required.length === 0) return undefined;
	return { status: 420, reason: "Bad Extension", headers: [["Unsupported", required.join(", ")]] };
}

function changesOf(input: RegisterInput, current: readonly Binding[]): Changes | Refusal {
	try {
		const { contacts } = input.request.head;
		if (contacts.some(({ star }) => star)) return removeAll(input, current);
		return update(input, current);
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
		return { status: 400, reason: `Bad ${error.field}: ${error.reason}` };
	}
}

/** Step 6. */
function removeAll(input: RegisterInput, current: readonly Binding[]): Changes | Refusal {
	const { head } = input.request;
	if (head.contacts.length > 1) return { status: 400, reason: "Contact * Beside Another" };
	if (expiresHeader(head) !== 0) return { status: 400, reason: "Contact * Needs Expires: 0" };
	return current.some((binding) => outOfOrder(input, binding))
		? OUT_OF_ORDER
		: { put: [], remove: current };
}

/** Step 7; a request without Contact asks for the bindings and changes none. */
function update(input: RegisterInput, current: readonly Binding[]): Changes | Refusal {
	const { maxBindings } = input.options;
	// Every binding can be replaced at once; each Contact is compared with each, so no more are read.
	if (input.request.head.contacts.length > 2 * maxBindings)
		return { status: 403, reason: `More Than ${2 * maxBindings} Contacts` };

	const all = readContacts(input);
	const refusal = refuseContacts(input, all);
	if (refusal !== undefined) return refusal;

	const contacts = all.filter((one, at) => !all.slice(at + 1).some((next) => repeats(next, one)));
	const remove = current.filter((binding) =>
		contacts.some((contact) => (contact.requested === 0 ? ends : replaces)(contact, binding)),
	);
	if (remove.some((binding) => outOfOrder(input, binding))) return OUT_OF_ORDER;

	const put = contacts.filter(({ requested }) => requested > 0).map(({ binding }) => binding);
	const count = current.length - remove.length + put.length;
	if (count > maxBindings && count > current.length)
		return { status: 403, reason: `More Than ${maxBindings} Bindings` };
	return { put, remove };
}

/** A later request of the same device has been here already. */
function outOfOrder({ request: { head } }: RegisterInput, binding: Binding): boolean {
	return binding.callId === head.callId && head.cseq.number <= binding.cseq;
}

/** Step 8. The URI as the device sent it, so that it finds itself in the list; never longer than it lasts. */
function contactValue(binding: Binding, now: Milliseconds): string {
	const display = binding.display === "" ? "" : `${binding.display} `;
	const seconds = Math.max(1, Math.floor((binding.expiresAt - now) / 1000));
	return `${display}<${binding.echoed}>${binding.params};expires=${seconds}`;
}

const OUT_OF_ORDER: Refusal = { status: 500, reason: "CSeq Out of Order" };
