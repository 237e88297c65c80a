/**
 * Digest authentication: RFC 3261 §22, RFC 7616 and RFC 8760. `verify` judges the credentials of a
 * request, `challenge` makes the answer to one that has none that are good.
 *
 * An unknown user and a wrong password are the same to whoever asks: same work, same answer.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { HashAlgorithm, HashHex } from "../base/hash.ts";
import type { Request } from "../message/message.ts";
import type { Uri } from "../message/uri.ts";
import { type Credentials, parseCredentials } from "./credentials.ts";
import { type DigestInput, digestResponse, type Secret, sameDigest } from "./digest-response.ts";
import { digestUri, sameTarget } from "./digest-uri.ts";
import type { FailureLimit } from "./failure-limit.ts";
import { makeNonce, type NonceOptions, openNonce } from "./nonce.ts";
import type { NonceCounts } from "./nonce-counts.ts";

export type DigestOptions = NonceOptions & {
	/** Best first: one challenge each. An algorithm that is not offered is not accepted. */
	readonly algorithms: readonly HashAlgorithm[];
	readonly nonceLifetimeSeconds: number;
	/** Accept the form of RFC 2069, which has no count and so no protection against replay. */
	readonly withoutQop: boolean;
	readonly hash: HashHex;
	readonly counts: NonceCounts;
	readonly failures: FailureLimit;
};

/** A registrar asks with 401 and Authorization, a proxy with 407 and Proxy-Authorization (RFC 3261 §22.1). */
export type Asker = "registrar" | "proxy";

export type Attempt = {
	readonly request: Request;
	readonly as: Asker;
	/** The peer's IP address, or "" for nonces that hold anywhere: on a new address a phone is asked once more. */
	readonly source: string;
	/** Undefined when there is no such user. The user name is that of the device. */
	readonly secret: (user: string) => Secret | undefined;
	/** Whether a `uri` that differs from the Request-URI is one that we would serve (RFC 8760 §2.6 item 6). */
	readonly serves: (uri: Uri) => boolean;
};

export type Verdict =
	/** `line` is the header line with the credentials. */
	| { readonly kind: "accepted"; readonly user: string; readonly line: number }
	/** `stale`: the password was right, the nonce was not: the phone need not ask its user. */
	| { readonly kind: "challenge"; readonly stale: boolean; readonly why: Why }
	/** 403. */
	| { readonly kind: "refused"; readonly why: "too many failures" | "foreign uri" }
	/** 400. */
	| { readonly kind: "malformed"; readonly reason: string };

/** For the log; the peer is not told. */
export type Why =
	| "no credentials"
	| "algorithm not offered"
	| "no qop"
	| "wrong digest"
	| "unknown nonce"
	| "old nonce"
	| "replayed nonce";

/** ACK cannot be answered and CANCEL is not sent again (RFC 3261 §22.1): their INVITE was asked. */
export function mayChallenge(method: string): boolean {
	return method !== "ACK" && method !== "CANCEL";
}

/** The answer to a request without good credentials: one row per algorithm, best first (RFC 8760 §2.3). */
export function challenge(
	options: DigestOptions,
	how: { readonly as: Asker; readonly stale: boolean; readonly source: string },
	now: Milliseconds,
): { readonly status: 401 | 407; readonly headers: readonly (readonly [string, string])[] } {
	const nonce = makeNonce(options, how.source, now);
	const start = `Digest realm="${options.realm.replaceAll(/["\\]/g, "\\$&")}", nonce="${nonce}"`;
	const stale = how.stale ? ", stale=true" : "";
	const name = how.as === "registrar" ? "WWW-Authenticate" : "Proxy-Authenticate";
	return {
		status: how.as === "registrar" ? 401 : 407,
		headers: options.algorithms.map((algorithm) => [
			name,
			`${start}, algorithm=${algorithm}, qop="auth"${stale}`,
		]),
	};
}

/** The first good row decides; else the row that came closest. Other realms and schemes are not ours to judge. */
export function verify(options: DigestOptions, attempt: Attempt, now: Milliseconds): Verdict {
	const { head } = attempt.request;
	const name = attempt.as === "registrar" ? "authorization" : "proxy-authorization";
	let closest: Verdict = NO_CREDENTIALS;
	let rows = 0;
	for (let line = head.first(name); line !== -1 && rows < ROWS_MAX; line = head.next(line)) {
		const verdict = judge(options, attempt, line, now);
		if (verdict.kind === "accepted") return verdict;
		if (closeness(verdict) > closeness(closest)) closest = verdict;
		rows += 1;
	}
	return closest;
}

