/**
 * Digest at the proxy and the registrar (RFC 3261 §22): who a request proves to be by the users of the
 * configuration, or by what the script knows of a user; and what is asked of those that prove nothing.
 */
import {
	type Attempt,
	type Claim,
	challenge,
	type DigestOptions,
	type Verdict,
	verify,
} from "../auth/digest.ts";
import type { FailureLimit } from "../auth/failure-limit.ts";
import { openNonce } from "../auth/nonce.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Log } from "../base/log.ts";
import type { Request } from "../message/message.ts";
import type { Uri } from "../message/uri.ts";
import type { ChallengeDecision } from "../proxy/decision.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Rejection } from "../proxy/rejection.ts";
import { asker, type Caller, callerOf, credentialsName, ownCredentials } from "./caller.ts";

export type LoginSettings = { readonly environment: Environment; readonly digest: DigestOptions };

/** A request and the flow that it came on. */
export type Received = { readonly request: Request; readonly flow: Flow };

export class Logins {
	/** Replaced as a whole on reload. */
	readonly #settings: () => LoginSettings;
	readonly #log: Log;
	readonly #counters = { failedLogins: 0, throttledLogins: 0 };

	constructor(settings: () => LoginSettings, log: Log) {
		this.#settings = settings;
		this.#log = log;
	}

	/** Counts since the start. */
	get counters(): Readonly<Record<"failedLogins" | "throttledLogins", number>> {
		return this.#counters;
	}

	/** Before the script is asked. */
	identify(received: Received, now: Milliseconds): Caller {
		const { request, flow } = received;
		const { environment, digest } = this.#settings();
		const { directory } = environment;
		if (!request.head.has(credentialsName(request.method)))
			return callerOf(request, flow, directory, undefined, now);
		const verdict = this.#verify(received, undefined, now);
		const caller = callerOf(request, flow, directory, verdict, now);
		if (verdict.kind !== "accepted") return caller;
		return { ...caller, device: digest.users.get(verdict.claim.user)?.device };
	}

	/**
	 * The script challenges with what it knows of a user. Who the caller is then; undefined where that
	 * changes nothing: its request names no such user, or one of the configuration.
	 */
	prove(
		received: Received,
		caller: Caller,
		{ login }: ChallengeDecision,
		now: Milliseconds,
	): Caller | undefined {
		const { digest, environment } = this.#settings();
		const claim = openClaim(caller);
		if (login === undefined || claim?.realm !== (login.realm ?? digest.realm)) return undefined;
		const verdict = this.#verify(received, { claim, secret: login.secret }, now);
		if (verdict.kind !== "accepted") return { ...caller, verdict };
		const device = environment.directory.device(login.device ?? claim.user)?.name;
		return { ...caller, device, authenticated: true, verdict };
	}

	/** 401 or 407. Whoever named a user that nobody knows has failed by now. */
	challenge(
		{ request, flow }: Received,
		caller: Caller | undefined,
		{ login }: ChallengeDecision,
		now: Milliseconds,
	): Rejection {
		const { digest } = this.#settings();
		const claim = openClaim(caller);
		if (claim !== undefined) {
			digest.failures.failed({ user: claim.user, source: flow.host }, now);
			this.#failed(claim, flow, "unknown user");
		}
		const realm = login?.realm ?? digest.realm;
		const verdict = caller?.verdict;
		const stale = verdict?.kind === "challenge" && verdict.stale && verdict.realm === realm;
		const { length } = request.text;
		return challenge(digest, { as: asker(request), stale, source: flow.host, realm, length }, now);
	}

	/** The header lines with credentials for us: nobody else has a use for them (§22.3). */
	own({ request, flow }: Received): readonly number[] {
		const name = credentialsName(request.method);
		if (!request.head.has(name)) return NONE;
		const { digest } = this.#settings();
		return ownCredentials(request, name, ({ username, realm, nonce }) => {
			if (realm === digest.realm && digest.users.has(username)) return true;
			return openNonce(digest, nonce, { realm, source: flow.host }) !== undefined;
		});
	}

	#verify({ request, flow }: Received, login: Attempt["login"], now: Milliseconds): Verdict {
		const { environment, digest } = this.#settings();
		const { own, directory } = environment;
		const verdict = verify(
			digest,
			{
				request,
				as: asker(request),
				source: flow.host,
				...(login && { login }),
				known: (user) => {
					const device = digest.users.get(user)?.device ?? user;
					return directory.bindings(device, now).some((one) => one.flow.host === flow.host);
				},
				serves: (uri: Uri) => own.owns(uri),
			},
			now,
		);
		if (verdict.kind === "refused" && verdict.why === "too many failures")
			this.#counters.throttledLogins += 1;
		if (verdict.kind === "challenge" && verdict.why === "wrong digest")
			this.#failed(verdict.claim, flow, verdict.why);
		return verdict;
	}

	#failed(claim: Claim | undefined, { host: source }: Flow, reason: string): void {
		this.#counters.failedLogins += 1;
		const { user, realm } = claim ?? {};
		this.#log.debug({ event: "login.failed", user, realm, source, reason }, "login failed");
	}
}

/** Of a user that the configuration does not know. */
function openClaim(caller: Caller | undefined): Claim | undefined {
	const verdict = caller?.verdict;
	if (verdict?.kind !== "challenge" || verdict.why !== "unknown user") return undefined;
	return verdict.claim;
}

/** Says once in a window that somebody is refused: who guesses passwords, or a phone with an old one. */
export function logThrottled(log: Log): FailureLimit["reached"] {
	return (limited, { user, source }) => {
		const whom = {
			"user and source": `for ${user} from ${source}`,
			source: `from ${source}`,
			user: `for ${user}`,
		};
		log.warn(
			{ event: "login.throttled", limited, user, source },
			`too many wrong passwords ${whom[limited]}: refused for a minute`,
		);
	};
}

const NONE: readonly number[] = [];
