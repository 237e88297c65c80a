/**
 * What a route script sees: the module "sipwright". These types are all that the engine and your
 * code share; a call that is not allowed where it stands is a type error in your editor.
 */

import type {
	BranchLeg,
	Challenge,
	Drop,
	Forward,
	Reply,
	Routes,
	Save,
} from "./sipwright-hooks.d.ts";
import type {
	Dns,
	FetchOptions,
	FetchResponse,
	KeyValues,
	Metrics,
	Registration,
} from "./sipwright-host.d.ts";
import type { CalleeLeg, Contact, Device, Uri } from "./sipwright-types.d.ts";

export type * from "./sipwright-helpers.d.ts";
export {
	addPrefix,
	e164,
	inNetwork,
	parseAddress,
	parseUri,
	parseValue,
	replacePrefix,
	setBody,
	sipUri,
	stripPrefix,
	withNumber,
} from "./sipwright-helpers.js";
export type * from "./sipwright-hooks.d.ts";
export type * from "./sipwright-host.d.ts";
export type * from "./sipwright-types.d.ts";

/**
 * Declares the hooks. A script exports the result as its default.
 *
 * @example
 * export default defineRoutes({
 * 	onRequest(request) {
 * 		const callee = device(request.uri.user);
 * 		return callee ? relay(callee) : reply(404);
 * 	},
 * });
 */
export function defineRoutes(routes: Routes): Routes;

/**
 * The device of a number: the one of exactly this name, else the trunk with the longest prefix of
 * it, and among equals the one with the smallest priority. Does not wait.
 *
 * @example
 * const callee = device(request.uri.user);
 * if (!callee) return reply(404);
 */
export function device(number: string | undefined): Device | undefined;

/**
 * The trunks whose `prefix` is a prefix of the number, each with the `number` to dial there: the
 * longest prefix first, among equals the smallest priority; 16 at most. With `order: "failover"`
 * those that are equal in both take turns, and whatever is out of service or has reached its
 * `capacity` is passed over. Does not wait.
 *
 * @example
 * const ways = trunks(request.uri.user);
 * return ways.length === 0 ? reply(404) : fork(ways, { order: "failover" });
 */
export function trunks(number: string | undefined): readonly Device[];

/**
 * Makes every callee leg of this call `sips`: Request-URI, From, To and Contact of what goes out on
 * it. The caller keeps the scheme it came with. Under `policy: rfc5630` a `sip` call is then
 * answered 480 with Warning 381: this callee wants `sips`, and nothing is rewritten. In `onBranch`:
 * the leg of this branch alone.
 *
 * @example
 * if (callee.secure) forceSips(call.callee);
 */
export function forceSips(leg: CalleeLeg | BranchLeg): void;

/**
 * Makes every callee leg of this call `sip`, whatever the device registered. Under `policy:
 * rfc5630` a `sips` call is then answered 480 with Warning 380.
 *
 * @example
 * forceSip(call.callee); // this gateway refuses `sips`
 */
export function forceSip(leg: CalleeLeg | BranchLeg): void;

/**
 * Takes `transport` out of a `sips` Contact of a REGISTER; the device is reached over the flow it
 * registers on. A `sip` Contact, a WebSocket one and `*` stay as they are.
 *
 * @example
 * for (const contact of request.contacts) stripTransport(contact);
 * return save();
 */
export function stripTransport(contact: Contact): void;

/**
 * Sends the request on to where its Request-URI points.
 *
 * @example
 * if (!request.ours) return relay();
 */
export function relay(): Forward;

/**
 * How `relay` and `fork` call their targets. A device that registers is one target for each place
 * it registered from, with the `q` it gave there; every other target has the highest, 1.
 *
 * @example
 * return fork([desk, mobile], { order: "serial", timeout: 20 });
 */
export interface ForkOptions {
	/**
	 * `"q"`, unless given: the highest `q` first, equal ones at once, the next when all of those have
	 * failed. `"parallel"`: all at once; 440 where the Max-Breadth of the request forbids it.
	 * `"serial"`: one after the other, as listed. `"failover"`: as serial, but the next only when the
	 * one before cannot be reached: no answer at all, 503, or no connection. Any other answer, such as
	 * 486, is the caller's.
	 */
	readonly order?: "q" | "parallel" | "serial" | "failover";
	/**
	 * Seconds, 1 to 3600, that those called at once have to answer an INVITE. Then they are cancelled
	 * and the next are called; behind the last the caller gets 408. Without it they ring for three
	 * minutes, and as long as they say that they still do. With `"failover"` it is enough to ring.
	 */
	readonly timeout?: number;
	/**
	 * Calls the Contacts of a 3xx in place of whoever sent it, where the Request-URI is ours. Without
	 * it the caller gets the 3xx. Whoever is called then chooses where the call goes, but for trunks.
	 */
	readonly recurse?: boolean;
	/** Calls, as soon as they are there, the places that a device registers from while others of its places ring. */
	readonly late?: boolean;
}

/**
 * Sends the request on to a device or to a SIP URI. For a device that has not registered, is out of
 * service or has reached its `capacity` the caller gets 480.
 *
 * @example
 * return relay(callee); // or relay("sip:5000@192.0.2.7:5060;transport=tcp")
 */
export function relay(target: Device | Uri | string, options?: ForkOptions): Forward;

/**
 * Calls several targets; the first to answer gets the call. At once, unless `options` or the `q` of
 * a registration say otherwise.
 *
 * @example
 * const desk = device("5000");
 * const mobile = device("5001");
 * if (desk && mobile) return fork([desk, mobile]);
 */
export function fork(targets: readonly (Device | Uri | string)[], options?: ForkOptions): Forward;

