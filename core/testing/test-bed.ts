/** What one test has to work with: a proxy in memory, phones, a clock, and a record of all that happened. */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Scheme } from "../base/scheme.ts";
import { octetsOf } from "../base/utf8.ts";
import type { Config } from "../config/config.ts";
import type { RouteGeneration } from "../exchange/route-generation.ts";
import { hashHex, makeHmac } from "../host/hashes.ts";
import type { DnsQuestion, DnsRecord } from "../resolve/dns.ts";
import { beginServing } from "../script/beginning.ts";
import type { ScriptError } from "../script/script-error.ts";
import type { ScriptMetrics } from "../script/script-metrics.ts";
import type { Login } from "./credentials.ts";
import { traced } from "./decision-trace.ts";
import { FakeServers } from "./fake-servers.ts";
import { drawLadder, PROXY, type Step } from "./ladder.ts";
import type { Peer } from "./peer.ts";
import { Phone, type PhoneWorld } from "./phone.ts";
import { PhonePlaces } from "./phone-places.ts";
import { type Asking, type Fetching, ProxyInMemory } from "./proxy-in-memory.ts";
import type * as Public from "./sipwright-test.d.ts";
import { TestMetrics } from "./test-metrics.ts";
import { TestingError } from "./testing-error.ts";
import { WireMessage } from "./wire-message.ts";

export type TestBedOptions = {
	readonly config: Config;
	readonly start: Milliseconds;
	/** What the bed was made with may log before there is one. */
	readonly scripts: (log: Log, metrics: ScriptMetrics) => Promise<LoadedScripts>;
	/** What is said before the scripts begin to serve. */
	readonly before?: Public.TestOptions["before"];
};

export type LoadedScripts = {
	readonly routes: RouteGeneration;
	readonly fallback: RouteGeneration | undefined;
};

export class TestBed implements Public.TestBed {
	readonly decisions: Public.DecisionTrace[] = [];
	readonly log: Public.LogLine[] = [];
	readonly #metrics: TestMetrics;
	readonly #steps: Step[] = [];
	readonly #config: Config;
	readonly #places: PhonePlaces;
	readonly #phones = new Map<string, Phone>();
	/** What phones got that could not register. */
	readonly #refused = new Map<string, string>();
	/** Phones that the test has in hand. */
	readonly #asked = new Set<string>();
	readonly #servers = new FakeServers();
	readonly #proxy: RecordedProxy;

