/** Routes that are a function: they answer at once, and `onRequest` is all they define. */
import type { RouteGeneration } from "../../core/exchange/route-generation.ts";
import { DEFAULT_LIMITS } from "../../core/script/limits.ts";

export function plainRoutes(ask: RouteGeneration["ask"]): RouteGeneration {
	return {
		ask,
		defines: (hook) => hook === "onRequest",
		timers: [],
		busy: false,
		nextCall: () => undefined,
		nextDecided: () => undefined,
		answer: () => undefined,
		abandon: () => undefined,
		endCalls: () => undefined,
		limits: DEFAULT_LIMITS,
		retain: () => undefined,
		answered: () => undefined,
		release: () => undefined,
	};
}

/** Another generation, each call passed on, so that some of them can be replaced. */
export function passedOn(routes: RouteGeneration): RouteGeneration {
	return {
		ask: (hook, text, context, more) => routes.ask(hook, text, context, more),
		defines: (hook) => routes.defines(hook),
		timers: routes.timers,
		get busy() {
			return routes.busy;
		},
		nextCall: () => routes.nextCall(),
		nextDecided: () => routes.nextDecided(),
		answer: (call, result) => routes.answer(call, result),
		abandon: (hook, reason) => routes.abandon(hook, reason),
		endCalls: (hook) => routes.endCalls(hook),
		limits: routes.limits,
		retain: () => routes.retain(),
		answered: (status) => routes.answered(status),
		release: () => routes.release(),
	};
}