/**
 * Answers with a final response, 200 to 699. Without a reason the usual phrase is sent.
 *
 * @example
 * return reply(503, "Back Soon", { "Retry-After": "30" });
 */
export function reply(
	status: number,
	reason?: string,
	headers?: Readonly<Record<string, string>>,
): Reply;

/**
 * Tells the caller to call elsewhere: 302, or another 3xx.
 *
 * @example
 * return redirect("sip:5000@branch.example.com");
 */
export function redirect(
	contacts: Uri | string | readonly (Uri | string)[],
	status?: number,
): Reply;

/**
 * Binds the Contacts of a REGISTER, as the script left them, to the device in To. Whether the sender
 * may do that is for the script to say.
 *
 * @example
 * if (request.source.device?.name !== request.to.uri.user) return reply(403);
 * return save();
 */
export function save(): Save;

/**
 * Asks for credentials: 401 to a REGISTER, 407 to anything else. When they come and are good, the
 * hook is asked again with `request.source.authenticated`: without options by the users and devices
 * of the configuration. With them a script says what it knows of the user in
 * `request.source.credentials`: the hook is then asked twice about the same request, first for the
 * password, and when that was right, where the request goes.
 *
 * @example
 * if (!request.source.authenticated) {
 * 	const user = request.source.credentials?.user;
 * 	const password = user && (await kv.get(`password:${user}`));
 * 	return challenge({ password: typeof password === "string" ? password : undefined });
 * }
 */
export function challenge(options?: ChallengeOptions): Challenge;

/**
 * A hash that digest knows.
 *
 * @example
 * const best: DigestAlgorithm = "SHA-256";
 */
export type DigestAlgorithm = "MD5" | "SHA-256" | "SHA-512-256";

/**
 * Whom `challenge` asks, whatever it knows of him.
 *
 * @example
 * const tenant: ChallengeScope = { realm: "blue.example.com" };
 */
export interface ChallengeScope {
	/** What the phone is shown, and part of what it hashes: `auth: { realm }` of the configuration unless given. */
	readonly realm?: string;
	/**
	 * Whose request it is when the password is right: the device named like the user, unless given.
	 * Where there is none of that name, `source.device` stays undefined, and `save()` is answered 403.
	 */
	readonly device?: Device | string;
}

/**
 * The password of the user. Undefined, or empty: there is no such user, which looks the same to who asks.
 *
 * @example
 * return challenge({ password: "zanzibar", device: "1001" });
 */
export interface PasswordChallenge extends ChallengeScope {
	readonly password?: string | undefined;
	readonly ha1?: never;
}

/**
 * By algorithm the hash of `USER:REALM:PASSWORD`, in hexadecimal digits: for a store that keeps no
 * passwords. A phone that answers with an algorithm that is missing has the wrong password.
 *
 * @example
 * return challenge({ ha1: { MD5: "d7d261d01e43a6508d0b5bf33e379aae" } });
 */
export interface HashChallenge extends ChallengeScope {
	readonly ha1: Readonly<Partial<Record<DigestAlgorithm, string | undefined>>> | undefined;
	readonly password?: never;
}

/**
 * What a script knows of the user that a request names. A user of the configuration is known by it:
 * for him a password given here is not looked at.
 *
 * @example
 * const nobody: ChallengeOptions = { password: undefined };
 */
export type ChallengeOptions = PasswordChallenge | HashChallenge;

/**
 * Answers nothing at all.
 *
 * @example
 * if (request.headers.get("User-Agent")?.startsWith("friendly-scanner")) return drop();
 */
export function drop(): Drop;

/**
 * Writes to Sipwright's log, with file and line of the script.
 *
 * @example
 * const note = (to: ScriptLog) => to.debug("asked");
 */
export interface ScriptLog {
	debug(message: string, data?: unknown): void;
	info(message: string, data?: unknown): void;
	warn(message: string, data?: unknown): void;
	error(message: string, data?: unknown): void;
}

/**
 * The log. Each hook may write a bounded number of lines; `console.log` writes here too.
 *
 * @example
 * log.info("no trunk for this number", { number: request.uri.user });
 */
export const log: ScriptLog;

/**
 * Counts and measures, for `sipwright status` and the admin API: added up over all hooks and generations
 * since the process began. It does not wait, and counts once the hook has decided or failed.
 *
 * @example
 * if (callee === undefined) metric.count("calls_to_nobody");
 * metric.set("calls_allowed", 30);
 */
export const metric: Metrics;

/**
 * What scripts keep beyond a request: one store for every script and generation. A restart empties it.
 *
 * @example
 * const calls = await kv.increment(`calls:${request.from.uri.user}`, { expires: 60 });
 * if (calls > 10) return reply(503);
 */
export const kv: KeyValues;

/**
 * Asks the name servers. Answers are kept for their time to live.
 *
 * @example
 * const [address] = await dns.a("sip.example.com");
 */
export const dns: Dns;

/**
 * Where a device has registered, and whether it is in service: by the device, its name, or its
 * address-of-record. Undefined when there is no such device.
 *
 * @example
 * const there = await lookup(callee);
 * if (there?.bindings.length === 0) return relay(mobile);
 */
export function lookup(aor: Device | Uri | string): Promise<Registration | undefined>;

/**
 * Asks an HTTP server that the configuration lists: `script: { fetch: ["https://api.example.com"] }`.
 * Rejects with a HostError when there is no answer in time; any status is an answer.
 *
 * @example
 * const response = await fetch(`https://api.example.com/users/${request.from.uri.user}`);
 * if (response.status === 404) return reply(403);
 */
export function fetch(url: string, options?: FetchOptions): Promise<FetchResponse>;

// biome-ignore lint/complexity/noUselessEmptyExport: without it, what does not say export is exported too
export {};
