/**
 * One simulated world: a proxy, phones, a network and a clock, all out of one seed. Bad weather
 * while calls are made; then calm, in which everything has to come right; then quiet.
 */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Config } from "../../core/config/config.ts";
import type { RouteGeneration } from "../../core/exchange/route-generation.ts";
import type { DnsAnswer, DnsQuestion } from "../../core/resolve/dns.ts";
import { START } from "../support/rig-config.ts";
import { Agenda } from "./agenda.ts";
import { Call, type CallPlan } from "./call.ts";
import { Callee } from "./callee.ts";
import { Caller } from "./caller.ts";
import { Chance } from "./chance.ts";
import type { Dialog } from "./dialog.ts";
import { serve } from "./in-dialog.ts";
import type { Ladder } from "./ladder.ts";
import { withLegSettings } from "./leg-settings.ts";
import { FINE, Network, WEATHERS, type WeatherName } from "./network.ts";
import { Phone, type PhoneWorld } from "./phone.ts";
import { DOMAIN, dnsRecords, phonePlaces, planCall } from "./plan.ts";
import { ProxyHost } from "./proxy-host.ts";
import { plannedRoutes } from "./script.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import type { Sip } from "./sip.ts";
import { planTrouble } from "./trouble.ts";
import { expect, Violation, Watch } from "./watch.ts";

export type WorldOptions = {
	readonly seed: number;
	readonly config: Config;
	/** The routes that Sipwright has built in; half of the seeds go by them. */
	readonly builtIn: Pick<RouteGeneration, "ask">;
	readonly ladder?: Ladder | undefined;
	readonly tamper?: ((text: string) => string) | undefined;
};

export type Conditions = {
	/** Calls a second of virtual time. */
	readonly rate?: number;
	readonly weather?: WeatherName;
};

const RATE = 1;
const REGISTERING: Milliseconds = 5_000;
const AFTER_THE_LAST_CALL: Milliseconds = 25_000;
/** After the last message every transaction is over, the longest timer being 64*T1 (TX-42). */
const SETTLED: Milliseconds = 40_000;
/** Enough to register again after everything was lost. */
const RECOVERY: Milliseconds = 45_000;

export class World implements PhoneWorld {
	readonly domain = DOMAIN;
	readonly agenda = new Agenda(START);
	readonly network: Network;
	readonly proxy: ProxyHost;
	readonly watch: Watch;
	readonly chance: Chance;
	readonly phones: readonly Phone[];
	/** How often what happened. */
	readonly counts = new Map<string, number>();
	readonly weather: WeatherName;
	readonly #options: WorldOptions;
	readonly #builtIn: boolean;
	readonly #calls = new Map<string, Call>();
	readonly #plans = new Map<string, CallPlan>();
	#lastCall = 0;
	#calmSince: Milliseconds = 0;

	constructor(options: WorldOptions) {
		const { seed, config, builtIn } = options;
		this.#options = options;
		const kind = new Chance(seed, 1);
		this.weather = kind.weighted({ fine: 15, office: 20, wireless: 30, storm: 25, hurricane: 10 });
		this.#builtIn = kind.yes(0.2);
		this.network = new Network(this.agenda, new Chance(seed, 2));
		this.watch = new Watch(this.agenda);
		this.chance = new Chance(seed, 3);
		this.proxy = new ProxyHost({
			config: withLegSettings(config, seed),
			routes: this.#builtIn ? builtIn : plannedRoutes((dialled) => this.#plans.get(dialled)),
			fallback: undefined,
			agenda: this.agenda,
			network: this.network,
			chance: new Chance(seed, 4),
			watch: this.watch,
			tamper: options.tamper,
			note: (sip, way) =>
				way === "in" ? this.note("", "proxy", sip) : this.note("proxy", "", sip),
			dial: ({ transport, host, port }) =>
				this.phones.find(
					({ place, address, up }) =>
						up &&
						place.accepts &&
						(place.transport === transport || (place.transport === "udp" && transport === "tcp")) &&
						place.host === host &&
						address.port === port,
				),
			dns: (question) => this.#dns(question),
		});
		this.phones = phonePlaces().map((place) => new Phone(this, place));
	}

