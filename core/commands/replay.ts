/** `sipwright replay`: where would other scripts have decided differently about recorded traffic? */
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { Judged } from "../replay/replay.ts";
import type { Generation } from "../script/generation.ts";
import type { LoadOptions } from "../script/load-generation.ts";
import { type Command, DONE, type Output, option, WRONG_USAGE } from "./command.ts";
import { report } from "./report.ts";

/** Some decision is another. */
const DIFFERENT = 1;

export const replay: Command = {
	name: "replay",
	usage: "FILE --routes DIR [--config FILE]",
	summary:
		"put the requests of a capture (pcap, pcapng, text) to the scripts of DIR and to those configured; exit 1 where they decide differently",
	options: { routes: { type: "string", short: "r" }, config: { type: "string", short: "c" } },
	positionals: ["FILE"],
	async run({ values, positionals: [file = ""] }, output) {
		const routes = option(values, "routes");
		if (routes === undefined) {
			output.err("sipwright replay: --routes DIR is missing: the scripts to compare with\n");
			return WRONG_USAGE;
		}
		const loaded = await loadConfig(option(values, "config"));
		if (!loaded.ok) {
			output.err(report(loaded.errors));
			return WRONG_USAGE;
		}
		return compare(file, resolve(routes), loaded.config, output);
	},
};

async function compare(
	file: string,
	routes: string,
	config: Config,
	output: Output,
): Promise<number> {
	// Loaded here and not above: the other commands start without the isolates.
	const { CaptureError, Tally } = await import("../replay/captured.ts");
	const { LoadError } = await import("../script/load-error.ts");
	const { readCapture } = await import("../replay/read-capture.ts");
	const { newRequests } = await import("../replay/requests.ts");
	const { configuredHosts, replay: judge } = await import("../replay/replay.ts");
	const tally = new Tally();
	const open: Generation[] = [];
	try {
		const messages = await readCapture(resolve(file), tally);
		const requests = newRequests(messages, configuredHosts(config), tally, Date.now());
		const start = requests[0]?.time ?? Date.now();
		const current = await load(config.routes, config, start, output);
		open.push(current);
		const candidate = await load(routes, config, start, output);
		open.push(candidate);
		const totals = await tell(judge(requests, { config, current, candidate }), output);
		output.out(summary(totals, tally.counts));
		return totals.different === 0 ? DONE : DIFFERENT;
	} catch (error) {
		if (error instanceof CaptureError) output.err(report([error]));
		else if (error instanceof LoadError)
			output.err(report(error.problems.map((one) => problem(one, error.code))));
		else throw error;
		return WRONG_USAGE;
	} finally {
		for (const generation of open) generation.end();
	}
}

/** Types are a matter of `check`: here it is about what scripts do. */
async function load(
	entry: string | undefined,
	config: Config,
	start: number,
	output: Output,
): Promise<Generation> {
	const { compileRoutes, loadGeneration } = await import("../script/load-generation.ts");
	const { scriptDevices } = await import("../script/script-device.ts");
	const { clocked } = await import("../testing/virtual-date.ts");
	const quiet = () => {};
	const warn = (_fields: object, message: string) => output.err(`log: ${message}\n`);
	const options: LoadOptions = {
		entry,
		devices: scriptDevices(config.devices.values()),
		limits: config.script,
		typecheck: "off",
		log: { debug: quiet, info: quiet, warn, error: warn },
		state: config.state,
	};
	const { bundle } = await compileRoutes(options);
	return loadGeneration(clocked(bundle, start), options, 1);
}

type Totals = { same: number; different: number; unasked: number };

async function tell(judged: Iterable<Judged | undefined>, output: Output): Promise<Totals> {
	const { outcomeText, sameOutcome } = await import("../script/decision-text.ts");
	const totals = { same: 0, different: 0, unasked: 0 };
	for (const one of judged) {
		if (one === undefined) totals.unasked += 1;
		else if (sameOutcome(one.current, one.candidate)) totals.same += 1;
		else {
			totals.different += 1;
			const lines = [
				heading(one),
				`    now        ${outcomeText(one.current)}`,
				`    candidate  ${outcomeText(one.candidate)}`,
			];
			output.out(`${lines.join("\n")}\n`);
		}
	}
	return totals;
}

function heading({ asked, device }: Judged): string {
	const { time, source, transport, request } = asked;
	const { head, method, uri } = request;
	const who = device === undefined ? "" : ` (${device})`;
	const from = `${transport} ${source.host.includes(":") ? `[${source.host}]` : source.host}:${source.port}`;
	return `${new Date(time).toISOString()} ${method} ${uri} from ${from}${who}, Call-ID ${head.callId}`;
}

function summary({ same, different, unasked }: Totals, skipped: ReadonlyMap<string, number>) {
	const asked = `${same + different} requests: ${same} decided alike, ${different} differently\n`;
	const rest: [string, number][] = [
		["requests that the engine answers without the scripts", unasked],
		...skipped,
	];
	return (
		asked +
		rest
			.filter(([, number]) => number > 0)
			.map(([what, number]) => `left out: ${number} ${what}\n`)
			.join("")
	);
}

function problem(
	{
		file,
		line,
		column,
		message,
		frame,
	}: Record<"file" | "message" | "frame", string> & Record<"line" | "column", number>,
	code: string,
) {
	const place = line === 0 ? { file } : { file, line, column };
	const fix = frame === "" ? undefined : frame.replaceAll("\n", "\n    ");
	return { ...place, code, message, fix };
}
