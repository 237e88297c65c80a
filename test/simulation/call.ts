/** A call: what was planned for it, and what became of it. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Forking } from "../../core/proxy/decision.ts";

export type Action = {
	/** After the dialog is up. */
	readonly after: Milliseconds;
	readonly side: "caller" | "callee";
	readonly method: "INVITE" | "UPDATE" | "INFO" | "OPTIONS";
};

export type CallPlan = {
	readonly id: number;
	readonly at: Milliseconds;
	/** Names of phones and devices. */
	readonly caller: string;
	readonly dialled: string;
	/** Where a script sends it: devices by name, and URIs. */
	readonly targets: readonly string[];
	readonly fork: Forking;
	/** The caller gives up after this time; a rude one without waiting for a provisional response. */
	readonly cancelAfter: Milliseconds | undefined;
	readonly rude: boolean;
	readonly reliableProvisional: boolean;
	readonly challenged: boolean;
	readonly script: "decides" | "fails" | "drops";
	readonly talk: Milliseconds;
	readonly hangUp: "caller" | "callee" | "both";
	readonly actions: readonly Action[];
	/** Of the INVITE: some are too large for UDP (RFC 3261 §18.1.1). */
	readonly body: string;
};

export class Call {
	readonly plan: CallPlan;
	readonly callId: string;
	readonly #counts: Map<string, number>;

	constructor(plan: CallPlan, callId: string, counts: Map<string, number>) {
		this.plan = plan;
		this.callId = callId;
		this.#counts = counts;
	}

	count(what: string): void {
		this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
	}
}
