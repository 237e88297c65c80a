/**
 * When everybody who was called has failed: before the best response goes to the caller (RFC 3261
 * §16.7 step 6) the script may call others, who join the target set as long as no final response was
 * sent (§16.5), or answer itself.
 */
import type { Response } from "../message/message.ts";
import { bestResponse } from "./best-response.ts";
import type { Rejection } from "./rejection.ts";
import type { Candidate, ResponseContext } from "./response-context.ts";

/** Times that one request may fail: each time others may be called. */
const ATTEMPTS_MAX = 8;

export type Failure = {
	/** Of the best response. 408 and 503 stand for none (§16.7, §16.9), 480 for nobody to call. */
	readonly status: number;
	readonly reason: "response" | "timeout" | "unreachable";
	readonly response: Response | undefined;
	readonly targets: readonly Candidate[];
	readonly attempt: number;
};

/**
 * Notes one more failure. Undefined where nobody is to be asked: it has failed too often, or it is no
 * INVITE and nobody answered, since then its sender has given up too (RFC 4320 §4.2).
 */
export function nextFailure(
	context: ResponseContext,
	rejection: Rejection | undefined,
): Failure | undefined {
	const { candidates, failures, request } = context;
	const attempt = (failures?.attempts ?? 0) + 1;
	const best = bestResponse(candidates);
	const status = best?.status ?? rejection?.status ?? 480;
	if (attempt > ATTEMPTS_MAX || (status === 408 && request.method !== "INVITE")) return undefined;
	const earlier = failures?.earlier ?? 0;
	context.failures = { attempts: attempt, waiting: true, earlier, rejection };
	const response = best?.response;
	return { status, reason: reasonOf(status, response), response, targets: candidates, attempt };
}

function reasonOf(status: number, response: Response | undefined): Failure["reason"] {
	if (response !== undefined) return "response";
	return status === 408 ? "timeout" : "unreachable";
}
