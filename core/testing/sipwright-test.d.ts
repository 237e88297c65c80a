/**
 * The module "sipwright/test": tests of route scripts. The engine is the real one, the clock and the
 * network are made up, so nothing in a test waits and nothing listens. Run them with `sipwright test`.
 */
import type {
	FakeNaptr,
	FakeResponse,
	FakeServer,
	FakeSrv,
	FetchedRequest,
	TestKeyValues,
} from "./sipwright-test-host.d.ts";

export type * from "./sipwright-test-host.d.ts";

/**
 * Declares a test. The body gets a proxy of its own, on which nothing has happened yet, with the
 * configuration of the nearest `sipwright.yaml`, or of the one that `sipwright test --config` names.
 *
 * @example
 * test("a call to 9… goes to the first trunk, and after 503 to the second", ({ phone }) => {
 * 	const call = phone("1001").invite("9123");
 * 	phone("berlin").receive("INVITE").reply(503);
 * 	phone("munich").receive("INVITE").reply(200);
 * 	call.expect(200);
 * });
 */
export const test: Test;

/**
 * What `test` and `configured(…)` are.
 *
 * @example
 * const test: Test = configured("./sipwright.yaml");
 */
export interface Test {
	(name: string, body: (bed: TestBed) => void | Promise<void>): void;
	(name: string, options: TestOptions, body: (bed: TestBed) => void | Promise<void>): void;
}

/**
 * What one test may want otherwise.
 *
 * @example
 * test("closed at night", { start: "2026-03-02T22:00:00Z" }, ({ phone }) => {});
 */
export interface TestOptions {
	/** The time at which the test begins, for the engine and for `Date` in the script; 2026-01-01T00:00:00Z unless given. */
	readonly start?: string;
	/**
	 * What is said before `onStart` is asked and phones register: what HTTP and name servers answer, and
	 * what `kv` holds.
	 */
	readonly before?: (bed: Pick<TestBed, "fetch" | "dns" | "kv">) => void;
}

/**
 * A `test` with a configuration of its own: a file, or what would stand in one. Paths are relative to
 * the file of the test. `routes` is the script.
 *
 * @example
 * const test = configured({
 * 	routes: "./default.ts",
 * 	devices: { "1001": { type: "Extension", contact: "*" } },
 * });
 */
export function configured(configuration: string | Configuration): Test;

/**
 * A configuration as it would stand in a file: docs/reference/config.md has all keys.
 *
 * @example
 * const settings: Configuration = { routes: "./default.ts", trusted: ["192.0.2.0/24"] };
 */
export interface Configuration {
	readonly routes?: string;
	readonly devices?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
	readonly [key: string]: unknown;
}

/**
 * What a test has to work with.
 *
 * @example
 * test("nobody is at 4711", ({ phone }) => void phone("1001").invite("4711").expect(404));
 */
export interface TestBed {
	/**
	 * The phone of a device. All of them are there when the test begins: at their configured contact,
	 * or registered, from an address that is trusted. Any other name is a stranger, at an address that
	 * is not trusted. Options are given where a phone is asked for first.
	 */
	phone(name: string, options?: PhoneOptions): Phone;
	/** Lets time pass, and everything happen that is due. */
	wait(seconds: number): void;
	/** What time it is. */
	readonly now: Date;
	/** What the script was asked and what it answered, in order. */
	readonly decisions: readonly DecisionTrace[];
	/** What the script wrote to its log, in order. */
	readonly log: readonly LogLine[];
	/** What the script counted and set with `metric`, by name. */
	readonly metrics: Readonly<Record<string, number>>;
	/**
	 * What an HTTP server answers, to the URL or to those that match. The configuration has to list it, as
	 * in production: `script: { fetch: […] }`. What nothing was said of fails. The last one that
	 * was said counts.
	 */
	fetch(url: string | RegExp, answer: FakeResponse | FakeServer): void;
	/** What the script fetched, in order. */
	readonly fetched: readonly FetchedRequest[];
	/**
	 * What the name servers say, to the script and to the engine: `"failed"` that they do not answer.
	 * Phones with a name have their address in any case.
	 */
	dns(type: "A" | "AAAA", name: string, answer: readonly string[] | "failed"): void;
	dns(type: "SRV", name: string, answer: readonly FakeSrv[] | "failed"): void;
	dns(type: "NAPTR", name: string, answer: readonly FakeNaptr[] | "failed"): void;
	/** What scripts keep with `kv`, for a test to read and to set. */
	readonly kv: TestKeyValues;
	/** Every message so far, drawn as a ladder. A failed test shows it. */
	ladder(): string;
}