	private constructor(
		{ config, start, before }: TestBedOptions,
		scripts: LoadedScripts,
		record: LogRecord,
		metrics: TestMetrics,
	) {
		this.#metrics = metrics;
		this.#config = config;
		this.#places = new PhonePlaces(config);
		const { fallback } = scripts;
		const routes = traced(scripts.routes, {
			now: () => this.#proxy.now,
			decided: (trace) => this.#decided(trace),
		});
		this.#proxy = new RecordedProxy(
			{
				config,
				start,
				routes,
				fallback: fallback && traced(fallback, { now: () => this.#proxy.now, decided: () => {} }),
				random: counting(),
				hash: hashHex,
				hmac: makeHmac(),
			},
			this.#steps,
			this.#places,
			this.#servers,
		);
		record.to(this);
		before?.(this);
		if (routes.defines("onStart")) this.#proxy.begin(routes);
		for (const name of config.devices.keys()) this.#add(name, {});
	}

	static async open(options: TestBedOptions): Promise<TestBed> {
		const record = new LogRecord();
		const metrics = new TestMetrics();
		const scripts = await options.scripts(record.log, metrics);
		return new TestBed(options, scripts, record, metrics);
	}

	/** Bound: a test takes it out of its argument. */
	readonly phone = (name: string, options?: Public.PhoneOptions): Phone => {
		const known = this.#phones.get(name);
		if (known !== undefined && options !== undefined && (this.#asked.has(name) || known.isCalled))
			throw new TestingError(
				`phone ${name} is in use: give its options where it is asked for first, before it is called`,
			);
		const phone = known === undefined || options !== undefined ? this.#add(name, options) : known;
		const refused = this.#refused.get(name);
		if (refused === undefined) {
			this.#asked.add(name);
			return phone;
		}
		throw new TestingError(
			`phone ${name} could not register, it got ${refused}: either the script answers save(), or the test asks for phone("${name}", { register: false })`,
		);
	};

	/** Bound, as `phone`. */
	readonly fetch = (url: string | RegExp, answer: Public.FakeResponse | Public.FakeServer): void =>
		this.#servers.add(url, answer);

	/** Bound, as `phone`. */
	readonly dns: Public.TestBed["dns"] = (type, name, answer): void => {
		if (answer === "failed") this.#places.tell(type, name, answer);
		else
			this.#places.tell(
				type,
				name,
				answer.map((one) => recordOf(type, one)),
			);
	};

	get metrics(): Readonly<Record<string, number>> {
		return this.#metrics.totals;
	}

	get fetched(): readonly Public.FetchedRequest[] {
		return this.#servers.requests;
	}

	readonly kv: Public.TestKeyValues = {
		get: (key) => this.#proxy.kv.get(key, this.#proxy.now),
		set: (key, value, { expires = Infinity } = {}) => {
			const { now } = this.#proxy;
			this.#proxy.kv.set(key, value, now + expires * 1000, now);
		},
		delete: (key) => this.#proxy.kv.delete(key, this.#proxy.now),
	};

	readonly wait = (seconds: number): void => {
		if (!(seconds >= 0)) throw new TestingError(`wait: ${seconds} is no number of seconds`);
		this.#proxy.wait(seconds * 1000);
	};

	readonly ladder = (): string => drawLadder(this.#steps);

	get now(): Date {
		return new Date(this.#proxy.now);
	}

	/** A line of the engine's log, or of the script's. */
	wrote(level: keyof Log, fields: object, message: string): void {
		if (!("event" in fields) || fields.event !== "script.log") return;
		const { data, script = "" } = fields as { data?: string; script?: string };
		this.log.push({ level, message, data, place: script });
	}

	#add(name: string, options: Public.PhoneOptions = {}): Phone {
		const device = this.#config.devices.get(name);
		const { register = true } = options;
		const login = loginOf(name, this.#config, options);
		const { scheme, place } = this.#places.of(name, device, options);
		this.#proxy.remove(this.#phones.get(name));
		this.#refused.delete(name);
		const phone = new Phone(this.#proxy, { name, scheme, login }, place);
		this.#phones.set(name, phone);
		this.#proxy.phones.push(phone.peer);
		if (device?.contact === "*" && register) this.#register(phone);
		return phone;
	}

	/** Before the test has begun, so to say: it leaves no trace but the registration. */
	#register(phone: Phone): void {
		const [asked, logged, steps] = [this.decisions, this.log, this.#steps].map((one) => one.length);
		this.#metrics.without(() => {
			const { status = "no answer" } = phone.register();
			if (status !== 200) this.#refused.set(phone.name, String(status));
		});
		this.decisions.splice(asked ?? 0);
		this.log.splice(logged ?? 0);
		this.#steps.splice(steps ?? 0);
		phone.forget();
	}

	#decided(trace: Public.DecisionTrace): void {
		this.decisions.push(trace);
		this.#steps.push({
			kind: "note",
			at: this.#proxy.elapsed,
			text: `${trace.hook}: ${trace.text}`,
		});
	}
}

/** The first user of the device, with what the test says otherwise. */
function loginOf(name: string, { auth }: Config, options: Public.PhoneOptions): Login | undefined {
	const user = [...auth.users.values()].find(({ device }) => device === name);
	const { username, password } = options;
	const secret = password === undefined ? user?.secret : { password: octetsOf(password) };
	if (password === "" || secret === undefined) return undefined;
	return { username: octetsOf(username ?? user?.name ?? name), secret };
}

/** Where the log goes, which is asked for before the bed is there. */
class LogRecord {
	#bed: TestBed | undefined;
	readonly log: Log = {
		debug: (fields, message) => this.#bed?.wrote("debug", fields, message),
		info: (fields, message) => this.#bed?.wrote("info", fields, message),
		warn: (fields, message) => this.#bed?.wrote("warn", fields, message),
		error: (fields, message) => this.#bed?.wrote("error", fields, message),
	};

