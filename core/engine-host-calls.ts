/** What route scripts wait for, connected to a real machine. */
import type { Milliseconds } from "./base/clock.ts";
import { now } from "./host/clock.ts";
import { HttpClient } from "./host/http-client.ts";
import type { FetchSettings } from "./script/host-calls/http.ts";
import { KeyValueStore } from "./script/host-calls/key-value-store.ts";
import { type Outside, Performing } from "./script/host-calls/performing.ts";
import { KEY_VALUES } from "./script/limits.ts";
import { type Answer, Dns, type Question } from "./transport/dns.ts";

export type EngineHostCallsOptions = {
	/** As configured now. */
	readonly settings: () => FetchSettings;
	/** Takes an input. */
	input(take: () => void): void;
	readonly lookup: Outside["lookup"];
};

export class EngineHostCalls extends Performing {
	readonly #http: HttpClient;
	readonly #dns: Dns;
	readonly #input: EngineHostCallsOptions["input"];

	constructor({ settings, input, lookup }: EngineHostCallsOptions) {
		const http = new HttpClient();
		super({
			kv: new KeyValueStore(KEY_VALUES),
			settings,
			outside: {
				fetch: (request, answer) =>
					http.fetch(request, (outcome) => input(() => answer(outcome, now()))),
				askDns: (question, answer) => this.askDns(question, answer),
				lookup,
			},
		});
		this.#http = http;
		this.#dns = new Dns();
		this.#input = input;
	}

	/** For scripts, and for the proxy itself. */
	askDns(question: Question, answer: (records: Answer, now: Milliseconds) => void): void {
		void this.#dns.answer(question).then((records) => this.#input(() => answer(records, now())));
	}

	close(): void {
		this.#http.close();
		this.#dns.close();
	}
}