	/** `count` calls and all that follows from them; throws a Violation. May be called again. */
	run(count: number, { rate = RATE, weather = this.weather }: Conditions = {}): void {
		const start = this.agenda.now;
		const from = start + REGISTERING;
		const to = from + Math.ceil((count * 1000) / rate);
		const calm = to + AFTER_THE_LAST_CALL;
		const probe = calm + RECOVERY;
		for (const phone of this.phones)
			this.agenda.after(this.chance.below(2_000), () => phone.register());
		this.agenda.at(from, () => {
			this.network.weather = WEATHERS[weather];
		});
		const trouble = new Chance(this.#options.seed, 5, this.#lastCall);
		if (weather !== "fine") planTrouble(this, trouble, from, calm);
		this.#planCalls(count, { from, to, probe });
		this.agenda.at(calm, () => this.#calm());
		this.agenda.at(probe, () => this.#probe());
		this.#untilQuiet();
		this.#leave();
		this.#untilQuiet();
		this.#check();
	}

	invited(phone: Phone, transaction: ServerTransaction): void {
		const { request } = transaction;
		const call = this.#calls.get(request.callId);
		expect(call !== undefined, request, "an INVITE belongs to a call");
		if (call === undefined) return;
		const chance = new Chance(this.#options.seed, 6, call.plan.id, this.phones.indexOf(phone));
		new Callee(phone, transaction, call, chance, (callee) => this.#stuck(callee, phone)).start();
	}

	inDialog(dialog: Dialog, transaction: ServerTransaction): void {
		const { request } = transaction;
		expect(request.routes.length === 0, request, "no Route is left for the last hop");
		const own = dialog.contacts.includes(request.uri);
		expect(own, request, `the Request-URI is the Contact of its target, ${dialog.contact}`);
		serve(dialog, transaction);
	}

	note(from: string, to: string, sip: Sip): void {
		this.#options.ladder?.note(this.agenda.now - START, from, to, sip);
	}

	#planCalls(
		count: number,
		time: { readonly from: Milliseconds; readonly to: Milliseconds; readonly probe: Milliseconds },
	): void {
		for (let left = count; left > 0; left -= 1) {
			this.#lastCall += 1;
			const id = this.#lastCall;
			const plan = planCall(id, new Chance(this.#options.seed, 7, id), time, this.#builtIn);
			const call = new Call(plan, `call-${id}`, this.counts);
			this.#calls.set(call.callId, call);
			this.#plans.set(plan.dialled, plan);
			if (plan.script === "drops") this.watch.dropped.add(call.callId);
			if (plan.fork.recurse) this.watch.recursing.add(call.callId);
			const phone = this.phones.find(({ name }) => name === plan.caller);
			this.agenda.at(plan.at, () => {
				if (phone?.up) new Caller(phone, call).start();
			});
		}
	}

	#untilQuiet(): void {
		for (;;) {
			const happening = this.agenda.next();
			const timer = this.proxy.next();
			if (happening === undefined && timer === undefined) return;
			if (timer !== undefined && (happening === undefined || timer <= happening)) {
				this.agenda.now = Math.max(this.agenda.now, timer);
				this.proxy.advance(this.agenda.now);
			} else this.agenda.step();
		}
	}

	#calm(): void {
		this.network.weather = FINE;
		this.network.cutOff.clear();
		this.#calmSince = this.agenda.now;
		for (const phone of this.phones) if (phone.up) phone.register();
	}

	/** Every dialog that both ends believe in has to carry requests, both ways (§16.6 step 4, §16.12). */
	#probe(): void {
		const dialogs = new Map<string, Dialog>();
		for (const phone of this.phones)
			for (const [key, dialog] of phone.dialogs)
				if (dialog.state === "confirmed") dialogs.set(key, dialog);
		for (const dialog of dialogs.values()) {
			const { callId, localTag, remoteTag } = dialog;
			const peer = dialogs.get(`${callId} ${remoteTag} ${localTag}`);
			if (peer === undefined) continue;
			dialog.call.count("probe");
			const { request } = dialog.send("OPTIONS", [], (response) => {
				if (dialog.state === "ended" || peer.state === "ended" || response?.status === 100) return;
				const answer = response?.status ?? "nothing";
				const rule = `a dialog carries requests from ${dialog.phone.name} to ${peer.phone.name}: ${answer}`;
				expect(response?.status === 200, request, rule);
			});
		}
	}

	/** A callee that rang for much longer than Timer C: its CANCEL was lost on the way, or never sent. */
	#stuck(callee: Callee, phone: Phone): void {
		const cancelledAt = this.watch.cancelledAt(callee.invite);
		this.counts.set("rang on", (this.counts.get("rang on") ?? 0) + 1);
		// On the connection that the INVITE came on, or not at all (§9.1).
		const lost =
			cancelledAt !== undefined &&
			(cancelledAt < this.#calmSince || phone.troubledAt >= callee.since);
		expect(
			lost || callee.ignores,
			callee.invite,
			`${phone.name} hears the CANCEL of a call that rings`,
		);
	}

	#dns(question: DnsQuestion): { answer: DnsAnswer; after: Milliseconds } {
		if (this.network.weather === FINE) return { answer: dnsRecords(question), after: 5 };
		const fate = this.chance.weighted({ soon: 85, late: 10, failed: 5 });
		if (fate === "failed") return { answer: "failed", after: this.chance.between(2_000, 20_000) };
		const after = fate === "late" ? this.chance.between(500, 12_000) : this.chance.between(1, 80);
		return { answer: dnsRecords(question), after };
	}

	/** Everybody signs off and hangs up for good. */
	#leave(): void {
		for (const phone of this.phones) phone.leave();
		this.agenda.after(SETTLED, () => {
			const { size } = this.proxy.exchange.proxy.transactions;
			if (size !== 0) throw new Violation(`${size} transactions after ${SETTLED} ms of quiet`, "");
			for (const stream of this.proxy.streams) stream.reset();
		});
	}

	#check(): void {
		this.watch.finish();
		const { exchange, store, retained, asking, connections } = this.proxy;
		const gauges = {
			transactions: exchange.proxy.transactions.size,
			timers: exchange.next() === undefined ? 0 : 1,
			"generations held": retained,
			"questions to name servers": asking,
			connections,
			bindings: [...store.all(this.agenda.now)].length,
			malformed: exchange.counters.malformed,
			dialogs: this.#sum(({ dialogs }) => dialogs.size),
			"client transactions of phones": this.#sum(({ clients }) => clients.size),
		};
		for (const [name, value] of Object.entries(gauges))
			if (value !== 0)
				throw new Violation(
					`${name}: ${value} when all is quiet${this.#left()}`,
					this.#anyCallId(),
				);
		this.#calls.clear();
		this.#plans.clear();
		for (const phone of this.phones) phone.servers.clear();
	}

	#sum(count: (phone: Phone) => number): number {
		return this.phones.reduce((sum, phone) => sum + count(phone), 0);
	}

	#left(): string {
		const keys = this.phones.flatMap(({ dialogs, clients }) => [
			...dialogs.keys(),
			...clients.keys(),
		]);
		return keys.map((key) => `; ${key}`).join("");
	}

	#anyCallId(): string {
		for (const { dialogs, clients } of this.phones) {
			for (const { callId } of dialogs.values()) return callId;
			for (const { request } of clients.values()) return request.callId;
		}
		return "";
	}
}
