/** Compile-only: what the route API allows and refuses in an editor. `tsc` fails where an expected error is missing. */
import {
	type Call,
	challenge,
	type Decision,
	defineRoutes,
	device,
	drop,
	forceSip,
	forceSips,
	fork,
	log,
	type Request,
	type Routes,
	redirect,
	relay,
	reply,
	save,
	setBody,
	stripTransport,
	trunks,
} from "sipwright";

/** The script of the documentation compiles as it stands there. */
export const documented = defineRoutes({
	onRequest(request, call) {
		if (request.method === "REGISTER") {
			for (const contact of request.contacts) stripTransport(contact);
			return save();
		}
		const callee = device(request.uri.user);
		if (!callee) return reply(404);
		if (callee.secure) forceSips(call.callee);
		return relay(callee);
	},
});

// @ts-expect-error: onRequest is missing
defineRoutes({});
// @ts-expect-error: a misspelt hook
defineRoutes({ onRequest: () => save(), onRequst: () => save() });
// @ts-expect-error: a hook answers
defineRoutes({ onRequest() {} });
defineRoutes({ onRequest: async () => save() });
// @ts-expect-error: what it waits for is a decision
defineRoutes({ onRequest: async () => undefined });
// @ts-expect-error: a decision is made by the functions of the module
defineRoutes({ onRequest: () => ({ kind: "drop" }) });
// @ts-expect-error: a way without an answer
defineRoutes({ onRequest: (request) => (request.ours ? reply(404) : undefined) });

defineRoutes({
	onRequest: () => relay(),
	onFailure({ status, headers, attempt, targets }) {
		if (attempt > 1) return undefined;
		if (headers?.get("Retry-After")) return reply(503);
		return status === 302
			? redirect("sip:a@b")
			: fork(["sip:a@b", ...targets.map(({ uri }) => uri)]);
	},
	onBranch(request, leg) {
		if (leg.device?.secure) forceSips(leg);
		request.headers.set("X-Leg", String(leg.attempt));
	},
	onResponse(response, leg) {
		response.headers.set("X-From", leg.device?.name ?? leg.uri.text);
	},
});
defineRoutes({ onRequest: () => relay(), onFailure: async () => relay("sip:a@b") });
// @ts-expect-error: a failure binds nothing
defineRoutes({ onRequest: () => relay(), onFailure: () => save() });
// @ts-expect-error: a failure is answered
defineRoutes({ onRequest: () => relay(), onFailure: async () => drop() });
// @ts-expect-error: the credentials were asked for before
defineRoutes({ onRequest: () => relay(), onFailure: () => challenge() });
// @ts-expect-error: a branch decides nothing
defineRoutes({ onRequest: () => relay(), onBranch: () => relay() });
// @ts-expect-error: a branch does not wait
defineRoutes({ onRequest: () => relay(), async onBranch() {} });
// @ts-expect-error: a response is not answered
defineRoutes({ onRequest: () => relay(), onResponse: () => reply(404) });
// @ts-expect-error: a response does not wait
defineRoutes({ onRequest: () => relay(), async onResponse() {} });

defineRoutes({
	onRequest: () => relay(),
	async onInDialog(request, { from, caller, callee }) {
		if (request.method === "INFO" && from === "callee") return drop();
		request.headers.set("X-Legs", caller.scheme + callee.scheme);
		return undefined;
	},
});
// @ts-expect-error: a dialog goes where it goes
defineRoutes({ onRequest: () => relay(), onInDialog: () => relay() });
// @ts-expect-error: its legs have their schemes
defineRoutes({ onRequest: () => relay(), onInDialog: (_, dialog) => forceSips(dialog.callee) });

export const illegal: Routes = {
	onRequest: () => relay(),
	onFailure({ headers }, call) {
		forceSips(call.callee);
		// @ts-expect-error: the response has come
		headers?.set("X-Tenant", "blue");
		return undefined;
	},
	onResponse(response, leg) {
		// @ts-expect-error: the leg has its scheme
		forceSips(leg);
		// @ts-expect-error: the engine's
		response.headers.set("Contact", "<sip:a@b>");
		// @ts-expect-error: of a request alone
		setBody(response, "");
	},
};

export function legs(call: Call): void {
	forceSip(call.callee);
	// @ts-expect-error: the caller keeps the scheme it came with
	forceSips(call.caller);
	// @ts-expect-error: set by the side the request came from
	call.caller.scheme = "sips";
	// @ts-expect-error: set by forceSips and forceSip
	call.callee.scheme = "sips";
	// @ts-expect-error: a leg, not a word
	forceSips("sips");
}

export function targets(request: Request): Decision[] {
	const callee = device(request.uri.user);
	return [
		relay(),
		relay("sip:a@b"),
		fork([...(callee ? [callee] : []), "sip:a@b"]),
		relay("sip:a@b", { recurse: true }),
		fork(["sip:a@b"], { order: "serial", timeout: 20 }),
		fork(trunks(request.uri.user), { order: "failover", timeout: 6 }),
		// @ts-expect-error: no such order
		fork(["sip:a@b"], { order: "random" }),
		// @ts-expect-error: a misspelt option
		fork(["sip:a@b"], { recursive: true }),
		redirect(["sip:a@b"], 301),
		// @ts-expect-error: perhaps there is no such device
		relay(callee),
		// @ts-expect-error: perhaps there is no such device
		fork([callee]),
		// @ts-expect-error: a device comes from device()
		relay({ name: "5000" }),
		// @ts-expect-error: not a number
		relay(5000),
		// @ts-expect-error: not a text
		reply("404"),
		// @ts-expect-error: header values are texts
		reply(503, "Later", { "Retry-After": 30 }),
	];
}

export function edits(request: Request): void {
	const { headers } = request;
	headers.set("X-Tenant", "blue");
	headers.add("p-asserted-identity", "<sip:a@b>");
	headers.remove("Subject");
	headers.get("Via");
	// @ts-expect-error: the engine's
	headers.set("Via", "…");
	// @ts-expect-error: the engine's, in any case
	headers.remove("RECORD-ROUTE");
	// @ts-expect-error: the engine's, in its compact form
	headers.add("m", "<sip:a@b>");
	// @ts-expect-error: a header value is a text
	headers.set("X-Count", 5);
	// @ts-expect-error: read only
	request.method = "BYE";
	// @ts-expect-error: read only
	request.source.trusted = true;
	// @ts-expect-error: a list to read
	request.contacts.push();
	// @ts-expect-error: stripTransport edits it
	for (const contact of request.contacts) contact.text = "";
	// @ts-expect-error: one of request.contacts
	stripTransport("<sips:a@b>");
	// @ts-expect-error: no such level
	log.fatal("x");
}