/**
 * Where a phone is and what it is like.
 *
 * @example
 * const mobile = phone("1002", { transport: "tls", scheme: "sips", register: false });
 */
export interface PhoneOptions {
	/** An address or a name, with a port if wanted: `203.0.113.9`, `[2001:db8::9]:5070`, `carrier.example.com`. */
	readonly at?: string;
	/** That of the contact, else the first that is listened to. */
	readonly transport?: "udp" | "tcp" | "tls" | "ws" | "wss";
	/** Of its own URI and of those it calls: `sip` unless given, or unless its contact says `sips`. */
	readonly scheme?: "sip" | "sips";
	/** What it says when it connects, over `ws` and `wss`: `path: "/"` and no more unless given. */
	readonly handshake?: {
		readonly origin?: string | undefined;
		readonly path?: string;
		readonly cookie?: string | undefined;
	};
	/** Value of its Contact; made of name and address unless given. */
	readonly contact?: string;
	/** What it answers a challenge with; that of the device unless given, `""` for none. */
	readonly password?: string;
	/** The user whose password that is; that of the device, else its name, unless given. */
	readonly username?: string;
	/** False: a device that registers has not registered yet. */
	readonly register?: boolean;
}

/**
 * A phone, a trunk or any other SIP peer. By itself it does what every one does: it acknowledges final
 * responses to its INVITEs, repeats a request with its password when it is challenged, and answers a
 * CANCEL. A message that is sent again counts once.
 *
 * @example
 * const caller = phone("1001");
 */
export interface Phone {
	readonly name: string;
	/** The value of its Contact. */
	readonly contact: string;
	/** Everything that came, in order. */
	readonly received: readonly Message[];
	/** False: sending to it fails, as to a closed port. */
	reachable: boolean;
	/** Sends a REGISTER for its name. `expires: 0` takes it off. */
	register(options?: RegisterOptions): Outgoing;
	/** Calls a number at our domain, or a URI. */
	invite(to: string, options?: RequestOptions): Call;
	/** Sends any other request. */
	request(method: string, to: string, options?: RequestOptions): Outgoing;
	/** The next request that came and was not taken yet; of this method, if one is given. Fails when there is none. */
	receive(method?: string): Incoming;
	/** Fails when a request came that was not taken; of this method, if one is given. */
	receiveNothing(method?: string): void;
}

/**
 * What is out of the ordinary in a REGISTER.
 *
 * @example
 * phone("1001", { register: false }).register({ q: 0.5 }).expect(200);
 */
export interface RegisterOptions extends RequestOptions {
	/** Seconds; 3600 unless given. */
	readonly expires?: number;
	/** The preference of its Contact, 0 to 1. */
	readonly q?: number;
}

/**
 * What is out of the ordinary in a request.
 *
 * @example
 * caller.invite("5000", { headers: { Subject: "lunch" } });
 */
export interface RequestOptions {
	/** URI of From; its name at our domain unless given. */
	readonly from?: string;
	/** URI of To; the called one unless given. */
	readonly to?: string;
	/** Value of Contact; `""` for none. */
	readonly contact?: string;
	/** A list of values is a line for each. */
	readonly headers?: Readonly<Record<string, string | readonly string[]>>;
	readonly body?: string;
}

/**
 * What is out of the ordinary in a response.
 *
 * @example
 * callee.receive("INVITE").reply(302, { contact: "<sip:5001@example.com>" });
 */
export interface ReplyOptions {
	/** The usual phrase unless given. */
	readonly reason?: string;
	/** Value of Contact; `""` for none. Unless given, that of the phone where a dialog may begin. */
	readonly contact?: string;
	readonly headers?: Readonly<Record<string, string | readonly string[]>>;
	readonly body?: string;
}

/**
 * A message as it was on the wire.
 *
 * @example
 * equal(trunk.receive("INVITE").value("X-Tenant"), "blue");
 */
