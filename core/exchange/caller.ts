/**
 * Who sends a request: what the route script is told about its source. Digest credentials prove a
 * user (RFC 3261 §22); without them the path shows who it can be: a registered flow, or the address
 * of a configured contact.
 */
import { type Credentials, parseCredentials } from "../auth/credentials.ts";
import type { Asker, Claim, Verdict } from "../auth/digest.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { readUri } from "../leg/force-scheme.ts";
import type { Request } from "../message/message.ts";
import type { Decision } from "../proxy/decision.ts";
import { type Directory, deviceOnFlow } from "../proxy/directory.ts";

export type Caller = {
	/** Name of the device, as far as it is known. */
	readonly device: string | undefined;
	readonly authenticated: boolean;
	readonly trusted: boolean;
	/** The user that its credentials name, whether or not they prove it. */
	readonly claim?: Claim | undefined;
	/** What the credentials were worth; undefined when there were none. */
	readonly verdict: Verdict | undefined;
};

export function asker(request: Request): Asker {
	return request.method === "REGISTER" ? "registrar" : "proxy";
}

/** By its path, as long as no credentials say more. */
export function callerOf(
	request: Request,
	flow: Flow,
	directory: Directory,
	verdict: Verdict | undefined,
	now: Milliseconds,
): Caller {
	const trusted = directory.trusted(flow.host);
	const claim = verdict !== undefined && "claim" in verdict ? verdict.claim : undefined;
	if (verdict?.kind === "accepted")
		return { device: undefined, authenticated: true, trusted, claim, verdict };
	const from = readUri(request.head.from.uri);
	const device = from && deviceOnFlow(from, flow, directory, now)?.name;
	return { device, authenticated: false, trusted, claim, verdict };
}

/** The header lines with credentials that are for us. */
export function ownCredentials(
	{ head }: Request,
	name: "authorization" | "proxy-authorization",
	ours: (credentials: Credentials) => boolean,
): readonly number[] {
	const lines: number[] = [];
	for (let line = head.first(name); line !== -1; line = head.next(line)) {
		const credentials = parseCredentials(head.value(line));
		if (credentials.kind === "digest" && ours(credentials)) lines.push(line);
	}
	return lines;
}

export function credentialsName(method: string): "authorization" | "proxy-authorization" {
	return method === "REGISTER" ? "authorization" : "proxy-authorization";
}

/** Credentials that are no reason to ask again, but to refuse. */
export function badCredentials({ verdict }: Caller): Decision | undefined {
	if (verdict?.kind === "malformed")
		return { kind: "reply", status: 400, reason: "Bad Credentials", edits: [] };
	if (verdict?.kind === "refused")
		return { kind: "reply", status: 403, reason: undefined, edits: [] };
	return undefined;
}
