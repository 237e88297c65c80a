/** The route scripts of the engine: those that serve, the built-in ones beside them that may stand in, and the shadow. */
import { problemErrors, reloadError } from "./admin/reload-error.ts";
import type { EngineStatus, ReloadError } from "./admin/status.ts";
import type { Log } from "./base/log.ts";
import type { Config } from "./config/config.ts";
import type { Starting } from "./script/beginning.ts";
import type { Generation } from "./script/generation.ts";
import type { LoadHelpers } from "./script/load-generation.ts";
import type { LoadErrorCode } from "./script/load-steps.ts";
import type { ReloadResult } from "./script/reload-result.ts";
import { scriptDevices } from "./script/script-device.ts";
import { ScriptMetrics } from "./script/script-metrics.ts";
import { Scripts } from "./script/scripts.ts";
import { Shadow } from "./script/shadow.ts";

export type ScriptsOutcome = {
	readonly ok: boolean;
	readonly errors: readonly ReloadError[];
	readonly warnings?: readonly ReloadError[];
};

/** What scripts that come with this configuration may do before they serve. */
type StartingWith = (config: Config) => Starting;

export class EngineScripts {
	/** What new requests ask. */
	readonly routes: Scripts;
	readonly #starting: StartingWith;
	readonly #metrics: ScriptMetrics;
	readonly #log: Log;
	readonly #shadow: Shadow;
	readonly #helpers: LoadHelpers;
	#fallback: Scripts | undefined;

	private constructor(
		routes: Scripts,
		metrics: ScriptMetrics,
		starting: StartingWith,
		log: Log,
		helpers: LoadHelpers,
	) {
		this.routes = routes;
		this.#metrics = metrics;
		this.#starting = starting;
		this.#log = log;
		this.#helpers = helpers;
		this.#shadow = new Shadow(log);
	}

	static async open(
		config: Config,
		starting: StartingWith,
		log: Log,
		helpers: LoadHelpers,
	): Promise<EngineScripts> {
		const metrics = new ScriptMetrics();
		const begins = { starting: starting(config), metrics };
		const routes = await openScripts(config, begins, log, helpers);
		const scripts = new EngineScripts(routes, metrics, starting, log, helpers);
		try {
			await scripts.#follow(config);
		} catch (error) {
			await scripts.close();
			throw error;
		}
		return scripts;
	}

	/** What a request gets whose script failed, where it is the built-in routes. */
	get fallback(): Generation | undefined {
		return this.#fallback?.generation;
	}

	/** Those that serve first: what is beside them follows when they have changed. */
	async reload(config: Config): Promise<ScriptsOutcome> {
		const devices = scriptDevices(config.devices.values());
		const starting = this.#starting(config);
		const change = { entry: config.routes, limits: config.script, ...config.reload, starting };
		const result = await this.routes.reload(devices, change);
		if (!result.ok) return { ok: false, errors: errorsOf(result, this.routes.status.error?.code) };
		await this.#follow(config);
		const warnings = problemErrors(result.warnings ?? [], "LOAD_WARNING");
		const { error } = this.#shadow.status ?? {};
		if (error === undefined) return { ok: true, errors: [], warnings };
		const refused = reloadError({
			code: "LOAD_WARNING",
			message: `the shadow is not asked: ${error}`,
		});
		return { ok: true, errors: [], warnings: [...warnings, refused] };
	}

	async rollback(): Promise<ScriptsOutcome> {
		return outcomeOf(await this.routes.rollback(), "LOAD_ROLLBACK");
	}

	async promote(): Promise<ScriptsOutcome> {
		return outcomeOf(await this.routes.promote(), "LOAD_PROMOTE");
	}

	get status(): Pick<
		EngineStatus,
		"generation" | "generations" | "canary" | "rolledBack" | "shadow" | "metrics"
	> {
		const { generation: id, hash, canary, rolledBack } = this.routes.status;
		const shadow = this.#shadow.status;
		return {
			generation: { id, hash },
			generations: this.routes.generations.list,
			...(canary && { canary }),
			...(rolledBack && { rolledBack }),
			...(shadow && { shadow }),
			metrics: this.#metrics.list,
		};
	}

	get counters(): Readonly<Record<string, number>> {
		const { asked, failed, rollbacks } = this.routes.status;
		const shadow = this.#shadow.status;
		return {
			scriptsAsked: asked,
			scriptsFailed: failed,
			generationsEnded: this.routes.generations.ended,
			generationsRolledBack: rollbacks,
			metricsLeftOut: this.#metrics.leftOut,
			shadowSame: shadow?.same ?? 0,
			shadowDifferent: shadow?.different ?? 0,
			shadowFailed: shadow?.failed ?? 0,
			shadowOverflowed: shadow?.overflowed ?? 0,
		};
	}

	async close(): Promise<void> {
		await this.#shadow.close();
		await this.routes.close();
		await this.#fallback?.close();
	}

	/** The built-in routes beside a script that may fail, and the shadow, with the same devices. */
	async #follow(config: Config): Promise<void> {
		const { devices, script, state, reload, routes } = config;
		const wanted = routes !== undefined && script.fallback === "built-in";
		const before = this.#fallback;
		this.#fallback = wanted ? await openBuiltIn(config, this.#log) : undefined;
		await before?.close();
		await this.#shadow.configure(reload.shadow, {
			devices: scriptDevices(devices.values()),
			limits: script,
			state,
			guard: this.#helpers.guard,
			pollMs: reload.pollMs,
		});
		this.routes.generations.observe(this.#shadow.observer);
	}
}

function openScripts(
	config: Config,
	begins: { readonly starting: Starting; readonly metrics: ScriptMetrics },
	log: Log,
	helpers: LoadHelpers,
): Promise<Scripts> {
	const { routes: entry, devices, state } = config;
	return Scripts.start({
		entry,
		devices: scriptDevices(devices.values()),
		limits: config.script,
		...config.reload,
		log,
		state,
		watch: true,
		...begins,
		// What is tested and watched for crashes is a script, not our own routes.
		...(entry !== undefined && helpers),
	});
}

/** Nothing is tried there, and nothing is gone back to. */
function openBuiltIn({ devices, script, state }: Config, log: Log): Promise<Scripts> {
	return Scripts.start({
		entry: undefined,
		devices: scriptDevices(devices.values()),
		limits: script,
		typecheck: "off",
		log,
		state,
		watch: false,
	});
}

function outcomeOf({ ok, errors = [] }: ReloadResult, code: LoadErrorCode): ScriptsOutcome {
	return { ok, errors: problemErrors(errors, code) };
}

function errorsOf(
	{ reason, errors = [] }: ReloadResult,
	code: LoadErrorCode = "LOAD_READ",
): readonly ReloadError[] {
	if (errors.length === 0)
		return [reloadError({ code, message: reason ?? "the scripts were refused" })];
	return problemErrors(errors, code);
}
