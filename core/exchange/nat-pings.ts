/**
 * Pings to registered UDP phones behind NAT, so that the way back to them stays open. RFC 5626
 * §4.4.2 leaves that to the phone, but only phones with outbound do it.
 *
 * Nothing is kept for a binding and no transaction is begun: a walk through all bindings takes one
 * interval, and an answer is known by its branch. A ping that is lost is made up for by the next.
 * With `unansweredMax` a number is kept for each binding that is pinged.
 */
import type { Binding } from "../base/binding.ts";
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { canonicalAddress } from "../base/ip-address.ts";
import type { Log } from "../base/log.ts";
import { type Expiring, NO_TIMER, type TimerWheel } from "../base/timer-wheel.ts";
import type { Device } from "../leg/device.ts";
import { callable, type LocationStore } from "../location/store.ts";
import { parseUri } from "../message/uri.ts";
import type { Environment } from "../proxy/environment.ts";
import { optionsRequest, UNIQUE_DIGITS } from "../proxy/options-request.ts";
import { outgoingLeg } from "../proxy/outgoing-leg.ts";
import { bindingTarget } from "../proxy/target-set.ts";
import { isOutbound } from "../registrar/same-binding.ts";
import type { Send } from "../transaction/send.ts";

export type NatPingOptions = {
	/** Between two pings to a phone; Infinity: none. */
	readonly pingSeconds: number;
	/** Those whose Contact is not where they are, or all. */
	readonly pingTo: "behind-nat" | "all";
	/** A request that is answered, or two line ends that nobody answers. */
	readonly pingWith: "options" | "crlf";
	/** A binding ends that left so many requests in a row without an answer; Infinity: none does. */
	readonly unansweredMax: number;
};

export type NatPingsHost = {
	readonly store: LocationStore;
	readonly wheel: TimerWheel;
	readonly send: Send;
	readonly environment: () => Environment;
	readonly log: Log;
};

export class NatPings implements Expiring {
	readonly counters = { natPings: 0, natBindingsLost: 0 };
	readonly #host: NatPingsHost;
	#options: NatPingOptions | undefined;
	#timer = NO_TIMER;
	#walk: Iterator<Binding> | undefined;
	#began: Milliseconds = 0;
	/** Bindings that the walk has come by. */
	#seen = 0;
	/** Requests without an answer since the last one; only while a binding may end by them. */
	#missed = new WeakMap<Binding, Missed>();
	/** By branch: of this walk, and of the one before. */
	#asked = new Map<string, Missed>();
	#askedBefore = new Map<string, Missed>();

	constructor(host: NatPingsHost) {
		this.#host = host;
	}

	/** Another interval begins a new walk; without a change the walk goes on. */
	configure(options: NatPingOptions | undefined, now: Milliseconds): void {
		const before = this.#options;
		this.#options = options;
		if (options?.unansweredMax !== before?.unansweredMax) this.#forget();
		if (options?.pingSeconds === before?.pingSeconds) return;
		this.stop();
		this.#forget();
		if (options !== undefined && options.pingSeconds !== Infinity) this.#begin(options, now);
	}

	stop(): void {
		this.#host.wheel.disarm(this.#timer);
		this.#walk = undefined;
	}

	/** Whether a response with this branch is to one of these pings: then it has done its work. */
	answered(branch: string | undefined): boolean {
		if (branch?.startsWith(BRANCH) !== true) return false;
		const missed = this.#asked.get(branch) ?? this.#askedBefore.get(branch);
		if (missed !== undefined) missed.pings = 0;
		return true;
	}

	expire(_tag: string, now: Milliseconds): void {
		const options = this.#options;
		if (options === undefined) return;
		const passed = (now - this.#began) / (options.pingSeconds * 1000);
		const done = this.#goOn(options, Math.min(passed, 1), now);
		if (done && passed >= 1) this.#begin(options, now);
		else this.#arm(options, now);
	}

	#begin(options: NatPingOptions, now: Milliseconds): void {
		this.#walk = undefined;
		this.#began = now;
		this.#seen = 0;
		if (options.unansweredMax !== Infinity) {
			this.#askedBefore = this.#asked;
			this.#asked = new Map();
		}
		this.#arm(options, now);
	}

	/** As often as a binding is due, but neither all the time nor so seldom that a new one waits for it. */
	#arm({ pingSeconds }: NatPingOptions, now: Milliseconds): void {
		const each = (pingSeconds * 1000) / Math.max(1, this.#host.store.size);
		const delay = Math.min(Math.max(each, STEP_MIN), STEP_MAX);
		this.#timer = this.#host.wheel.arm(this, "", now + delay);
	}

