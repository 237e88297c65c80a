/**
 * Digest authentication: RFC 3261 §22, RFC 7616 and RFC 8760. `verify` judges the credentials of a
 * request, `challenge` makes the answer to one that has none that are good.
 *
 * An unknown user and a wrong password are the same to whoever asks: same work, same answer.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { HashAlgorithm, HashHex } from "../base/hash.ts";
import type { Secret, User } from "../base/user.ts";
import type { Request } from "../message/message.ts";
import type { Uri } from "../message/uri.ts";
import { type Credentials, parseCredentials } from "./credentials.ts";
import { canAnswer, type DigestInput, digestResponse, sameDigest } from "./digest-response.ts";
import { digestUri, sameTarget } from "./digest-uri.ts";
import type { FailureLimit } from "./failure-limit.ts";
import { makeNonce, type NonceOptions, openNonce } from "./nonce.ts";
import type { NonceCounts } from "./nonce-counts.ts";

export type DigestOptions = NonceOptions & {
	/** Octets: asked for unless a script names another one. */
	readonly realm: string;
	/** Those of `realm`, by name. */
	readonly users: ReadonlyMap<string, User>;
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
	/**
	 * What the script knows of a user and realm. Without it the users of the configuration count, and
	 * one who is none of them is not held to have failed yet: the script may know him.
	 */
	readonly login?: { readonly claim: Claim; readonly secret: Secret | undefined };
	/** Whether that user is at the source already: it registered from there. */
	readonly known: (user: string) => boolean;
	/** Whether a `uri` that differs from the Request-URI is one that we would serve (RFC 8760 §2.6 item 6). */
	readonly serves: (uri: Uri) => boolean;
};

/** Who somebody says he is, in credentials that answer a challenge of ours that still holds. Octets. */
export type Claim = { readonly user: string; readonly realm: string };

export type Verdict =
	/** `line` is the header line with the credentials. */
	| { readonly kind: "accepted"; readonly claim: Claim; readonly line: number }
	/** `stale`: the phone need not ask its user, what was wrong is the nonce. Of which realm, says `realm`. */
	| {
			readonly kind: "challenge";
			readonly stale: boolean;
			readonly why: Why;
			readonly realm?: string;
			readonly claim?: Claim;
	  }
	/** 403. */
	| { readonly kind: "refused"; readonly why: "too many failures" | "foreign uri" }
	| Malformed;

/** 400. */
type Malformed = { readonly kind: "malformed"; readonly reason: string };

/** For the log; the peer is not told. */
export type Why =
	| "no credentials"
	| "algorithm not offered"
	| "no qop"
	| "wrong digest"
	| "unknown user"
	| "unknown nonce"
	| "old nonce"
	| "replayed nonce";

/** ACK cannot be answered and CANCEL is not sent again (RFC 3261 §22.1): their INVITE was asked. */
export function mayChallenge(method: string): boolean {
	return method !== "ACK" && method !== "CANCEL";
}

export type Asking = {
	readonly as: Asker;
	readonly stale: boolean;
	readonly source: string;
	/** Octets. */
	readonly realm: string;
	/** Of the request. */
	readonly length: number;
};

/**
 * The answer to a request without good credentials: one row per algorithm, best first (RFC 8760 §2.3).
 * One that is shorter than any phone's gets the first alone: the answer may go to somebody who was not
 * the sender, and is not to be three times as long.
 */
