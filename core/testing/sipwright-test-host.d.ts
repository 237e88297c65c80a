/**
 * What stands behind the host calls of a script in a test. Exported by the module "sipwright/test", whose
 * functions are in sipwright-test.d.ts.
 */

/**
 * What an HTTP server answers.
 *
 * @example
 * bed.fetch("https://api.example.com/users/1001", { json: { blocked: true } });
 * bed.fetch(/^https:\/\/api\./, { after: 10 }); // later than the script waits
 */
export interface FakeResponse {
	/** 200 unless given. */
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string;
	/** Becomes the body. */
	readonly json?: unknown;
	/** Seconds until it comes: `wait` lets them pass. At once unless given. */
	readonly after?: number;
	/** There is no answer, but this: the `fetch` rejects with a HostError. */
	readonly error?: string;
}

/**
 * A server that answers each request in its own way.
 *
 * @example
 * const users: FakeServer = ({ url }) => (url.endsWith("/1001") ? { json: {} } : { status: 404 });
 */
export type FakeServer = (request: FetchedRequest) => FakeResponse;

/**
 * What a script fetched.
 *
 * @example
 * equal(bed.fetched[0]?.body, '{"number":"1001"}');
 */
export interface FetchedRequest {
	readonly method: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | undefined;
}

/**
 * The store behind `kv`.
 *
 * @example
 * bed.kv.set("closed", true, { expires: 60 });
 */
export interface TestKeyValues {
	get(key: string): string | number | boolean | null | undefined;
	/** `expires`: seconds; for ever unless given. */
	set(
		key: string,
		value: string | number | boolean | null,
		options?: { readonly expires?: number },
	): void;
	/** False: there was none. */
	delete(key: string): boolean;
}

/**
 * A record of RFC 2782.
 *
 * @example
 * const records: readonly FakeSrv[] = [{ priority: 1, weight: 0, port: 5060, target: "a.example.com" }];
 */
export interface FakeSrv {
	readonly priority: number;
	readonly weight: number;
	readonly port: number;
	readonly target: string;
}

/**
 * A record of RFC 3403.
 *
 * @example
 * const none: readonly FakeNaptr[] = [];
 */
export interface FakeNaptr {
	readonly order: number;
	readonly preference: number;
	readonly flags: string;
	readonly service: string;
	readonly replacement: string;
}