export interface Message {
	/** The whole of it, lines ending with CRLF. */
	readonly text: string;
	readonly startLine: string;
	/** Undefined for a response. */
	readonly method: string | undefined;
	/** The Request-URI; `""` for a response. */
	readonly uri: string;
	/** Undefined for a request. */
	readonly status: number | undefined;
	readonly body: string;
	/** The value of the only line of this name; `""` when there is none. Fails when there are several. */
	value(name: string): string;
	/** The values of all lines of this name, in order. */
	values(name: string): readonly string[];
}

/**
 * A request that a phone sent.
 *
 * @example
 * caller.request("MESSAGE", "5000", { body: "hello" }).expect(200);
 */
export interface Outgoing {
	/** As it was sent last: with credentials, when they were asked for. */
	readonly sent: Message;
	readonly responses: readonly Message[];
	/** Of the last response; undefined before the first. */
	readonly status: number | undefined;
	/** The next response of this status, 100 to 699. Fails when it has not come. */
	expect(status: number): Message;
	/** Sends a CANCEL. */
	cancel(): Outgoing;
}

/**
 * One side of a call, for what is said within it.
 *
 * @example
 * call.hangUp().expect(200);
 */
export interface Dialog {
	/** Sends a request in the dialog. */
	request(method: string, options?: RequestOptions): Outgoing;
	/** BYE. */
	hangUp(): Outgoing;
	/** Another INVITE in the dialog: hold, another codec, another address. */
	reinvite(options?: RequestOptions): Outgoing;
	/** REFER: asks the other side to call this number or URI. */
	refer(to: string): Outgoing;
}

/**
 * An INVITE that a phone sent, and its side of the call that comes of it.
 *
 * @example
 * const call = phone("1001").invite("5000");
 */
export interface Call extends Outgoing, Dialog {}

/**
 * A request that came, and the phone's side of the call that comes of it.
 *
 * @example
 * const ringing = callee.receive("INVITE");
 * ringing.reply(180);
 */
export interface Incoming extends Message, Dialog {
	/** A CANCEL came for it. */
	readonly cancelled: boolean;
	/** Answers it, 100 to 699. */
	reply(status: number, options?: ReplyOptions): Message;
}

/**
 * One question to the script and its answer.
 *
 * @example
 * equal(decisions.at(-1)?.text, "relay berlin 00123, munich 00123 (failover)");
 */
export interface DecisionTrace {
	/** `onRequest`. */
	readonly hook: string;
	/** Of the request. */
	readonly method: string;
	readonly uri: string;
	readonly callId: string;
	/** Name of the device that it came from, as far as it is known. */
	readonly source: string | undefined;
	/** Of `onTimer`, which is asked about no request: the name of the timer. */
	readonly timer: string | undefined;
	/** `relay` stands for `fork` too. `pass`: it went on. `failed`: the script threw, or ran into a limit. */
	readonly decision:
		| ("relay" | "reply" | "redirect" | "save" | "challenge" | "drop")
		| ("pass" | "failed");
	/** Of a relay: names of devices, each with the number to dial there if it is another, and URIs. */
	readonly targets: readonly string[];
	/** All of it in a line: `reply 404`, `relay desk, mobile (serial, 20 s)`. Why it failed, with file and line. */
	readonly text: string;
}

/**
 * A line that the script wrote to its log.
 *
 * @example
 * equal(log[0]?.message, "no trunk for this number");
 */
export interface LogLine {
	readonly level: "debug" | "info" | "warn" | "error";
	readonly message: string;
	/** What stood beside the message, as JSON. */
	readonly data: string | undefined;
	/** File, line and column of the script. */
	readonly place: string;
}

/**
 * Fails unless both are the same, member by member and of the same types.
 *
 * @example
 * equal(call.status, 200);
 */
export function equal<T>(actual: unknown, expected: T): asserts actual is T;

/**
 * Fails unless the text matches.
 *
 * @example
 * match(invite.value("From"), /^<sip:1001@/);
 */
export function match(text: string, pattern: RegExp): void;

/**
 * Fails unless it is so.
 *
 * @example
 * ok(ringing.cancelled);
 */
export function ok(value: unknown, message?: string): asserts value;