	/** So far that the walk is through when its interval is over. Returns whether it is. */
	#goOn(options: NatPingOptions, passed: number, now: Milliseconds): boolean {
		const { store } = this.#host;
		if (store.size === 0) return true;
		this.#walk ??= store.all(now)[Symbol.iterator]();
		let due = passed < 1 ? Math.ceil(store.size * passed) - this.#seen : PINGS_AT_ONCE;
		for (due = Math.min(due, PINGS_AT_ONCE); due > 0; due -= 1) {
			const next = this.#walk.next();
			if (next.done) return true;
			this.#seen += 1;
			// It may have ended since the walk came by its device.
			const binding = next.value;
			if (store.bindings(binding.device, now).includes(binding)) this.#visit(binding, options);
		}
		return false;
	}

	#visit(binding: Binding, options: NatPingOptions): void {
		const { directory } = this.#host.environment();
		const device = directory.device(binding.device);
		// Any other is called at its configured contact, whatever it registers.
		if (device?.contact !== "*" || !wanted(binding, options.pingTo)) return;
		if (options.pingWith === "crlf") this.#send(BLANK, binding.flow);
		else this.#ask(binding, device, options.unansweredMax);
	}

	/** It goes out once, and nobody waits for the answer: a transaction would repeat it for half a minute. */
	#ask(binding: Binding, device: Device, unansweredMax: number): void {
		const environment = this.#host.environment();
		const { random } = environment;
		const target = bindingTarget(binding, device);
		const leg = outgoingLeg(binding.flow, target.scheme, target.policy, environment);
		if (leg === undefined) return;
		const branch = BRANCH + random.hex(UNIQUE_DIGITS);
		if (unansweredMax !== Infinity && !this.#mayMiss(binding, branch, unansweredMax)) return;
		this.#send(optionsRequest(target, leg, branch, random), leg.flow);
	}

	/** Whether it is asked once more, after it has left this many pings in a row without an answer; if not it ends. */
	#mayMiss(binding: Binding, branch: string, unansweredMax: number): boolean {
		const missed = this.#missed.get(binding) ?? { pings: 0 };
		if (missed.pings >= unansweredMax) {
			this.#end(binding, missed.pings);
			return false;
		}
		missed.pings += 1;
		this.#missed.set(binding, missed);
		this.#asked.set(branch, missed);
		return true;
	}

	#send(text: string, flow: Flow): void {
		this.counters.natPings += 1;
		this.#host.send(text, flow, NOBODY);
	}

	/** As the end of a connection ends what rests on it (RFC 5626 §6). */
	#end(binding: Binding, pings: number): void {
		const { store, log } = this.#host;
		const { device, echoed, flow } = binding;
		if (!store.dropBinding(binding)) return;
		this.counters.natBindingsLost += 1;
		log.info(
			{
				event: "binding.silent",
				device,
				contact: echoed,
				source: flow.host,
				port: flow.port,
				pings,
			},
			`${device} has left ${pings} pings without an answer: it is no longer registered at ${flow.host}`,
		);
	}

	#forget(): void {
		this.#missed = new WeakMap();
		this.#asked = new Map();
		this.#askedBefore = new Map();
	}
}

type Missed = { pings: number };

/**
 * Over UDP, to this node, and by no proxy, which would have to keep its own way open; not a phone with
 * outbound, which sends STUN itself (RFC 5626 §4.4.2).
 */
function wanted(binding: Binding, pingTo: NatPingOptions["pingTo"]): boolean {
	const { flow, node, path, scheme } = binding;
	if (flow.transport !== "udp" || scheme === "sips") return false;
	if (node !== undefined || path.length > 0) return false;
	if (isOutbound(binding) || !callable(binding)) return false;
	return pingTo === "all" || isBehindNat(binding);
}

/** The address in its Contact is not the one that it sent from. */
function isBehindNat({ echoed, flow }: Binding): boolean {
	const { host, port = DEFAULT_PORT } = parseUri(echoed);
	return port !== flow.port || canonicalAddress(host) !== canonicalAddress(flow.host);
}

/** The branches of other requests go on in hexadecimal digits, or in "ping". */
const BRANCH = "z9hG4bKnat";
const BLANK = "\r\n\r\n";
/** Owner of a datagram whose failure concerns nobody, so that no socket of its own watches the peer. */
const NOBODY = 0;
const DEFAULT_PORT = 5060;
const STEP_MIN: Milliseconds = 20;
const STEP_MAX: Milliseconds = 1_000;
/** Bindings looked at in one step, that it takes no longer than a few milliseconds: 10,000 in a second. */
const PINGS_AT_ONCE = 200;