function judge(options: DigestOptions, attempt: Attempt, line: number, now: Milliseconds): Verdict {
	const credentials = parseCredentials(attempt.request.head.value(line));
	if (credentials.kind === "malformed") return credentials;
	if (credentials.kind === "other-scheme" || credentials.realm !== options.realm)
		return NO_CREDENTIALS;
	// Sent by phones that want to name themselves before the first challenge (RFC 8760 §2.7).
	if (credentials.nonce === "" || credentials.response === "") return NO_CREDENTIALS;

	const input = digestInput(options, attempt.request, credentials);
	if ("kind" in input) return input;
	const { username } = credentials;
	if (options.failures.blocked(username, attempt.source, now))
		return { kind: "refused", why: "too many failures" };
	if (!rightDigest(options, attempt, credentials, input)) {
		options.failures.failed(username, attempt.source, now);
		return { kind: "challenge", stale: false, why: "wrong digest" };
	}
	const nonceFault = useNonce(options, attempt, input, now);
	if (nonceFault !== undefined) return { kind: "challenge", stale: true, why: nonceFault };
	const uri = digestUri(credentials.uri);
	if (!sameTarget(uri, attempt.request.parsedUri) && (uri === undefined || !attempt.serves(uri)))
		return { kind: "refused", why: "foreign uri" };
	return { kind: "accepted", user: username, line };
}

function digestInput(
	options: DigestOptions,
	request: Request,
	credentials: Credentials,
): DigestInput | Verdict {
	const named = (credentials.algorithm ?? "MD5").toUpperCase();
	const session = named.endsWith(SESSION);
	const base = session ? named.slice(0, -SESSION.length) : named;
	const algorithm = options.algorithms.find((offered) => offered === base);
	if (algorithm === undefined) return NOT_OFFERED;

	const { username, realm, uri, nonce, protection } = credentials;
	const qop = protection?.qop.toLowerCase();
	if (qop === undefined ? session || !options.withoutQop : !QOPS.includes(qop)) return NO_QOP;
	const { method, text, bodyStart, bodyEnd } = request;
	const body = qop === "auth-int" ? text.slice(bodyStart, bodyEnd) : "";
	return { algorithm, session, username, realm, method, uri, nonce, protection, body };
}

/** An unknown user costs what a wrong password costs. */
function rightDigest(
	options: DigestOptions,
	attempt: Attempt,
	credentials: Credentials,
	input: DigestInput,
): boolean {
	const secret = attempt.secret(credentials.username);
	const expected = digestResponse(options.hash, secret ?? NOBODY, input);
	return sameDigest(expected, credentials.response.toLowerCase()) && secret !== undefined;
}

function useNonce(
	options: DigestOptions,
	attempt: Attempt,
	{ nonce, protection }: DigestInput,
	now: Milliseconds,
): Why | undefined {
	const issuedAt = openNonce(options, nonce, attempt.source);
	if (issuedAt === undefined) return "unknown nonce";
	if (Math.abs(now - issuedAt) > options.nonceLifetimeSeconds * 1000) return "old nonce";
	if (protection === undefined) return undefined;
	const count = Number.parseInt(protection.nc, 16);
	return options.counts.use(nonce, issuedAt, count, now) ? undefined : "replayed nonce";
}

/** What says most about the client comes first. */
function closeness(verdict: Verdict): number {
	if (verdict === NO_CREDENTIALS) return 0;
	if (verdict.kind !== "challenge") return verdict.kind === "refused" ? 4 : 2;
	if (verdict.stale) return 5;
	return verdict.why === "wrong digest" ? 3 : 1;
}

const NO_CREDENTIALS: Verdict = { kind: "challenge", stale: false, why: "no credentials" };
const NOT_OFFERED: Verdict = { kind: "challenge", stale: false, why: "algorithm not offered" };
const NO_QOP: Verdict = { kind: "challenge", stale: false, why: "no qop" };
const NOBODY: Secret = { password: "" };
const SESSION = "-SESS";
const QOPS = ["auth", "auth-int"];
/** Credentials for several realms are normal (RFC 3261 §22.3), a page of them is an attack. */
const ROWS_MAX = 8;