export function challenge(
	options: DigestOptions,
	{ as, stale, length, ...scope }: Asking,
	now: Milliseconds,
): { readonly status: 401 | 407; readonly headers: readonly (readonly [string, string])[] } {
	const nonce = makeNonce(options, scope, now);
	const start = `Digest realm="${scope.realm.replaceAll(/["\\]/g, "\\$&")}", nonce="${nonce}"`;
	const end = `qop="auth"${stale ? ", stale=true" : ""}`;
	const name = as === "registrar" ? "WWW-Authenticate" : "Proxy-Authenticate";
	return {
		status: as === "registrar" ? 401 : 407,
		headers: options.algorithms
			.slice(0, length < SHORT ? 1 : undefined)
			.map((algorithm) => [name, `${start}, algorithm=${algorithm}, ${end}`]),
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

/** The nonce comes before the user: whoever has none of ours makes nobody look anything up (RFC 3261 §26.3.2.4). */
function judge(options: DigestOptions, attempt: Attempt, line: number, now: Milliseconds): Verdict {
	const credentials = readRow(attempt.request.head.value(line));
	if ("why" in credentials || credentials.kind === "malformed") return credentials;
	const { username, realm, nonce } = credentials;
	const { source } = attempt;
	const issuedAt = openNonce(options, nonce, { realm, source });
	// A script may challenge in realms of its own: they are known by what we signed.
	if (issuedAt === undefined && realm !== options.realm) return NO_CREDENTIALS;

	const input = digestInput(options, attempt.request, credentials);
	if ("kind" in input) return input;
	if (issuedAt === undefined) return stale("unknown nonce", realm);
	if (Math.abs(now - issuedAt) > options.nonceLifetimeSeconds * 1000)
		return stale("old nonce", realm);
	const by = { user: username, source };
	if (options.failures.blocked(by, () => attempt.known(username), now)) return THROTTLED;

	const claim = { user: username, realm };
	const fault = wrongDigest(options, attempt, credentials, input);
	if (fault === "wrong digest") options.failures.failed(by, now);
	if (fault !== undefined) return { kind: "challenge", stale: false, why: fault, realm, claim };
	return proven(options, attempt, { credentials, issuedAt, line }, now);
}

function readRow(value: string): Credentials | Malformed | NoCredentials {
	const credentials = parseCredentials(value);
	if (credentials.kind === "malformed") return credentials;
	if (credentials.kind === "other-scheme") return NO_CREDENTIALS;
	const { username, nonce, response } = credentials;
	// Sent by phones that want to name themselves before the first challenge (RFC 8760 §2.7).
	if (nonce === "" || response === "") return NO_CREDENTIALS;
	return username.length > USERNAME_MAX ? NO_CREDENTIALS : credentials;
}

function stale(why: Why, realm: string): Verdict {
	return { kind: "challenge", stale: true, why, realm };
}

/** An unknown user costs what a wrong password costs, and so does one without a hash for the algorithm. */
function wrongDigest(
	options: DigestOptions,
	{ login }: Attempt,
	{ username, realm, response }: Credentials,
	input: DigestInput,
): "wrong digest" | "unknown user" | undefined {
	const configured = realm === options.realm ? options.users.get(username)?.secret : undefined;
	const told = login?.claim.user === username && login.claim.realm === realm;
	const secret = told ? login.secret : configured;
	const usable = secret !== undefined && canAnswer(secret, input.algorithm);
	const right = sameDigest(
		digestResponse(options.hash, usable ? secret : NOBODY, input),
		response.toLowerCase(),
	);
	if (usable && right) return undefined;
	return login === undefined && configured === undefined ? "unknown user" : "wrong digest";
}

type Proof = {
	readonly credentials: Credentials;
	readonly issuedAt: Milliseconds;
	readonly line: number;
};

/** Only who knows the password uses up a count of a nonce. */
function proven(
	options: DigestOptions,
	attempt: Attempt,
	{ credentials, issuedAt, line }: Proof,
	now: Milliseconds,
): Verdict {
	const { username: user, realm, nonce, protection, uri: written } = credentials;
	if (protection !== undefined) {
		const count = Number.parseInt(protection.nc, 16);
		if (!options.counts.use(nonce, issuedAt, count, now)) return stale("replayed nonce", realm);
	}
	const uri = digestUri(written);
	if (!sameTarget(uri, attempt.request.parsedUri) && (uri === undefined || !attempt.serves(uri)))
		return { kind: "refused", why: "foreign uri" };
	return { kind: "accepted", claim: { user, realm }, line };
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

/** What says most about the client comes first. */
function closeness(verdict: Verdict): number {
	if (verdict === NO_CREDENTIALS) return 0;
	if (verdict.kind !== "challenge") return verdict.kind === "refused" ? 4 : 2;
	if (verdict.why === "unknown user") return 6;
	if (verdict.stale) return 5;
	return verdict.why === "wrong digest" ? 3 : 1;
}

const NO_CREDENTIALS = { kind: "challenge", stale: false, why: "no credentials" } as const;
type NoCredentials = typeof NO_CREDENTIALS;
const THROTTLED: Verdict = { kind: "refused", why: "too many failures" };
const NOT_OFFERED: Verdict = { kind: "challenge", stale: false, why: "algorithm not offered" };
const NO_QOP: Verdict = { kind: "challenge", stale: false, why: "no qop" };
const NOBODY: Secret = { password: "" };
const SESSION = "-SESS";
const QOPS = ["auth", "auth-int"];
/** Credentials for several realms are normal (RFC 3261 §22.3), a page of them is an attack. */
const ROWS_MAX = 8;
/** Octets; scripts make keys of them. */
export const USERNAME_MAX = 128;
/** Octets. */
const SHORT = 256;
