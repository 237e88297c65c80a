/**
 * Who sends a request: what the route script is told about its source. Digest credentials prove a
 * user (RFC 3261 §22); without them the path shows who it can be: a registered flow, or the address
 * of a configured contact.
 */
import { parseCredentials } from "../auth/credentials.ts";
import { type Asker, type DigestOptions, type Verdict, verify } from "../auth/digest.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { readUri } from "../leg/force-scheme.ts";
import type { Request } from "../message/message.ts";
import type { Uri } from "../message/uri.ts";
import type { Decision } from "../proxy/decision.ts";
import { type Directory, deviceOnFlow } from "../proxy/directory.ts";

export type Caller = {
	/** Name of the device, as far as it is known. */
	readonly device: string | undefined;
	readonly authenticated: boolean;
	readonly trusted: boolean;
	/** What the credentials were worth; undefined when there were none. */
	readonly verdict: Verdict | undefined;
};

export function asker(request: Request): Asker {
	return request.method === "REGISTER" ? "registrar" : "proxy";
}

export function identify(
	request: Request,
	flow: Flow,
	directory: Directory,
	digest: DigestOptions,
	serves: (uri: Uri) => boolean,
	now: Milliseconds,
): Caller {
	const trusted = directory.trusted(flow.host);
	const verdict = judge(request, flow, directory, digest, serves, now);
	if (verdict?.kind === "accepted")
		return { device: verdict.user, authenticated: true, trusted, verdict };
	const from = readUri(request.head.from.uri);
	const device = from && deviceOnFlow(from, flow, directory, now)?.name;
	return { device, authenticated: false, trusted, verdict };
}

/**
 * The header lines with credentials that were meant for us: of our realm, for a user whose password
 * we hold. They may be of any quality; nobody else has a use for them (§22.3).
 */
export function ownCredentials(
	{ head }: Request,
	name: "authorization" | "proxy-authorization",
	{ directory, realm }: { readonly directory: Directory; readonly realm: string },
): readonly number[] {
	const lines: number[] = [];
	for (let line = head.first(name); line !== -1; line = head.next(line)) {
		const credentials = parseCredentials(head.value(line));
		if (credentials.kind !== "digest" || credentials.realm !== realm) continue;
		if (directory.device(credentials.username)?.password !== undefined) lines.push(line);
	}
	return lines;
}

export function credentialsName(method: string): "authorization" | "proxy-authorization" {
	return method === "REGISTER" ? "authorization" : "proxy-authorization";
}

function judge(
	request: Request,
	flow: Flow,
	directory: Directory,
	digest: DigestOptions,
	serves: (uri: Uri) => boolean,
	now: Milliseconds,
): Verdict | undefined {
	const as = asker(request);
	if (!request.head.has(credentialsName(request.method))) return undefined;
	const secret = (user: string) => {
		const password = directory.device(user)?.password;
		return password === undefined ? undefined : { password };
	};
	return verify(digest, { request, as, source: flow.host, secret, serves }, now);
}

/** Credentials that are no reason to ask again, but to refuse. */
export function badCredentials({ verdict }: Caller): Decision | undefined {
	if (verdict?.kind === "malformed")
		return { kind: "reply", status: 400, reason: "Bad Credentials", edits: [] };
	if (verdict?.kind === "refused")
		return { kind: "reply", status: 403, reason: undefined, edits: [] };
	return undefined;
}
