/** Where messages leave: each may be held against the rules of its leg (RFC 3261 §12.1.1), counted and logged. */
import type { Flow } from "../base/flow.ts";
import { legOf, other } from "../leg/leg.ts";
import { type LintedWay, lintRequest, lintResponse } from "../leg/lint.ts";
import { LEG_RULES, type LegViolation } from "../leg/lint-rules.ts";
import type { Head } from "../message/head.ts";
import { parseMessage } from "../message/parse-message.ts";
import type { Environment } from "./environment.ts";
import type { OutgoingLeg } from "./outgoing-leg.ts";
import type { Passage } from "./passage.ts";
import type { ProxyPort } from "./proxy-port.ts";
import type { Branch } from "./response-context.ts";
import type { RouteInformation } from "./route-information.ts";
import type { Target } from "./target-set.ts";

type LinterPort = Pick<ProxyPort, "note">;

/** `legMessagesChecked`, `legViolations` and, by rule, `legViolations.contact` and so on. */
export type LinterCounters = Record<string, number>;

export class LegLinter {
	readonly counters: LinterCounters = newLinterCounters();
	readonly #core: { readonly environment: Environment };
	readonly #port: LinterPort;

	constructor(core: { readonly environment: Environment }, port: LinterPort) {
		this.#core = core;
		this.#port = port;
	}

	/** A request as it is sent. ACK for a failure and CANCEL are made of it, and need no look of their own. */
	request(
		text: string,
		flow: Flow,
		passage: Passage,
		{ route, target }: { readonly route: RouteInformation; readonly target: Target },
	): void {
		const { legs } = passage;
		if (legOf(legs, legs.toward).policy.lint === "off") return;
		const request = parseMessage(text, "datagram");
		if (request.kind !== "request") return;
		const next = route.request.head.routes[route.own]?.uri;
		const strict = target.path.length === 0 && next === request.uri;
		this.#tell(lintRequest(request, flow, strict, wayOf(passage)), request.head, flow);
	}

	/** A request of our own: the far side of its way is ours too. */
	ping(text: string, leg: OutgoingLeg): void {
		if (leg.policy.lint === "off") return;
		const request = parseMessage(text, "datagram");
		if (request.kind !== "request") return;
		const legs = { caller: leg, callee: leg, toward: "callee" } as const;
		const way = { legs, state: undefined, recordRouted: false };
		this.#tell(lintRequest(request, leg.flow, false, way), request.head, leg.flow);
	}

	/** A response as the caller gets it. Our own have nothing in them but what the caller sent. */
	response(text: string, { passage, context }: Branch): void {
		if (passage === undefined) return;
		const { legs } = passage;
		if (legOf(legs, other(legs.toward)).policy.lint === "off") return;
		const response = parseMessage(text, "datagram");
		if (response.kind !== "response") return;
		const { request, flow } = context.server;
		this.#tell(lintResponse(response, request, wayOf(passage)), response.head, flow);
	}

	#tell(violations: readonly LegViolation[], { callId }: Head, flow: Flow): void {
		this.#count("legMessagesChecked");
		for (const { rule, header, value } of violations) {
			this.#count("legViolations");
			this.#count(`legViolations.${rule}`);
			const device = this.#core.environment.directory.deviceAt(flow)?.name;
			const shown = value.slice(0, VALUE_MAX);
			const peer = `${flow.transport}:${flow.host}:${flow.port}`;
			this.#port.note("leg.violation", { rule, header, value: shown, device, peer, callId });
		}
	}

	#count(name: string): void {
		this.counters[name] = (this.counters[name] ?? 0) + 1;
	}
}

const VALUE_MAX = 200;

function newLinterCounters(): LinterCounters {
	const rules = Object.keys(LEG_RULES).map((rule) => `legViolations.${rule}`);
	return Object.fromEntries(
		["legMessagesChecked", "legViolations", ...rules].map((name) => [name, 0]),
	);
}

function wayOf({ legs, state, entries }: Passage): LintedWay {
	return { legs, state, recordRouted: entries !== undefined };
}
