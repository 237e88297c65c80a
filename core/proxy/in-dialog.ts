/** Requests inside a dialog: where they go, or that they go nowhere all the same (RFC 3261 §12.2, §16.3 step 2, §26.2.2). */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import { schemeOfSide } from "../leg/cookie.ts";
import type { Request } from "../message/message.ts";
import type { Candidates } from "./candidates.ts";
import type { Decision, Pass } from "./decision.ts";
import { dialogTarget } from "./dialog-target.ts";
import type { Environment } from "./environment.ts";
import type { OwnAnswers } from "./own-answers.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { Rejection } from "./rejection.ts";
import type { ResponseContext } from "./response-context.ts";
import type { DialogRoute, RouteInformation } from "./route-information.ts";
import type { Target } from "./target-set.ts";

/** The target, where it may go on. What belongs on a `sips` leg and came in clear is for the settings to judge. */
export function judgeInDialog(
	{ cookie, from }: DialogRoute,
	target: Target | Rejection,
	{ request, flow }: { readonly request: Request; readonly flow: Flow },
	port: ProxyPort,
	now: Milliseconds,
): Target | Rejection {
	if ("status" in target) return target;
	if (target.lost) port.contactLost(request, flow, now);
	if (secure(flow.transport) || schemeOfSide(cookie, from) === "sip") return target;
	return port.inClear(request, flow, now) ?? target;
}

/** The proxy core, as far as these need it. */
type InDialogCore = {
	/** Replaced as a whole on reload: it is read when it is needed. */
	readonly environment: Environment;
	readonly candidates: Candidates;
	decide(context: ResponseContext, decision: Decision, now: Milliseconds): void;
	call(context: ResponseContext, targets: readonly Target[], now: Milliseconds): void;
};

export class InDialog {
	readonly #core: InDialogCore;
	readonly #port: ProxyPort;
	readonly #answers: OwnAnswers;
	readonly #alive: (flow: Flow) => boolean;

	constructor(core: InDialogCore, port: ProxyPort, answers: OwnAnswers) {
		this.#core = core;
		this.#port = port;
		this.#answers = answers;
		this.#alive = (flow) => port.alive(flow);
	}

	/** One that has come: it goes on unless the script keeps it. */
	request(
		context: ResponseContext,
		route: RouteInformation,
		dialog: DialogRoute,
		now: Milliseconds,
	): void {
		const target = dialogTarget(route, dialog, this.#core.environment, this.#alive, now);
		const judged = judgeInDialog(dialog, target, context.server, this.#port, now);
		if ("status" in judged) {
			this.#answers.reject(context, judged, now);
			return;
		}
		if (route.request.method === "BYE") this.#core.candidates.calls.hungUp(route.request.head);
		const answer = this.#port.inDialog(context, now);
		if (answer !== undefined) this.decided(context, answer, now, judged);
	}

	/** The script lets it go on, or answers it. */
	decided(
		context: ResponseContext,
		answer: Decision | Pass,
		now: Milliseconds,
		judged?: Target,
	): void {
		const { answered, route } = context;
		if (answered || route?.dialog === undefined) return;
		if (answer.kind !== "pass") {
			this.#core.decide(context, answer, now);
			return;
		}
		// While the script waited, the peer may have moved.
		const target =
			judged ?? dialogTarget(route, route.dialog, this.#core.environment, this.#alive, now);
		if ("status" in target) {
			this.#answers.reject(context, target, now);
			return;
		}
		if (answer.edits.length > 0) context.edit(answer.edits);
		this.#core.call(context, [target], now);
	}
}