	to(bed: TestBed): void {
		this.#bed = bed;
	}
}

type ProxyOptions = ConstructorParameters<typeof ProxyInMemory>[0];

class RecordedProxy extends ProxyInMemory<Peer> implements PhoneWorld {
	readonly #start: Milliseconds;
	readonly #steps: Step[];
	readonly #places: PhonePlaces;
	readonly #servers: FakeServers;
	readonly #todo: (() => void)[] = [];

	constructor(options: ProxyOptions, steps: Step[], places: PhonePlaces, servers: FakeServers) {
		super(options);
		this.#servers = servers;
		this.#start = options.start;
		this.#steps = steps;
		this.#places = places;
	}

	/** Asks `onStart`, and lets as much time pass as it takes. */
	begin(routes: RouteGeneration): void {
		let failed: ScriptError | undefined;
		let over = false;
		const clock = {
			now: () => this.now,
			after: (ms: Milliseconds, run: () => void) => this.ahead(ms, run),
		};
		this.input(() =>
			beginServing(routes, 1, { calls: this.calls, clock }, (error) => {
				failed = error;
				over = true;
			}),
		);
		while (!over) this.step();
		if (failed !== undefined) throw new TestingError(notStarted(failed));
	}

	/** Since the test began. */
	get elapsed(): Milliseconds {
		return this.now - this.#start;
	}

	later(action: () => void): void {
		this.#todo.push(action);
	}

	domain(scheme: Scheme): string {
		const [domain] = this.config.domains;
		if (domain !== undefined) return domain;
		const wanted = scheme === "sips" ? "tls" : this.listeners[0]?.transport;
		const { host, port } = this.listener(wanted ?? "udp");
		return `${host}:${port}`;
	}

	/** It was never there. */
	remove(phone: Phone | undefined): void {
		if (phone === undefined) return;
		this.store.apply(phone.name, [], this.store.bindings(phone.name, this.now));
		this.phones.splice(this.phones.indexOf(phone.peer), 1);
	}

	note(phone: string, arrow: "<" | ">", text: string): void {
		const [from, to] = arrow === ">" ? [phone, PROXY] : [PROXY, phone];
		this.#message(from, to, text);
	}

	protected lost(text: string, { transport, host, port }: Flow): void {
		this.#message(PROXY, `nobody (${transport}:${host}:${port})`, text);
	}

	protected wrote(): void {}

	protected asked({ question, answer }: Asking): void {
		const records = this.#places.records(question);
		this.later(() => this.input(() => answer(records, this.now)));
	}

	protected fetching({ request, answer }: Fetching): () => void {
		const { method, url } = request;
		const { after, result, text } = this.#servers.answer(request);
		const told = (): void => {
			this.#note(`fetch ${method} ${url}: ${text}`);
			answer(result, this.now);
		};
		if (after > 0) return this.ahead(after * 1000, told);
		let wanted = true;
		this.later(() => wanted && this.input(told));
		return () => {
			wanted = false;
		};
	}

	#note(text: string): void {
		this.#steps.push({ kind: "note", at: this.elapsed, text });
	}

	protected override settled(): void {
		for (let action = this.#todo.shift(); action !== undefined; action = this.#todo.shift())
			action();
	}

	#message(from: string, to: string, text: string): void {
		const { inShort } = new WireMessage(text);
		this.#steps.push({ kind: "message", at: this.elapsed, from, to, text: inShort });
	}
}

function notStarted({ code, message }: ScriptError): string {
	return `onStart fails, and the scripts would not serve\n${message} (${code})\nwhat it fetches is said before the test begins: { before: ({ fetch }) => fetch(…) }`;
}

/** The same in every run, so that a ladder can be compared with that of the run before. */
function counting(): Random {
	let count = 0;
	const hex = (digits: number): string => {
		count += 1;
		return hashHex("SHA-256", `sipwright ${count}`).slice(0, digits).padEnd(digits, "0");
	};
	return { hex, below: (limit) => Number.parseInt(hex(8), 16) % limit };
}

function recordOf(type: DnsQuestion["type"], given: string | object): DnsRecord {
	return (typeof given === "string" ? { type, address: given } : { ...given, type }) as DnsRecord;
}
