/** The composition root: connects the protocol core to sockets, clock, DNS, store and scripts. It decides nothing. */
import { mkdir } from "node:fs/promises";
import { asReloadError, needsRestart, reloadError } from "./admin/reload-error.ts";
import type { EngineStatus, ReloadError, ReloadOutcome } from "./admin/status.ts";
import { FailureLimit } from "./auth/failure-limit.ts";
import { NonceCounts } from "./auth/nonce-counts.ts";
import type { Flow, Listener } from "./base/flow.ts";
import type { Log } from "./base/log.ts";
import type { Config } from "./config/config.ts";
import { loadSigningKeys, secretsOf } from "./config/keys.ts";
import { loadConfig } from "./config/load.ts";
import { restartOnlyChanges } from "./config/restart.ts";
import { EngineHostCalls, UNWATCHED } from "./engine-host-calls.ts";
import { listenOptions } from "./engine-listen.ts";
import { EngineScripts, type ScriptsOutcome } from "./engine-scripts.ts";
import { openStore } from "./engine-store.ts";
import { tlsOptions } from "./engine-tls.ts";
import { configuredDirectory } from "./exchange/configured-directory.ts";
import { Exchange, type ExchangeSettings } from "./exchange/exchange.ts";
import { logThrottled } from "./exchange/logins.ts";
import { Alarm } from "./host/alarm.ts";
import { now } from "./host/clock.ts";
import { entropy } from "./host/entropy.ts";
import { hashHex, makeHmac } from "./host/hashes.ts";
import { heapLimit } from "./host/heap.ts";
import { localAddresses } from "./host/local-addresses.ts";
import { openFilesMax } from "./host/open-files.ts";
import type { Keys, Signing } from "./leg/seal.ts";
import type { LocationStore } from "./location/store.ts";
import type { ParseError } from "./message/parse-error.ts";
import { OwnAddresses } from "./proxy/own-addresses.ts";
import type { Starting } from "./script/beginning.ts";
import type { LoadHelpers } from "./script/load-generation.ts";
import { connectionsWithin, LIMITS } from "./transport/limits.ts";
import { TlsSettings } from "./transport/tls-settings.ts";
import type { ListenOptions, TransportUser } from "./transport/transport-user.ts";
import { Transports } from "./transport/transports.ts";

/** A call leaves three transactions for 32 s, which count for about 2.5 KB each: 400,000 of them are 1 GB, or 4,000 calls/s. */
const TRANSACTIONS_MAX = 1_000_000;
/** Of the heap, for transactions: the rest is for what is being worked on, registrations and the collector. */
const TRANSACTIONS_HEAP_PERCENT = 60;
const SWEEP_MS = 1_000;
const NONCES_MAX = 100_000;
/** Files of store, log, scripts and admin API, and name look-ups in progress. */
const OWN_FILES = 256;

export type Engine = {
	status(): EngineStatus;
	reload(): Promise<ReloadOutcome>;
	/** The scripts before those that serve take over again. */
	rollback(): Promise<ReloadOutcome>;
	/** What is tried on a part of the requests gets all of them. */
	promote(): Promise<ReloadOutcome>;
	close(): Promise<void>;
};

export async function startEngine(config: Config, log: Log, more?: LoadHelpers): Promise<Engine> {
	await mkdir(config.state, { recursive: true, mode: 0o700 });
	const engine = new RunningEngine(config, log, await loadSigningKeys(config.state), more);
	try {
		await engine.open();
	} catch (error) {
		await engine.close();
		throw error;
	}
	return engine;
}

