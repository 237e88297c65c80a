/** What route scripts wait for, connected to a real machine. */
import type { Milliseconds } from "./base/clock.ts";
import type { Listener } from "./base/flow.ts";
import type { Config } from "./config/config.ts";
import { configuredDirectory } from "./exchange/configured-directory.ts";
import { registrationOf } from "./exchange/registration.ts";
import { now } from "./host/clock.ts";
import { HttpClient } from "./host/http-client.ts";
import { localAddresses } from "./host/local-addresses.ts";
import type { LocationStore } from "./location/store.ts";
import { OwnAddresses } from "./proxy/own-addresses.ts";
import type { Starting } from "./script/beginning.ts";
import type { Clock } from "./script/clock.ts";
import type { FetchSettings } from "./script/host-calls/http.ts";
import { KeyValueStore } from "./script/host-calls/key-value-store.ts";
import { type Outside, Performing } from "./script/host-calls/performing.ts";
import { DNS_ANSWERS_KEPT, KEY_VALUES } from "./script/limits.ts";
import { type Answer, Dns, type DnsOptions, type Question } from "./transport/dns.ts";

export type EngineHostCallsOptions = {
	/** As configured now. */
	readonly settings: () => FetchSettings;
	/** Takes an input. */
	input(take: () => void): void;
	readonly lookup: Outside["lookup"];
	/** The system's name servers unless given. */
	readonly dns?: DnsOptions;
};

/** What there is beside the configuration when scripts start. */
export type Started = {
	readonly store: LocationStore;
	/** None before they are open. */
	readonly listeners: readonly Listener[];
	services(): Services;
};

type Services = Parameters<typeof registrationOf>[2];

/** Nobody has been watched yet: whatever is configured is in service. */
export const UNWATCHED: Services = { status: () => undefined };

/** The time of the calls. A load that waits keeps the process alive. */
const LOAD_CLOCK: Clock = {
	now,
	after(delay, run) {
		const timer = setTimeout(run, delay);
		return () => clearTimeout(timer);
	},
};

export class EngineHostCalls extends Performing {
	readonly #http: HttpClient;
	readonly #dns: Dns;
	readonly #dnsOfScripts: Dns;
	readonly #input: EngineHostCallsOptions["input"];
	readonly #kv: KeyValueStore;
	readonly #outside: Outside;

	constructor({ settings, input, lookup, dns }: EngineHostCallsOptions) {
		const http = new HttpClient();
		// Of its own, so that names which scripts make of what callers send do not displace those of the traffic.
		const dnsOfScripts = new Dns({ ...dns, answers: DNS_ANSWERS_KEPT });
		const kv = new KeyValueStore(KEY_VALUES);
		const outside: Outside = {
			fetch: (request, answer) =>
				http.fetch(request, (outcome) => input(() => answer(outcome, now()))),
			askDns: (question, answer) => this.#ask(this.#dnsOfScripts, question, answer),
			lookup,
		};
		super({ kv, settings, outside });
		this.#kv = kv;
		this.#outside = outside;
		this.#http = http;
		this.#dns = new Dns(dns);
		this.#dnsOfScripts = dnsOfScripts;
		this.#input = input;
	}

	/** For the proxy itself. */
	askDns(question: Question, answer: (records: Answer, now: Milliseconds) => void): void {
		this.#ask(this.#dns, question, answer);
	}

	/**
	 * For `onStart` of scripts that do not serve yet: what comes with them in the configuration counts
	 * already. Before the sockets are open, an address-of-record at an address of ours is not known as ours.
	 */
	starting(config: Config, { store, listeners, services }: Started): Starting {
		const directory = configuredDirectory(config, store);
		const own = new OwnAddresses(listeners, config.domains, localAddresses());
		const outside: Outside = {
			...this.#outside,
			lookup: (aor, at) => registrationOf(aor, { directory, own }, services(), at),
		};
		const settings = () => config.script;
		return { calls: new Performing({ kv: this.#kv, settings, outside }), clock: LOAD_CLOCK };
	}

	close(): void {
		this.#http.close();
		this.#dns.close();
		this.#dnsOfScripts.close();
	}

	#ask(dns: Dns, question: Question, answer: (records: Answer, now: Milliseconds) => void): void {
		void dns.answer(question).then((records) => this.#input(() => answer(records, now())));
	}
}
