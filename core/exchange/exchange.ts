/**
 * The protocol core put together: transactions, proxy, registrar, digest, location, route scripts.
 * It does no I/O. Inputs: a message, a failed send, a closed connection, a deadline, a DNS answer.
 * Outputs: `send`, `next()` for when to call `advance`, DNS questions.
 */
import type { DigestOptions } from "../auth/digest.ts";
import type { Milliseconds } from "../base/clock.ts";
import { bounded, type Flow } from "../base/flow.ts";
import type { Log } from "../base/log.ts";
import { TimerWheel } from "../base/timer-wheel.ts";
import type { LocationStore } from "../location/store.ts";
import type { Malformed, Request, Response } from "../message/message.ts";
import type { ParseError } from "../message/parse-error.ts";
import { parseMessage } from "../message/parse-message.ts";
import { buildResponse } from "../message/response.ts";
import { topBranch } from "../message/top-branch.ts";
import type { Uri } from "../message/uri.ts";
import { stampVia } from "../message/via-stamp.ts";
import type { ChallengeDecision, Decision, Pass } from "../proxy/decision.ts";
import { deviceNamed } from "../proxy/directory.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Failure } from "../proxy/failure.ts";
import { canForward } from "../proxy/forward-response.ts";
import { ProxyCore } from "../proxy/proxy.ts";
import type { ProxyPort, RequestHook } from "../proxy/proxy-port.ts";
import type { Rejection } from "../proxy/rejection.ts";
import { reply } from "../proxy/reply.ts";
import type { Branch, ResponseContext } from "../proxy/response-context.ts";
import type { BranchLeg } from "../proxy/scripted-branch.ts";
import type { ServiceStatus } from "../proxy/service-state.ts";
import type { Target } from "../proxy/target-set.ts";
import type { Located, Waiting } from "../proxy/waiting.ts";
import type { RegisterOptions } from "../registrar/register-input.ts";
import type { HostCalls } from "../script/host-call.ts";
import type { Registration } from "../script/host-calls/performing.ts";
import type { Send } from "../transaction/send.ts";
import { AddressLookup, type AskDns } from "./address-lookup.ts";
import { answerFlow } from "./answer-flow.ts";
import { crossingOf, judgeInDialog, refusal } from "./arrival.ts";
import { Asking } from "./asking.ts";
import { Logins } from "./logins.ts";
import { type NatPingOptions, NatPings } from "./nat-pings.ts";
import { NewRequests } from "./new-requests.ts";
import { registrationOf } from "./registration.ts";
import type { RouteGeneration, RouteScripts } from "./route-generation.ts";
import { saveBindings } from "./save-bindings.ts";
import { SchemeLog } from "./scheme-log.ts";
import { askedOf, noteAnswer, ScriptHooks } from "./script-hooks.ts";
import { ScriptTimers } from "./script-timers.ts";

export type ExchangeOptions = {
	readonly environment: Environment;
	readonly digest: DigestOptions;
	readonly registrar: Omit<RegisterOptions, "register">;
	/** Unless given, no phone is pinged. */
	readonly nat?: NatPingOptions;
	readonly store: LocationStore;
	readonly scripts: RouteScripts;
	/** What scripts may wait for. */
	readonly calls: HostCalls;
	/** What a request gets whose script failed: the decision of other scripts, or 500. */
	readonly fallback: RouteGeneration | undefined;
	readonly send: Send;
	readonly askDns: AskDns;
	/** Whether a message can still be sent along this flow. */
	alive(flow: Flow): boolean;
	/** The client of this flow takes requests to that port of its address on it (RFC 5923 §8.2). */
	alias?(flow: Flow, port: number): void;
	/** The client of this stream was told how often to send a keep-alive; undefined: it was not (RFC 5626 §5.4). */
	expectPings?(flow: Flow, every: Milliseconds | undefined): void;
	/** Whether garbage from there still gets an answer: a flood of it must not make us send one. */
	mayAnswerMalformed(flow: Flow): boolean;
	readonly log: Log;
	readonly transactionsMax: number;
	/** Octets of memory that transactions may take; as much as there is unless given. */
	readonly transactionMemory?: number;
	readonly now: Milliseconds;
};

