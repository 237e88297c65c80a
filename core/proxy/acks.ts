/** ACKs that no server transaction took: for a 2xx, they are routed like any request, without state (RFC 3261 §16.11). */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Request } from "../message/message.ts";
import type { Branches, BranchesCore } from "./branches.ts";
import { type AckRoute, ackRoute, forwardAck } from "./forward-ack.ts";
import { judgeInDialog } from "./in-dialog.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { reachable } from "./target-set.ts";
import type { Located } from "./waiting.ts";

type AcksCore = Pick<BranchesCore, "environment" | "transactions" | "linter">;

export class Acks {
	readonly #core: AcksCore;
	readonly #port: ProxyPort;
	readonly #branches: Branches;

	constructor(core: AcksCore, port: ProxyPort, branches: Branches) {
		this.#core = core;
		this.#port = port;
		this.#branches = branches;
	}

	/** It is dropped where it may go nowhere: nobody waits for an answer (§17). */
	forward(request: Request, flow: Flow, now: Milliseconds): void {
		const alive = (candidate: Flow) => this.#port.alive(candidate);
		const ack = ackRoute(request, flow, this.#core.environment, alive, now);
		if (ack === undefined || this.#rejected(ack, request, flow, now)) {
			this.#port.note("ack.dropped", { callId: request.head.callId, source: flow.host });
			return;
		}
		const waiting = {
			located: (later: Located, at: Milliseconds) => this.#send(ack, later, at),
		};
		const located = this.#branches.hops(waiting, ack.route, ack.target, now);
		if (located !== undefined) this.#send(ack, located, now);
	}

	#rejected({ route, target }: AckRoute, request: Request, flow: Flow, now: Milliseconds): boolean {
		const { dialog } = route;
		if (dialog === undefined) return false;
		return "status" in judgeInDialog(dialog, target, { request, flow }, this.#port, now);
	}

	#send(ack: AckRoute, located: Located, now: Milliseconds): void {
		const [hop] = typeof located === "number" ? [] : reachable(located, ack.target);
		if (hop === undefined) return;
		const { environment, transactions } = this.#core;
		const consumed = this.#port.ownCredentials(ack.route.request, ack.came);
		const forwarded = forwardAck(ack, consumed, hop, environment, this.#branches.large, now);
		if (forwarded === undefined) return;
		const { text, flow, passage } = forwarded;
		this.#core.linter.request(text, flow, passage, ack);
		transactions.send(text, flow);
	}
}
