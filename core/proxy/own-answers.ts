/**
 * The responses that are our own: RFC 3261 §8.2.6, §16.3. Whoever nothing vouches for gets one that
 * we keep nothing of (§26.3.2.4).
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { TransactionTable } from "../transaction/transaction-table.ts";
import { knows } from "./directory.ts";
import type { Environment } from "./environment.ts";
import type { LateBindings } from "./late-bindings.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { ownResponse, type Rejection } from "./rejection.ts";
import type { ResponseContext } from "./response-context.ts";

/** The proxy core, as far as answers need it. */
export type AnswersCore = {
	/** Replaced as a whole on reload: it is read when it is needed. */
	readonly environment: Environment;
	readonly transactions: TransactionTable;
	readonly late: Pick<LateBindings, "forget">;
};

/** 64 bits: RFC 3261 §19.3 asks for at least 32. */
const TAG_DIGITS = 16;

export class OwnAnswers {
	readonly #core: AnswersCore;
	readonly #port: Pick<ProxyPort, "answered" | "ended">;

	constructor(core: AnswersCore, port: Pick<ProxyPort, "answered" | "ended">) {
		this.#core = core;
		this.#port = port;
	}

	/** The final response of a context that nobody else answers. */
	reject(context: ResponseContext, rejection: Rejection, now: Milliseconds): void {
		const { branches, server, vouched } = context;
		const alone = rejection.status >= 300 && branches.length === 0 && !context.cancelled;
		if (alone && !vouched && this.#isStranger(server.flow)) {
			this.refuse(context, rejection);
			return;
		}
		context.close();
		this.#port.answered(context, rejection.status);
		this.#answer(server, rejection, now, context);
		context.settle();
	}

	/** An answer without state, to whom we owe nothing: one for each request, never repeated (§26.3.2.4). */
	refuse(context: ResponseContext, rejection: Rejection): void {
		context.close();
		context.settle();
		this.#port.answered(context, rejection.status);
		this.#answerOnce(context.server, rejection);
		this.#core.late.forget(context);
		this.#port.ended(context);
	}

	/** To a CANCEL: `context` is that of its INVITE, if there is one (§9.2). */
	cancel(server: ServerTransaction, context: ResponseContext | undefined, now: Milliseconds): void {
		if (context !== undefined) this.#answer(server, { status: 200 }, now, context);
		else if (this.#isStranger(server.flow)) this.#answerOnce(server, { status: 481 });
		else this.#answer(server, { status: 481 }, now);
	}

	/** No answer at all: the server transaction goes with whatever would still come for it. */
	drop(context: ResponseContext, now: Milliseconds): void {
		context.close();
		this.#core.transactions.drop(context.server, now);
	}

	#isStranger(flow: Flow): boolean {
		return !knows(this.#core.environment.directory, flow);
	}

	#answerOnce(server: ServerTransaction, rejection: Rejection): void {
		const { transactions } = this.#core;
		const toTag = transactions.statelessTag(server.request);
		const text = ownResponse(server.request, rejection, toTag);
		if (text === undefined) transactions.abandon(server);
		else transactions.answerOnce(server, text);
	}

	#answer(
		server: ServerTransaction,
		rejection: Rejection,
		now: Milliseconds,
		context?: ResponseContext,
	): void {
		const { environment, transactions } = this.#core;
		const make = () => environment.random.hex(TAG_DIGITS);
		const text = ownResponse(server.request, rejection, context?.toTag(make) ?? make());
		if (text !== undefined) transactions.respond(server, text, rejection.status, now);
	}
}
