/**
 * Opening an isolate: its bundle compiled, the script's top level run, and what the host asks in it
 * at hand. Off the main thread where there is time, and at once where a question waits.
 */
import { setFlagsFromString } from "node:v8";
import ivm from "isolated-vm";
import type { Bundle } from "./compile.ts";
import { endWithoutTeardown } from "./end-of-process.ts";
import { HOOKS, type HookArguments, type HookName } from "./hooks.ts";
import {
	HEAP_SLACK_MB,
	LAST_LOG_TIMEOUT_MS,
	OWN_QUESTION_TIMEOUT_MS,
	type ScriptLimits,
} from "./limits.ts";
import { BUNDLE_FILE } from "./positions.ts";
import type { AskHook, Runtime } from "./sandbox/runtime.ts";
import { Watchdog } from "./watchdog.ts";

// V8 13.6 leaves out of a loop what would end it, where that loop fills an array and nothing else:
// neither a time limit nor a memory limit stops for (;;) new Array(32).fill(0). Maglev's code of such
// loops looks for it only now and then: it ran on for 7 to 10 s in one of four tries, and in none of
// 28 without. What handlers of routes cost did not change with it.
setFlagsFromString("--no-turboshaft-loop-unrolling");
setFlagsFromString("--no-maglev");

/** What is opened. */
export type Contents = {
	readonly bundle: Bundle;
	/** JSON of the devices that the script knows. */
	readonly devices: string;
	readonly limits: ScriptLimits;
	/** What `onStart` was asked, and what its calls brought, once it has come to its end. */
	started: HookArguments | undefined;
};

export type Running = {
	readonly isolate: ivm.Isolate;
	readonly ask: Readonly<Record<HookName, ivm.Reference<AskHook>>>;
	readonly fault: ivm.Reference<Runtime["fault"]>;
	readonly log: ivm.Reference<Runtime["log"]>;
	readonly fits: ivm.Reference<Runtime["fits"]>;
	readonly resume: ivm.Reference<Runtime["resume"]>;
	readonly take: ivm.Reference<Runtime["take"]>;
	readonly forget: ivm.Reference<Runtime["forget"]>;
	readonly defined: string;
	readonly watchdog: Watchdog;
};

type Start = (devices: string) => Runtime;

const ORIGIN = { filename: BUNDLE_FILE } as const;
export const OWN_QUESTION = { timeout: OWN_QUESTION_TIMEOUT_MS } as const;
const AS_REFERENCE = { reference: true } as const;

/** Off the main thread. Rejects with what the top level threw. */
export async function openIsolate({ bundle, devices, limits }: Contents): Promise<Running> {
	const isolate = newIsolate(limits);
	try {
		const script = await isolate.compileScript(bundle.code, ORIGIN);
		const context = await isolate.createContext();
		const starting = { timeout: limits.startMs };
		const start = (await script.run(context, { ...starting, ...AS_REFERENCE })) as Remote<Start>;
		const runtime = await start.apply(undefined, [devices], {
			...starting,
			result: AS_REFERENCE,
		});
		return connect(isolate, runtime, limits);
	} catch (error) {
		close(isolate);
		throw error;
	}
}

type Remote<T> = ivm.Reference<T>;

/**
 * No handler for catastrophic errors: with one, isolated-vm holds the thread for ever, and here
 * that is the thread of the traffic. Without, the process ends and core/supervise.js starts another.
 */
function newIsolate(limits: ScriptLimits): ivm.Isolate {
	endWithoutTeardown();
	return new ivm.Isolate({ memoryLimit: limits.heapMb + HEAP_SLACK_MB });
}

/** The same at once: between two questions there is no time to wait. */
export function openAtOnce({ bundle, devices, limits }: Contents): Running {
	const isolate = newIsolate(limits);
	try {
		const context = isolate.createContextSync();
		const script = isolate.compileScriptSync(bundle.code, ORIGIN);
		const starting = { timeout: limits.startMs };
		const start = script.runSync(context, { ...starting, ...AS_REFERENCE }) as Remote<Start>;
		const runtime = start.applySync(undefined, [devices], { ...starting, result: AS_REFERENCE });
		return connect(isolate, runtime, limits);
	} catch (error) {
		close(isolate);
		throw error;
	}
}

function connect(
	isolate: ivm.Isolate,
	runtime: Remote<Runtime>,
	{ timeoutMs }: ScriptLimits,
): Running {
	const ask = runtime.getSync("ask", AS_REFERENCE);
	const asks = HOOKS.map((hook) => [hook, ask.getSync(hook, AS_REFERENCE)]);
	return {
		isolate,
		ask: Object.fromEntries(asks),
		resume: runtime.getSync("resume", AS_REFERENCE),
		take: runtime.getSync("take", AS_REFERENCE),
		forget: runtime.getSync("forget", AS_REFERENCE),
		defined: runtime.getSync("defined", AS_REFERENCE).applySync(undefined, [], OWN_QUESTION),
		fault: runtime.getSync("fault", AS_REFERENCE),
		log: runtime.getSync("log", AS_REFERENCE),
		fits: runtime.getSync("fits", AS_REFERENCE),
		watchdog: new Watchdog(isolate, timeoutMs),
	};
}

/** JSON of the Log that nobody has taken yet, if it can be had. */
export function lastLog({ isolate, log }: Running): string | undefined {
	if (isolate.isDisposed) return undefined;
	try {
		return log.applySync(undefined, [], { timeout: LAST_LOG_TIMEOUT_MS });
	} catch {
		return undefined;
	}
}

export function shut({ watchdog, isolate }: Running): void {
	watchdog.close();
	close(isolate);
}

function close(isolate: ivm.Isolate): void {
	try {
		isolate.dispose();
	} catch {
		// It is gone: by its own memory, or by its watchdog this very moment.
	}
}
