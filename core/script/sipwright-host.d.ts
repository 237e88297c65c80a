/**
 * What a route script may wait for. Exported by the module "sipwright", whose functions are in
 * sipwright.d.ts.
 */

/**
 * What a call of the host fails with: `code` says how, the message what.
 *
 * @example
 * try {
 * 	await kv.set("note", text);
 * } catch (error) {
 * 	log.warn((error as HostError).message);
 * }
 */
export interface HostError extends Error {
	readonly code: string;
}

/**
 * What `kv` keeps.
 *
 * @example
 * const closed: KeyValue | undefined = await kv.get("closed");
 */
export type KeyValue = string | number | boolean | null;

/**
 * When an entry goes.
 *
 * @example
 * await kv.set("closed", true, { expires: 3600 });
 */
export interface ExpiryOptions {
	/** Seconds; for ever unless given. */
	readonly expires?: number;
}

/**
 * How `kv.increment` counts.
 *
 * @example
 * await kv.increment("minutes", { by: 5, expires: 86_400 });
 */
export interface IncrementOptions extends ExpiryOptions {
	/** 1 unless given. */
	readonly by?: number;
}

/**
 * A store of keys and values. Each call waits, if only a moment.
 *
 * @example
 * const store: KeyValues = kv;
 */
export interface KeyValues {
	/** Undefined without an entry, or when it has expired. */
	get(key: string): Promise<KeyValue | undefined>;
	set(key: string, value: KeyValue, options?: ExpiryOptions): Promise<void>;
	/** Adds to a number and returns the sum. An entry that is new begins at 0; `expires` counts from then. */
	increment(key: string, options?: IncrementOptions): Promise<number>;
	/** False: there was no entry. */
	delete(key: string): Promise<boolean>;
}

/**
 * What a script counts and measures, by names of its own: letters, digits, `_` and `:`, up to 100, the
 * first no digit.
 *
 * @example
 * const counters: Metrics = metric;
 */
export interface Metrics {
	/** Adds `by`, or 1, to what only grows. */
	count(name: string, by?: number): void;
	/** Says what something is now. */
	set(name: string, value: number): void;
}

/**
 * What is out of the ordinary in a `fetch`.
 *
 * @example
 * const options: FetchOptions = { method: "POST", body: JSON.stringify({ text }), timeout: 0.5 };
 */
export interface FetchOptions {
	/** GET unless given. */
	readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD";
	/** Not Host, Content-Length or what else belongs to the connection. */
	readonly headers?: Readonly<Record<string, string>>;
	/** Text, sent as UTF-8. */
	readonly body?: string;
	/** Seconds, of one request: `script: { fetch-timeout-ms }` unless given. */
	readonly timeout?: number;
}

/**
 * The header fields of what was fetched.
 *
 * @example
 * const { headers } = await fetch("https://api.example.com/blocked");
 * log.debug(headers.get("Content-Type") ?? "no type");
 */
export interface FetchHeaders {
	/** In any case; the values of several lines with commas between. */
	get(name: string): string | undefined;
}

/**
 * What was fetched, whole. A redirect is an answer like any other.
 *
 * @example
 * const response = await fetch("https://api.example.com/blocked");
 * if (!response.ok) return reply(503);
 */
export interface FetchResponse {
	readonly status: number;
	/** 200 to 299. */
	readonly ok: boolean;
	readonly headers: FetchHeaders;
	readonly text: string;
	/** The text read as JSON. Throws a SyntaxError for what is none. */
	json(): unknown;
}

/**
 * A place that a device has registered.
 *
 * @example
 * const mobile = (binding: RegisteredBinding) => binding.transport === "wss";
 */
export interface RegisteredBinding {
	readonly uri: string;
	readonly scheme: "sip" | "sips";
	/** Its preference, 0 to 1. */
	readonly q: number;
	/** Seconds left. */
	readonly expires: number;
	/** Of the flow it registered on. */
	readonly transport: "udp" | "tcp" | "tls" | "ws" | "wss";
}

/**
 * What `lookup` knows of a device.
 *
 * @example
 * const known: Registration | undefined = await lookup(callee);
 */
export interface Registration {
	/** Its name. */
	readonly device: string;
	/** False when it is watched and has not answered, or only with errors. */
	readonly inService: boolean;
	/** The most recently refreshed last; none for a device with a contact of its own. */
	readonly bindings: readonly RegisteredBinding[];
}

/**
 * A record of RFC 2782. A target of `"."` says that there is no such service.
 *
 * @example
 * const [first]: readonly SrvRecord[] = await dns.srv("_sip._udp.example.com");
 */
export interface SrvRecord {
	readonly priority: number;
	readonly weight: number;
	readonly port: number;
	readonly target: string;
}

/**
 * A record of RFC 3403.
 *
 * @example
 * const all: readonly NaptrRecord[] = await dns.naptr("example.com");
 */
export interface NaptrRecord {
	readonly order: number;
	readonly preference: number;
	readonly flags: string;
	readonly service: string;
	readonly replacement: string;
}

/**
 * Questions to the name servers of the system. Without such a name or record the list is empty; when
 * no server answers, the call rejects with a HostError.
 *
 * @example
 * const names: Dns = dns;
 */
export interface Dns {
	a(name: string): Promise<readonly string[]>;
	aaaa(name: string): Promise<readonly string[]>;
	srv(name: string): Promise<readonly SrvRecord[]>;
	naptr(name: string): Promise<readonly NaptrRecord[]>;
}
