/**
 * Another way for a response that cannot be sent: RFC 3261 §18.2.2, RFC 3263 §5. What the sender
 * says of itself in sent-by is looked up, and each address tried in turn.
 *
 * Deviates from RFC 3263 §5: only for senders that the configuration or a registration knows. A
 * stranger with a forged source address could have our responses sent to a third.
 * Test: RFC 3263 §5 TR-17: a stranger's sent-by is not followed.
 */
import type { Milliseconds } from "../base/clock.ts";
import { type Flow, secure } from "../base/flow.ts";
import { readUri } from "../leg/force-scheme.ts";
import type { Uri } from "../message/uri.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { BranchesCore } from "./branches.ts";
import { knows } from "./directory.ts";
import { listenerFor, listenerOf } from "./environment.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { ResponseContext } from "./response-context.ts";
import type { Hop } from "./target-set.ts";
import type { Located, Waiting } from "./waiting.ts";

type Core = Pick<BranchesCore, "environment" | "transactions">;

/** The way of a response has failed: takes the next, where it may. */
export function anotherWay(
	server: ServerTransaction,
	core: Core,
	port: ProxyPort,
	now: Milliseconds,
): void {
	const { user: context, flow, request } = server;
	const { directory } = core.environment;
	const known = context instanceof ResponseContext && (context.vouched || knows(directory, flow));
	if (!known) port.note("response.undelivered", { callId: request.head.callId });
	else if (context.fallback !== undefined) context.fallback.next(now);
	else {
		const fallback = new ResponseFallback(server, core, port);
		context.fallback = fallback;
		fallback.begin(now);
	}
}

/** The other ways of one server transaction: made when the first has failed. */
class ResponseFallback implements Waiting {
	readonly #server: ServerTransaction;
	readonly #core: Core;
	readonly #port: ProxyPort;
	/** Undefined while they are looked up. */
	#hops: Hop[] | undefined;

	constructor(server: ServerTransaction, core: Core, port: ProxyPort) {
		this.#server = server;
		this.#core = core;
		this.#port = port;
	}

	/** Finds out what there is, and takes the first. */
	begin(now: Milliseconds): void {
		const uri = sentBy(this.#server);
		const located = uri === undefined ? [] : this.#port.locate(this, uri, now);
		if (located !== undefined) this.located(located, now);
	}

	located(located: Located, now: Milliseconds): void {
		const hops = typeof located === "number" ? [] : located;
		const tried = triedFirst(this.#server);
		const untried = ({ host, port }: Hop) => host !== tried.host || port !== tried.port;
		// From behind a TLS balancer no connection could leave: nothing was tried.
		this.#hops = this.#terminated ? [...hops] : hops.filter(untried);
		this.next(now);
	}

	/** The last way has failed too. The transaction stays in its state (RFC 6026 §8.8). */
	next(now: Milliseconds): void {
		if (this.#hops === undefined) return;
		const hop = this.#hops.shift();
		const flow = hop && this.#flowTo(hop);
		if (flow !== undefined) this.#core.transactions.redirect(this.#server, flow, now);
		else this.#port.note("response.undelivered", { callId: this.#server.request.head.callId });
	}

	get #terminated(): boolean {
		return listenerOf(this.#server.flow.listener, this.#core.environment)?.terminated === true;
	}

	/** From the address that the request came to, where that can be. */
	#flowTo({ transport, host, port, serverName }: Hop): Flow | undefined {
		const { flow } = this.#server;
		const same = flow.host.includes(":") === host.includes(":") && !this.#terminated;
		const listener = same
			? flow.listener
			: listenerFor(transport, host, this.#core.environment)?.id;
		if (listener === undefined) return undefined;
		return { transport, listener, connection: 0, host, port, serverName };
	}
}

/** What RFC 3263 §5 looks up: SRV for a name alone, addresses for a name with a port, by the transport of the request. */
function sentBy({ request, flow }: ServerTransaction): Uri | undefined {
	const { transport } = flow;
	if (transport === "ws" || transport === "wss") return undefined;
	const { host, port } = request.head.via;
	const scheme = secure(transport) ? "sips" : "sip";
	const by = transport === "udp" ? "udp" : "tcp";
	return readUri(`${scheme}:${host}${port === undefined ? "" : `:${port}`};transport=${by}`);
}

/** Where the response went, or on a stream the connection that was opened for it (response-flow.ts). */
function triedFirst({ request, flow }: ServerTransaction): { host: string; port: number } {
	const { port, params } = request.head.via;
	if (flow.transport === "udp" && params.has("rport")) return flow;
	return { host: flow.host, port: port ?? (secure(flow.transport) ? 5061 : 5060) };
}
