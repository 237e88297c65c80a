/** The configuration and the scripts of a file of tests: read once, and loaded anew for every test. */
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { stringify } from "yaml";
import type { Milliseconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { type Loaded, loadConfig, loadConfigText } from "../config/load.ts";
import type { Bundle } from "../script/compile.ts";
import type { Generation } from "../script/generation.ts";
import { LoadError } from "../script/load-error.ts";
import { compileRoutes, type LoadOptions, loadGeneration } from "../script/load-generation.ts";
import { scriptDevices } from "../script/script-device.ts";
import type { ScriptMetrics } from "../script/script-metrics.ts";
import { CONFIG_VARIABLE } from "./config-variable.ts";
import type { Configuration, TestOptions } from "./sipwright-test.d.ts";
import { TestBed } from "./test-bed.ts";
import { TestingError } from "./testing-error.ts";
import { clocked } from "./virtual-date.ts";

/** Where scripts log and count. */
type Written = Pick<LoadOptions, "log" | "metrics">;

const CONFIG_NAMES = ["sipwright.yaml", "sipwright.yml"];

export class TestSetting {
	readonly #configuration: string | Configuration | undefined;
	readonly #folder: string;
	readonly #file: string;
	#config: Promise<Config> | undefined;
	readonly #bundles = new Map<string, Promise<Bundle>>();

	/** `file`: that of the tests. Without a configuration the nearest one counts. */
	constructor(file: string, configuration: string | Configuration | undefined) {
		this.#file = file;
		this.#folder = dirname(file);
		this.#configuration = configuration;
	}

	/** Rejects with a TestingError that says what is wrong with the configuration or the script. */
	async open(
		start: Milliseconds,
		before?: TestOptions["before"],
	): Promise<{ readonly bed: TestBed; close(): void }> {
		this.#config ??= this.#readConfig();
		const config = await this.#config;
		const loaded: Generation[] = [];
		const close = () => {
			for (const generation of loaded) generation.retire();
		};
		const load = async (entry: string | undefined, to: Written) => {
			const generation = await this.#load(config, entry, to, start);
			loaded.push(generation);
			return generation;
		};
		const scripts = async (log: Log, metrics: ScriptMetrics) => ({
			routes: await load(config.routes, { log, metrics }),
			fallback:
				config.routes !== undefined && config.script.fallback === "built-in"
					? await load(undefined, { log })
					: undefined,
		});
		try {
			const bed = await TestBed.open({ config, start, ...(before && { before }), scripts });
			return { bed, close };
		} catch (error) {
			close();
			throw error;
		}
	}

	async #load(
		config: Config,
		entry: string | undefined,
		to: Written,
		start: Milliseconds,
	): Promise<Generation> {
		const { devices, state, script } = config;
		const options: LoadOptions = {
			entry,
			devices: scriptDevices(devices.values()),
			limits: script,
			// `sipwright check` and every load look at the types: a test is about what the script does.
			typecheck: "off",
			...to,
			state,
		};
		const key = entry ?? "";
		let bundle = this.#bundles.get(key);
		if (bundle === undefined) {
			bundle = compileRoutes(options).then((compiled) => compiled.bundle);
			this.#bundles.set(key, bundle);
		}
		try {
			return await loadGeneration(clocked(await bundle, start), options, 1);
		} catch (error) {
			throw error instanceof LoadError ? new TestingError(problemsOf(error)) : error;
		}
	}

	async #readConfig(): Promise<Config> {
		const given = this.#configuration;
		if (typeof given === "object")
			return good(await loadConfigText(stringify(given), this.#file), "configured(…)");
		const file = given === undefined ? this.#nearest() : resolve(this.#folder, given);
		return good(await loadConfig(file), file);
	}

	/** That of the command line, else the one of the folder or of the next above it that has one. */
	#nearest(): string {
		const told = process.env[CONFIG_VARIABLE];
		if (told !== undefined) return told;
		for (let folder = this.#folder; ; folder = dirname(folder)) {
			const found = CONFIG_NAMES.map((name) => join(folder, name)).find(existsSync);
			if (found !== undefined) return found;
			if (folder === dirname(folder)) break;
		}
		throw new TestingError(
			`there is no sipwright.yaml in ${this.#folder} or above it: write configured({ … }) in the test, or give --config FILE`,
		);
	}
}

/** As `sipwright check` shows them: where, what, and the lines around it. */
function problemsOf({ code, problems }: LoadError): string {
	const lines = problems.map(({ file, line, column, message, frame }) => {
		const place = line === 0 ? file : `${file}:${line}:${column}`;
		return `${place}: ${code}: ${message}${frame === "" ? "" : `\n${frame}`}`;
	});
	return `the script does not load\n${lines.join("\n")}`;
}

function good(loaded: Loaded, what: string): Config {
	if (loaded.ok) return loaded.config;
	const named = what.startsWith("configured") ? undefined : relative(process.cwd(), what);
	const lines = loaded.errors.map(({ code, line, column, message, fix }) => {
		const place = named === undefined ? what : `${named}:${line}:${column}`;
		return `${place}: ${code}: ${message}${fix === undefined ? "" : `\n    ${fix}`}`;
	});
	throw new TestingError(lines.join("\n"));
}
