/** What route scripts wait for, connected to a real machine. */
import { now } from "./host/clock.ts";
import { HttpClient } from "./host/http-client.ts";
import type { FetchSettings } from "./script/host-calls/http.ts";
import { KeyValueStore } from "./script/host-calls/key-value-store.ts";
import { Performing } from "./script/host-calls/performing.ts";
import { KEY_VALUES } from "./script/limits.ts";

export type EngineHostCallsOptions = {
	/** As configured now. */
	readonly settings: () => FetchSettings;
	/** Takes an input. */
	input(take: () => void): void;
};

export class EngineHostCalls extends Performing {
	readonly #http: HttpClient;

	constructor({ settings, input }: EngineHostCallsOptions) {
		const http = new HttpClient();
		super({
			kv: new KeyValueStore(KEY_VALUES),
			settings,
			outside: {
				fetch: (request, answer) =>
					http.fetch(request, (outcome) => input(() => answer(outcome, now()))),
			},
		});
		this.#http = http;
	}

	close(): void {
		this.#http.close();
	}
}