/** What a reload may replace while calls are up. */
export type ExchangeSettings = Pick<
	ExchangeOptions,
	"environment" | "digest" | "registrar" | "nat" | "fallback"
>;

export class Exchange implements ProxyPort {
	readonly proxy: ProxyCore;
	readonly #options: ExchangeOptions;
	readonly #wheel: TimerWheel;
	#settings: ExchangeSettings;
	#addresses: AddressLookup;
	#stopped = false;
	readonly #schemes: SchemeLog;
	readonly #asking: Asking;
	readonly #hooks: ScriptHooks;
	readonly #timers: ScriptTimers;
	readonly #logins: Logins;
	readonly #requests: NewRequests;
	readonly #pings: NatPings;
	readonly #counters = { malformed: 0 };

	constructor(options: ExchangeOptions) {
		this.#options = options;
		this.#settings = options;
		this.#wheel = new TimerWheel(options.now);
		this.#addresses = this.#lookup(options.environment);
		this.#schemes = new SchemeLog(options.log);
		this.#logins = new Logins(() => this.#settings, options.log);
		this.#asking = new Asking(options.calls, this.#wheel);
		this.#hooks = new ScriptHooks(this.#asking, {
			log: options.log,
			environment: () => this.#settings.environment,
			scripts: options.scripts,
			decideInDialog: (context, answer, now) => this.proxy.decideInDialog(context, answer, now),
			decideFailure: (context, answer, now) => this.proxy.decideFailure(context, answer, now),
		});
		this.#requests = new NewRequests({
			settings: () => this.#settings,
			scripts: options.scripts,
			asking: this.#asking,
			logins: this.#logins,
			schemes: this.#schemes,
			failed: (error) => this.#hooks.scriptFailed(error),
			decide: (context, decision, now) => this.proxy.decide(context, decision, now),
		});
		this.#timers = new ScriptTimers({
			asking: this.#asking,
			wheel: this.#wheel,
			failed: (error) => this.#hooks.scriptFailed(error),
		});
		this.#pings = new NatPings({
			store: options.store,
			wheel: this.#wheel,
			send: options.send,
			environment: () => this.#settings.environment,
			log: options.log,
		});
		this.#pings.configure(options.nat, options.now);
		this.scriptsChanged(options.now);
		this.proxy = new ProxyCore({
			port: this,
			environment: options.environment,
			wheel: this.#wheel,
			send: options.send,
			transactionsMax: options.transactionsMax,
			transactionMemory: options.transactionMemory ?? Infinity,
			now: options.now,
		});
	}

	/** Counts since the start, and hooks that wait now. */
	get counters() {
		const scriptErrors = this.#hooks.errors;
		return {
			...this.#counters,
			scriptErrors,
			...this.#schemes.counters,
			...this.#logins.counters,
			...this.#asking.counters,
			...this.#pings.counters,
		};
	}

	/** Hooks that wait for what they called. */
	get waiting(): number {
		return this.#asking.waiting;
	}

	configure(settings: ExchangeSettings, now: Milliseconds): void {
		this.#settings = settings;
		this.#addresses = this.#lookup(settings.environment);
		this.#pings.configure(settings.nat, now);
		this.proxy.configure(settings.environment, now);
	}

	/** Others may serve than before. */
	scriptsChanged(now: Milliseconds): void {
		this.#timers.serve(this.#options.scripts.serving, now);
	}

	/** A message arrived: a whole one, unparsed, one character per octet. */
	receive(text: string, flow: Flow, now: Milliseconds): void {
		if (text.startsWith("SIP/2.0 ") && !this.proxy.transactions.awaits(text))
			return this.#unexpected(text);
		const message = parseMessage(text, bounded(flow.transport) ? "datagram" : "stream");
		if (message.kind === "malformed") this.refuse(message, flow);
		else if (message.kind === "response") this.#receiveResponse(message, flow, now);
		else {
			if (flow.identities !== undefined) this.#noteAlias(message, flow);
			this.proxy.transactions.receive(
				stampVia(message, flow, this.#settings.registrar.flowTimerSeconds),
				flow,
				now,
			);
		}
	}

	/** RFC 5923 §8.2: counts only on a connection whose client has proved who it is (§9.2). */
	#noteAlias({ head }: Request, flow: Flow): void {
		const { params, port } = head.via;
		if (params.has("alias")) this.#options.alias?.(flow, port ?? 5061);
	}

	#unexpected(text: string): void {
		if (!this.#pings.answered(topBranch(text)))
			this.proxy.transactions.counters.unmatchedResponses += 1;
	}

	/** One that could not be forwarded must not end a transaction: it is dropped like what is not SIP. */
	#receiveResponse(response: Response, flow: Flow, now: Milliseconds): void {
		if (canForward(response)) this.proxy.transactions.receive(response, flow, now);
		else if (!this.#pings.answered(response.head.via.params.get("branch")))
			this.#counters.malformed += 1;
	}

	/** The stream breaks off in this text. Answered like `refuse`; whoever cut the stream has counted the answer. */
	framingError(text: string, error: ParseError, flow: Flow): void {
		this.#counters.malformed += 1;
		const message = parseMessage(text, "stream");
		if (message.kind === "response") return;
		// What is too large was cut: the parser misses the rest of it.
		const told = message.kind === "malformed" && error.status === 400 ? message.error : error;
		const { method, head } = message;
		this.#answerMalformed({ kind: "malformed", error: told, text, method, head }, flow);
	}

	/** What is not SIP gets the status of its fault along the way it came, where an answer is possible (RFC 3261 §8.2, §16.3). */
	refuse(malformed: Malformed, flow: Flow): void {
		this.#counters.malformed += 1;
		if (this.#options.mayAnswerMalformed(flow)) this.#answerMalformed(malformed, flow);
	}

	#answerMalformed(malformed: Malformed, flow: Flow): void {
		const { error } = malformed;
		const reason = error.status === 400 ? { reason: `Bad ${error.field}` } : {};
		const toTag = this.#settings.environment.random.hex(16);
		const text = buildResponse(malformed, error.status, { ...reason, toTag });
		if (text !== undefined) this.#options.send(text, answerFlow(malformed, flow), 0);
		this.#options.log.debug(
			{ event: "message.malformed", source: flow.host, port: flow.port, reason: error.message },
			error.message,
		);
	}

	sendFailed(owner: number, now: Milliseconds): void {
		this.proxy.transactions.transportFailed(owner, now);
	}

	/** No binding is dropped any more, for a connection that closes or for silence: the process is about to end. */
	stop(): void {
		this.#stopped = true;
		this.#pings.stop();
	}

	/** The bindings on it are gone with it (RFC 5626 §7): whoever calls them is told 480. */
	connectionClosed(connection: number): void {
		if (this.#stopped) return;
		this.proxy.kept.closed(connection);
		for (const { device, echoed } of this.#options.store.dropFlow(connection))
			this.note("binding.flow-closed", { device, contact: echoed });
	}

	advance(now: Milliseconds): void {
		this.#wheel.advance(now);
	}

	/** When `advance` has to be called next. */
	next(): Milliseconds | undefined {
		return this.#wheel.next();
	}

	ask(context: ResponseContext, now: Milliseconds): Decision | undefined {
		return this.#requests.ask(context, now);
	}

	alongFlow(context: ResponseContext, now: Milliseconds): void {
		this.#requests.alongFlow(context, now);
	}

	answered(context: ResponseContext, status: number): void {
		this.#asking.giveUp(context);
		noteAnswer(context, status);
	}

	hears(context: ResponseContext, hook: RequestHook): boolean {
		return this.#hooks.hears(context, hook);
	}

	failed(context: ResponseContext, failure: Failure, now: Milliseconds) {
		return this.#hooks.failed(context, failure, now);
	}

	branching(branch: Branch, leg: BranchLeg, now: Milliseconds): Pass {
		return this.#hooks.branching(branch, leg, now);
	}

	answering(branch: Branch, leg: BranchLeg, response: Response, now: Milliseconds): Pass {
		return this.#hooks.answering(branch, leg, response, now);
	}

	inDialog(context: ResponseContext, now: Milliseconds) {
		return this.#hooks.inDialog(context, now);
	}

	ended(context: ResponseContext): void {
		this.#asking.giveUp(context);
		askedOf(context)?.generation.release();
		context.asked = undefined;
	}

	locate(waiting: Waiting, uri: Uri, now: Milliseconds): Located | undefined {
		return this.#addresses.find(uri, now, (located, at) => waiting.located(located, at));
	}

	/** By the name of a device, or by its address-of-record: for scripts. */
	lookup(aor: string, now: Milliseconds): Registration | undefined {
		const { services } = this.proxy.candidates;
		return registrationOf(aor, this.#settings.environment, services, now);
	}

	alive(flow: Flow): boolean {
		return this.#options.alive(flow);
	}

	register(
		context: ResponseContext,
		contacts: readonly string[] | undefined,
		now: Milliseconds,
	): Rejection {
		const { store, expectPings } = this.#options;
		const { environment, registrar: options } = this.#settings;
		const input = { context, contacts, environment, options, store, schemes: this.#schemes, now };
		const answer = saveBindings({ ...input, expectPings });
		// While the script waited, its connection may have closed: then that has been told already.
		const { flow } = context.server;
		if (flow.connection !== 0 && !this.alive(flow)) this.connectionClosed(flow.connection);
		return answer;
	}

	inClear(request: Request, flow: Flow, now: Milliseconds): Rejection | undefined {
		const { environment } = this.#settings;
		const { verdict, device } = judgeInDialog(request, flow, environment);
		this.#schemes.mismatch(verdict, device, flow, now);
		const { refused } = verdict;
		return refused && reply(refusal(refused, flow, environment));
	}

	crossing(context: ResponseContext, target: Target, now: Milliseconds): void {
		const asked = askedOf(context);
		this.#schemes.crossing(crossingOf(context, asked?.caller.device, target), now);
	}

	contactLost({ head }: Request, flow: Flow, now: Milliseconds): void {
		const { directory } = this.#settings.environment;
		const device = deviceNamed(head.from.uri, directory) ?? directory.deviceAt(flow);
		this.#schemes.contactLost(device?.name ?? flow.host, head.callId, now);
	}

	ownCredentials(request: Request, flow: Flow): readonly number[] {
		return this.#logins.own({ request, flow });
	}

	challenge(context: ResponseContext, decision: ChallengeDecision, now: Milliseconds): Rejection {
		const { request, server } = context;
		const received = { request, flow: server.flow };
		return this.#logins.challenge(received, askedOf(context)?.caller, decision, now);
	}

	serviceChanged({ device, inService, reason }: ServiceStatus): void {
		const { log } = this.#options;
		if (inService) log.info({ event: "device.in-service", device }, `${device} is in service`);
		else
			log.warn(
				{ event: "device.out-of-service", device, reason },
				`${device} is out of service: ${reason}`,
			);
	}

	note(event: string, fields: object): void {
		this.#options.log.debug({ event, ...fields }, event);
	}

	#lookup(environment: Environment): AddressLookup {
		return new AddressLookup({
			environment,
			wheel: this.#wheel,
			ask: this.#options.askDns,
			failed: ({ code, message }) => this.note("address.not-found", { code, reason: message }),
		});
	}
}