class RunningEngine implements Engine, TransportUser {
	#config: Config;
	readonly #log: Log;
	#keys: Keys;
	readonly #helpers: LoadHelpers;
	readonly #random = entropy();
	readonly #hmac = makeHmac();
	readonly #counts = new NonceCounts(NONCES_MAX, now());
	readonly #failures = new FailureLimit();
	readonly #boot: number;
	readonly #calls = new EngineHostCalls({
		settings: () => this.#config.script,
		input: (take) => this.#input(take),
		lookup: (aor, at) => this.#exchange?.lookup(aor, at),
	});
	readonly #alarm = new Alarm({ now, ring: () => this.#ring(), taken: () => this.#taken });
	#taken = 0;
	#listeners: readonly Listener[] = [];
	#transports: Transports | undefined;
	#store: LocationStore | undefined;
	#scripts: EngineScripts | undefined;
	#exchange: Exchange | undefined;
	#sweeping: NodeJS.Timeout | undefined;
	/** Those under way. */
	readonly #reloads = new Set<Promise<ReloadOutcome>>();
	#closing = false;

	constructor(config: Config, log: Log, keys: Keys, helpers: LoadHelpers = {}) {
		this.#helpers = helpers;
		this.#config = config;
		this.#log = log;
		this.#keys = keys;
		this.#failures.reached = logThrottled(log);
		this.#boot = this.#random.below(2 ** 32);
	}

	/** Store and scripts first, sockets last: nothing arrives before it can be served. */
	async open(): Promise<void> {
		const config = this.#config;
		const store = await this.#openStore(config);
		this.#store = store;
		const starting = (next: Config) => this.#starting(next, store);
		const scripts = await EngineScripts.open(config, starting, this.#log, this.#helpers);
		this.#scripts = scripts;
		const transports = new Transports({
			user: this,
			log: this.#log,
			tls: await tlsOptions(config),
			limits: { connections: this.#connectionsMax(config) },
		});
		this.#transports = transports;
		this.#listeners = await transports.listen(this.#listenOptions(config));
		this.#exchange = new Exchange({
			...this.#settings(config, store),
			store,
			scripts: scripts.routes,
			calls: this.#calls,
			send: (text, flow, owner) => transports.send(text, flow, owner),
			askDns: (question, answer) => this.#calls.askDns(question, answer),
			alive: (flow) => transports.alive(flow),
			alias: (flow, port) => transports.alias(flow, port),
			expectPings: (flow, every) => transports.expectPings(flow, every),
			mayAnswerMalformed: (flow) => transports.mayAnswerMalformed(flow),
			log: this.#log,
			transactionsMax: TRANSACTIONS_MAX,
			transactionMemory: (heapLimit() * TRANSACTIONS_HEAP_PERCENT) / 100,
			now: now(),
		});
		scripts.routes.generations.changed = () =>
			this.#input(() => this.#exchange?.scriptsChanged(now()));
		this.batchEnd();
		this.#sweeping = setInterval(() => store.sweep(now()), SWEEP_MS).unref();
	}

	message(text: string, flow: Flow): void {
		this.#taken += 1;
		this.#exchange?.receive(text, flow, now());
	}

	framingError(text: string, error: ParseError, flow: Flow): void {
		this.#exchange?.framingError(text, error, flow);
	}

	sendFailed(owner: number, _reason: string): void {
		this.#exchange?.sendFailed(owner, now());
	}

	connectionClosed(connection: number): void {
		this.#exchange?.connectionClosed(connection);
	}

	inUse(connection: number): boolean {
		const kept = this.#exchange?.proxy.kept.has(connection, now());
		return kept || (this.#store?.restsOn(connection) ?? false);
	}

	waitedOn(): Iterable<Flow> {
		return this.#exchange?.proxy.transactions.flows() ?? [];
	}

	batchEnd(): void {
		this.#alarm.set(this.#exchange?.next());
	}

	status(): EngineStatus {
		const exchange = this.#exchange;
		return {
			listeners: this.#listeners,
			...(this.#scripts?.status ?? NO_SCRIPTS),
			devices: this.#config.devices.size,
			services: exchange?.proxy.candidates.status() ?? [],
			bindings: this.#store?.size ?? 0,
			...(this.#store?.shared && { shared: this.#store.shared }),
			transactions: exchange?.proxy.transactions.size ?? 0,
			connections: this.#transports?.connections ?? 0,
			counters: {
				...this.#transports?.counters,
				...exchange?.proxy.transactions.counters,
				...exchange?.counters,
				...exchange?.proxy.counters,
				...this.#scripts?.counters,
			},
		};
	}

	async reload(): Promise<ReloadOutcome> {
		const outcome = this.#reload();
		this.#reloads.add(outcome);
		try {
			return await outcome;
		} finally {
			this.#reloads.delete(outcome);
		}
	}

	/** Everything is read and checked first; then it is swapped, or nothing is. */
	async #reload(): Promise<ReloadOutcome> {
		const scripts = this.#scripts;
		const store = this.#store;
		if (scripts === undefined || store === undefined || this.#closing)
			return this.#outcome(false, []);
		const loaded = await loadConfig(this.#config.file);
		if (!loaded.ok) return this.#outcome(false, loaded.errors.map(reloadError));
		const { config } = loaded;
		const restart = restartOnlyChanges(this.#config, config);
		if (restart.length > 0) return this.#outcome(false, restart.map(needsRestart));
		let keys = this.#keys;
		let warnings: readonly ReloadError[] = [];
		try {
			keys = await loadSigningKeys(config.state);
			const tls = await tlsOptions(config);
			// Whatever OpenSSL has against them is said before anything is swapped.
			if (tls !== undefined) new TlsSettings(tls);
			const outcome = await scripts.reload(config);
			if (!outcome.ok) return this.#outcome(false, outcome.errors);
			warnings = outcome.warnings ?? [];
			if (tls !== undefined) this.#transports?.replaceTls(tls);
		} catch (error) {
			return this.#outcome(false, [asReloadError(error)]);
		}
		this.#config = config;
		this.#keys = keys;
		this.#input(() => this.#exchange?.configure(this.#settings(config, store), now()));
		return this.#outcome(true, [], warnings);
	}

	async rollback(): Promise<ReloadOutcome> {
		return this.#changed(await this.#scripts?.rollback());
	}

	async promote(): Promise<ReloadOutcome> {
		return this.#changed(await this.#scripts?.promote());
	}

	#changed({ ok, errors }: ScriptsOutcome = { ok: false, errors: [] }): ReloadOutcome {
		return this.#outcome(ok, errors);
	}

	async close(): Promise<void> {
		this.#closing = true;
		clearInterval(this.#sweeping);
		// Connections that we close ourselves are not lost registrations.
		this.#exchange?.stop();
		await this.#transports?.close();
		this.#calls.close();
		// What they open is closed next.
		await Promise.allSettled(this.#reloads);
		await this.#scripts?.close();
		await this.#store?.close();
		// Last: what came in while the sockets closed may have set it again, and more may come.
		this.#alarm.close();
	}

	#listenOptions(config: Config): readonly ListenOptions[] {
		return listenOptions(config, {
			trusted: () => this.#config.trusted,
			ownsHost: (host) => this.#own(this.#config).ownsHost(host, undefined),
		});
	}

	#own({ domains, node }: Config): OwnAddresses {
		const reached = node === undefined ? [] : [node.address, node.secureAddress ?? node.address];
		return new OwnAddresses(this.#listeners, domains, localAddresses(), reached);
	}

	#connectionsMax({ listen }: Config): number {
		const openFiles = openFilesMax();
		const reserved = OWN_FILES + listen.length * (1 + LIMITS.watchedPeers);
		const connections = connectionsWithin(openFiles, reserved);
		if (connections < LIMITS.connections)
			this.#log.info(
				{ connections, openFiles },
				`at most ${connections} connections: the process may open ${openFiles} files`,
			);
		return connections;
	}

	#ring(): void {
		this.#exchange?.advance(now());
		this.batchEnd();
	}

	/** An input that does not come from a socket. */
	#input(take: () => void): void {
		take();
		this.batchEnd();
	}

	#openStore(config: Config): Promise<LocationStore> {
		return openStore(config, {
			log: this.#log,
			listeners: () => this.#listeners,
			signing: () => this.#signing,
			away: (at) => this.#transports?.cut(at, "the node there is away"),
			changed: (device) => this.#input(() => this.#exchange?.proxy.bindingsChanged(device, now())),
		});
	}

	#starting(config: Config, store: LocationStore): Starting {
		const services = () => this.#exchange?.proxy.candidates.services ?? UNWATCHED;
		return this.#calls.starting(config, { store, listeners: this.#listeners, services });
	}

	get #signing(): Signing {
		return { keys: this.#keys, hmac: this.#hmac, boot: this.#boot };
	}

	#settings(config: Config, store: LocationStore): ExchangeSettings {
		return {
			environment: {
				own: this.#own(config),
				listeners: this.#listeners,
				directory: configuredDirectory(config, store),
				signing: this.#signing,
				random: this.#random,
				udpRequestMax: config.udp.maxRequest,
				pathFor: config.edge.pathFor,
				timing: config.timers,
			},
			digest: {
				...config.auth,
				keys: secretsOf(this.#keys),
				hmac: this.#hmac,
				random: this.#random,
				hash: hashHex,
				withoutQop: false,
				counts: this.#counts,
				failures: this.#failures,
			},
			registrar: config.registrar,
			nat: config.nat,
			fallback: this.#scripts?.fallback,
		};
	}

	#outcome(
		ok: boolean,
		errors: readonly ReloadError[],
		warnings: readonly ReloadError[] = [],
	): ReloadOutcome {
		const { generation, canary } = this.status();
		const candidate = canary && { candidate: canary };
		const { id, hash } = generation;
		return {
			...{ ok, generation: id, hash, ...candidate, errors },
			...(warnings.length > 0 && { warnings }),
		};
	}
}

/** While they are opened. */
const NO_SCRIPTS = { generation: { id: 0, hash: "" }, generations: [], metrics: [] } as const;
