/** Which Contacts may be bound together, and over what: RFC 3261 §10.3, RFC 5626 §6, RFC 5630 §5.2. */
import type { Head } from "../message/head.ts";
import { sameUri } from "../message/same-uri.ts";
import { parseUri, uriParam } from "../message/uri.ts";
import type { Candidate } from "./contact.ts";
import { supportsOutbound } from "./outbound.ts";
import type { PathValue } from "./path.ts";
import type { Refusal } from "./refusal.ts";
import type { RegisterInput } from "./register-input.ts";
import { isOutbound } from "./same-binding.ts";

export function refuseContacts(
	input: RegisterInput,
	path: readonly PathValue[],
	candidates: readonly Candidate[],
): Refusal | undefined {
	const strict = input.options.register === "strict";
	return (
		refuseInsecure(input, candidates) ??
		(strict ? refuseMixed(input, path, candidates) : undefined) ??
		refuseBrief(input, candidates) ??
		refuseFirstHop(input.request.head, candidates) ??
		refuseFlows(candidates) ??
		(input.options.gruu ? refuseInstances(input, candidates) : undefined) ??
		refuseAddresses(input, candidates)
	);
}

/** A `sips` Contact promises TLS to whoever calls it, so it has to have come over TLS (RFC 3261 §26.2.2). */
function refuseInsecure(
	input: RegisterInput,
	candidates: readonly Candidate[],
): Refusal | undefined {
	const sips = candidates.filter(({ uri }) => uri.scheme === "sips");
	if (sips.some(({ uri }) => uriParam(uri, "transport")?.value?.toLowerCase() === "udp"))
		return bad("SIPS Contact With transport=udp");
	if (sips.length === 0 || input.secure) return undefined;
	return bad(`SIPS Contact Needs TLS, Came Over ${input.flow.transport.toUpperCase()}`);
}

/** RFC 5630 §5.2 and Appendix A to the letter: all `sips` or none. */
function refuseMixed(
	{ request }: RegisterInput,
	path: readonly PathValue[],
	candidates: readonly Candidate[],
): Refusal | undefined {
	const { head } = request;
	const some = candidates.some(({ uri }) => uri.scheme === "sips");
	const all = candidates.every(({ uri }) => uri.scheme === "sips");
	if (!all && parseUri(head.to.uri).scheme === "sips")
		return bad("SIPS To With Another Scheme in Contact");
	if (!some) return undefined;
	if (!all) return bad("SIPS Contact Beside Another Scheme");
	if (request.parsedUri.scheme !== "sips") return bad("SIPS Contact Needs a SIPS Request-URI");
	return path.every(({ uri }) => uri.scheme === "sips")
		? undefined
		: bad("SIPS Contact Needs SIPS in Path");
}

/** Only below an hour (§10.3 step 7), and 0 is no interval but the end. */
function refuseBrief(
	{ options }: RegisterInput,
	candidates: readonly Candidate[],
): Refusal | undefined {
	const limit = Math.min(options.minExpiresSeconds, 3600);
	if (!candidates.some(({ requested }) => requested > 0 && requested < limit)) return undefined;
	const headers = [["Min-Expires", String(options.minExpiresSeconds)]] as const;
	return { status: 423, reason: "Interval Too Brief", headers };
}

/** A device that counts on outbound has to hear that it gets none (RFC 5626 §6, §11.6). */
function refuseFirstHop(head: Head, candidates: readonly Candidate[]): Refusal | undefined {
	const lacking = candidates.some((one) => one.flowAsked && one.binding.regId === undefined);
	if (!lacking || !supportsOutbound(head)) return undefined;
	return { status: 439, reason: "First Hop Lacks Outbound Support" };
}

/** A registration with reg-id is of one flow (RFC 5626 §6). */
function refuseFlows(candidates: readonly Candidate[]): Refusal | undefined {
	const lasting = candidates.filter(({ requested }) => requested > 0);
	return lasting.length > 1 && lasting.some(({ binding }) => isOutbound(binding))
		? bad("Several Contacts With reg-id")
		: undefined;
}

/** A GRUU leads to its Contact, so that must not lead back to the address of which the GRUU is one (RFC 5627 §5.1). */
function refuseInstances(
	{ request }: RegisterInput,
	candidates: readonly Candidate[],
): Refusal | undefined {
	const address = parseUri(request.head.to.uri);
	for (const { binding, uri, requested } of candidates) {
		if (binding.instance === undefined || requested === 0) continue;
		if (uri.host === "") return { status: 403, reason: "Contact of an Instance Is No SIP URI" };
		if (sameUri(uri, address)) return { status: 403, reason: "Contact Is Its Own Address" };
	}
	return undefined;
}

function refuseAddresses(
	{ options }: RegisterInput,
	candidates: readonly Candidate[],
): Refusal | undefined {
	for (const { binding, uri, requested } of candidates) {
		if (requested === 0) continue;
		const { contact, echoed, display, params, path } = binding;
		if ([contact, echoed, display, params, ...path].join("").length > BINDING_MAX)
			return { status: 513, reason: "Contact Too Large" };
		const reason = options.refuses?.(uri);
		if (reason !== undefined) return { status: 403, reason };
	}
	return undefined;
}

function bad(reason: string): Refusal {
	return { status: 400, reason };
}

/** Characters of text that one binding may hold. */
const BINDING_MAX = 8192;
