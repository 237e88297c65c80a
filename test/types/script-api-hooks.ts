/** Compile-only: what each hook may look at, do and answer. `tsc` fails where an expected error is missing. */
import {
	type BranchLeg,
	challenge,
	defineRoutes,
	drop,
	type Failure,
	type Forward,
	forceSip,
	forceSips,
	fork,
	kv,
	type Reply,
	type Request,
	type Response,
	type ResponseLeg,
	redirect,
	relay,
	reply,
	save,
	setBody,
	withNumber,
} from "sipwright";

const onRequest = () => relay();

/** What a hook may answer. */
defineRoutes({ onRequest, onFailure: () => undefined, onBranch: () => undefined });
defineRoutes({ onRequest, onFailure: () => fork(["sip:a@b"]), onResponse: () => undefined });
defineRoutes({ onRequest, onFailure: async () => ((await kv.get("a")) ? reply(480) : undefined) });
// @ts-expect-error: a failure that says nothing
defineRoutes({ onRequest, onFailure() {}, onTimr() {} });
// @ts-expect-error: no REGISTER has failed
defineRoutes({ onRequest, onFailure: () => save() });
// @ts-expect-error: the time for credentials is over
defineRoutes({ onRequest, onFailure: () => challenge() });
// @ts-expect-error: the caller waits for an answer
defineRoutes({ onRequest, onFailure: () => drop() });
// @ts-expect-error: a branch goes where it was sent
defineRoutes({ onRequest, onBranch: () => relay() });
// @ts-expect-error: a branch cannot wait
defineRoutes({ onRequest, onBranch: async () => undefined });
// @ts-expect-error: a response is no question
defineRoutes({ onRequest, onResponse: () => reply(486) });
// @ts-expect-error: a response cannot wait
defineRoutes({ onRequest, onResponse: async () => undefined });

defineRoutes({
	onRequest,
	timers: { sweep: { every: 60 } },
	async onTimer({ name }) {
		await kv.delete(name);
	},
});
// @ts-expect-error: every how many seconds?
defineRoutes({ onRequest, timers: { sweep: {} }, onTimer() {} });
// @ts-expect-error: a timer decides nothing
defineRoutes({ onRequest, timers: { sweep: { every: 60 } }, onTimer: () => reply(480) });

defineRoutes({
	onRequest,
	async onStart({ generation }) {
		await kv.set("since", generation);
	},
});
defineRoutes({ onRequest, onStart() {} });
// @ts-expect-error: nobody asks for a decision
defineRoutes({ onRequest, onStart: () => reply(480) });
// @ts-expect-error: it is no request
defineRoutes({ onRequest, onStart: (start) => start.uri });

export function failed(failure: Failure): Forward | Reply | undefined {
	const [first] = failure.targets;
	failure.request.headers.set("Diversion", "<sip:5000@example.com>;reason=no-answer");
	setBody(failure.request, "");
	failure.headers?.get("Retry-After");
	// @ts-expect-error: what was answered is read
	failure.headers?.set("Retry-After", "5");
	// @ts-expect-error: it has happened
	failure.status = 486;
	// @ts-expect-error: perhaps nobody was called
	first.device;
	// @ts-expect-error: perhaps it is no device
	withNumber(first?.device, "1");
	if (failure.reason === "timeout") return redirect("sip:a@b");
	// @ts-expect-error: no such reason
	if (failure.reason === "busy") return undefined;
	// @ts-expect-error: credentials are for new requests
	return failure.attempt > 3 ? challenge() : relay("sip:a@b");
}

export function branch(request: Request, leg: BranchLeg): undefined {
	forceSip(leg);
	forceSips(leg);
	request.headers.remove("X-Tenant");
	if (leg.device?.type === "Trunk") request.headers.set("X-Attempt", String(leg.attempt));
	// @ts-expect-error: set by forceSips and forceSip
	leg.scheme = "sips";
	// @ts-expect-error: the Request-URI is the target's
	leg.uri = request.uri;
	// @ts-expect-error: the engine's
	request.headers.set("Route", "<sip:a;lr>");
}

export function responded(response: Response, leg: ResponseLeg): undefined {
	response.headers.remove("Server");
	if (leg.device?.type === "Trunk" && response.status === 183) response.headers.add("X-A", "1");
	// @ts-expect-error: what was answered was answered
	response.status = 200;
	// @ts-expect-error: the engine's
	response.headers.set("Contact", "<sip:a@b>");
	// @ts-expect-error: the leg has gone
	forceSips(leg);
	// @ts-expect-error: a response came from whom it was sent to
	response.source;
}
