/** `sipwright check`: is this configuration fit to start with, do its scripts load, and do their tests pass? */
import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { type Command, DONE, type Output, option, REFUSED } from "./command.ts";
import { type Reported, report } from "./report.ts";

export const check: Command = {
	name: "check",
	usage: "[--config FILE]",
	summary:
		"validate the configuration, load and test the scripts; exit 1 with file:line:column errors",
	options: { config: { type: "string", short: "c" } },
	positionals: [],
	async run({ values }, output) {
		const file = option(values, "config");
		const loaded = await loadConfig(file);
		output.err(report(loaded.remarks));
		const errors = loaded.ok ? await scriptErrors(loaded.config, output) : loaded.errors;
		if (!loaded.ok || errors.length > 0) {
			output.err(`${report(errors)}${count(errors.length, "error")}\n`);
			return REFUSED;
		}
		const { listen, devices, routes } = loaded.config;
		const tests = await testScripts(loaded.config, output);
		if (tests.failed > 0 && loaded.config.reload.tests === "block") {
			output.err(`${count(tests.failed, "error")}\n`);
			return REFUSED;
		}
		const parts = [
			count(listen.length, "socket"),
			count(devices.size, "device"),
			routes === undefined ? "the built-in routes" : "routes that load",
			...(tests.passed === 0 ? [] : [`${count(tests.passed, "test")} that pass`]),
		];
		output.out(`${file ?? "the embedded defaults"}: good, with ${parts.join(", ")}\n`);
		return DONE;
	},
};

/** Bundles the scripts, checks their types, starts them in an isolate and tries them, as a start does. */
async function scriptErrors(config: Config, output: Output): Promise<readonly Reported[]> {
	// Loaded here and not above: the other commands start without the isolates.
	const { checkRoutes, compileRoutes, loadGeneration } = await import(
		"../script/load-generation.ts"
	);
	const { LoadError } = await import("../script/load-error.ts");
	const { scriptDevices } = await import("../script/script-device.ts");
	const { EngineHostCalls, UNWATCHED } = await import("../engine-host-calls.ts");
	const { MemoryStore } = await import("../location/memory.ts");
	const calls = new EngineHostCalls({
		settings: () => config.script,
		input: (take) => take(),
		lookup: () => undefined,
	});
	const options = {
		entry: config.routes,
		devices: scriptDevices(config.devices.values()),
		limits: config.script,
		typecheck: config.reload.typecheck,
		log: logTo(output),
		state: config.state,
		starting: calls.starting(config, {
			store: new MemoryStore(),
			listeners: [],
			services: () => UNWATCHED,
		}),
	};
	try {
		const { bundle, warnings } = await compileRoutes(options);
		const doubtful = [...warnings, ...(await checkRoutes(bundle, options))];
		output.err(report(doubtful.map((one) => ({ ...inPlace(one), level: "warning" }))));
		const generation = await loadGeneration(bundle, options, 1);
		generation.retire();
		return [];
	} catch (error) {
		if (!(error instanceof LoadError)) throw error;
		return error.problems.map((problem) => ({ ...inPlace(problem), code: error.code }));
	} finally {
		calls.close();
	}
}

/** The tests beside the scripts, on this configuration unless they name their own. What failed is told, and what each did. */
async function testScripts({ routes, file, reload }: Config, output: Output) {
	const none = { passed: 0, failed: 0 };
	if (routes === undefined || reload.tests === "off") return none;
	// Loaded here and not above, as the isolates are.
	const { findTests } = await import("../testing/find-tests.ts");
	const { folderOf } = await import("../script/find-entry.ts");
	const { files } = findTests([await folderOf(routes)]);
	if (files.length === 0) return none;
	const { asProblem } = await import("../script/authors-tests.ts");
	const { runTests } = await import("../testing/run-tests.ts");
	let said = "";
	const write = (text: string) => {
		said += text;
	};
	const totals = await runTests({ files, config: file, write });
	if (totals.failed === 0) return totals;
	const how = reload.tests === "warn" ? { level: "warning" } : { code: "LOAD_TESTS" };
	const failed = totals.failures.map(asProblem);
	output.err(`${said}\n${report(failed.map((one) => ({ ...inPlace(one), ...how })))}`);
	return totals;
}

/** A problem of a script: line 0 stands for an unknown place, and the code frame is the advice. */
function inPlace(problem: {
	file: string;
	line: number;
	column: number;
	message: string;
	frame: string;
}) {
	const { file, line, column, message, frame } = problem;
	const place = line === 0 ? { file } : { file, line, column };
	const fix = frame === "" ? undefined : frame.replaceAll("\n", "\n    ");
	return { ...place, code: "LOAD_WARNING", message, fix };
}

/** What the scripts log while they are tried: warnings and errors only. */
function logTo(output: Output): Log {
	const quiet = () => {};
	const loud = (_fields: object, message: string) => output.err(`log: ${message}\n`);
	return { debug: quiet, info: quiet, warn: loud, error: loud };
}

function count(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
