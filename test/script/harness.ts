/** A script in a temporary folder, loaded as the engine loads it, and requests to ask it about. */
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { Log } from "../../core/base/log.ts";
import type { Decision } from "../../core/proxy/decision.ts";
import type { AskContext } from "../../core/script/ask-context.ts";
import type { Starting } from "../../core/script/beginning.ts";
import { compile } from "../../core/script/compile.ts";
import { findEntry } from "../../core/script/find-entry.ts";
import { Generation } from "../../core/script/generation.ts";
import { DEFAULT_LIMITS, type ScriptLimits } from "../../core/script/limits.ts";
import type { ScriptDevice } from "../../core/script/script-device.ts";
import { ScriptError } from "../../core/script/script-error.ts";
import type { ScriptMetrics } from "../../core/script/script-metrics.ts";
import { WaitingHook } from "../../core/script/waiting-hook.ts";
import { tempFolder } from "../support/temp-folder.ts";

export type LogEntry = {
	readonly level: string;
	readonly message: string;
	readonly fields: object;
};

export function recordingLog(): Log & { readonly entries: LogEntry[] } {
	const entries: LogEntry[] = [];
	const write = (level: string) => (fields: object, message: string) =>
		void entries.push({ level, message, fields });
	const [debug, info] = [write("debug"), write("info")];
	return { debug, info, warn: write("warn"), error: write("error"), entries };
}

export function scriptDevice(given: Partial<ScriptDevice> & { name: string }): ScriptDevice {
	return {
		type: "Extension",
		secure: false,
		registers: false,
		serviceType: undefined,
		prefix: undefined,
		replacePrefix: undefined,
		priority: 0,
		authenticateRequests: [],
		mismatch: "follow-message",
		...given,
	};
}

export type Loaded = {
	readonly generation: Generation;
	/** Absolute path of the script. */
	readonly entry: string;
	readonly log: ReturnType<typeof recordingLog>;
	/** Asks about a request: INVITE sip:5000@… unless said otherwise. */
	ask(text?: string, context?: ContextGiven): Decision | ScriptError;
};

export type LoadGiven = {
	readonly devices?: readonly ScriptDevice[];
	readonly limits?: Partial<ScriptLimits>;
	readonly starting?: Starting;
	readonly metrics?: ScriptMetrics;
};

/** Loads a whole script. */
export async function load(t: TestContext, source: string, given: LoadGiven = {}): Promise<Loaded> {
	const folder = tempFolder();
	t.after(() => folder.remove());
	return loadFile(t, folder.write("default.ts", source), given);
}

/** Loads a script, or the folder that one is in. */
export async function loadFile(
	t: TestContext,
	path: string,
	{ devices = [], limits = {}, starting, metrics }: LoadGiven = {},
): Promise<Loaded> {
	const log = recordingLog();
	const entry = await findEntry(path);
	const { bundle } = await compile(entry, join(dirname(entry), "../state"));
	const options = { id: 1, origin: "script", devices, log, starting, metrics } as const;
	const generation = await Generation.load(bundle, {
		...options,
		limits: { ...DEFAULT_LIMITS, ...limits },
	});
	t.after(() => generation.retire());
	const ask: Loaded["ask"] = (text = request("INVITE", "sip:5000@127.0.0.1"), given = {}) =>
		atOnce(generation.ask("onRequest", text, context(given)));
	return { generation, entry, log, ask };
}

/** A script whose `onRequest` has this body. It begins on line 1. */
export function hook(body: string, top = ""): string {
	return [
		"import { defineRoutes, device, forceSip, forceSips, log, stripTransport } from 'sipwright';",
		"import { challenge, drop, fork, redirect, relay, reply, save, trunks } from 'sipwright';",
		top,
		"export default defineRoutes({ onRequest(request, call) {",
		body,
		"} });",
	].join("\n");
}

/** The line of `hook` that its body begins on. */
export const BODY_LINE = 5;

export type ContextGiven = Partial<AskContext["source"]> &
	Partial<Pick<AskContext, "ours" | "callerScheme">>;

export function context({ ours, callerScheme, ...source }: ContextGiven = {}): AskContext {
	return {
		source: {
			address: "127.0.0.1",
			port: 5060,
			transport: "udp",
			trusted: true,
			device: undefined,
			authenticated: false,
			...source,
		},
		callerScheme: callerScheme ?? "sip",
		ours: ours ?? true,
	};
}

export type RequestGiven = {
	readonly from?: string;
	readonly to?: string;
	readonly headers?: readonly string[];
	readonly body?: string;
};

export function request(method: string, uri: string, given: RequestGiven = {}): string {
	const { from = "<sip:6000@127.0.0.1>;tag=a", to = `<${uri}>`, headers, body = "" } = given;
	const lines = [
		`${method} ${uri} SIP/2.0`,
		"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKa1",
		"Max-Forwards: 70",
		`From: ${from}`,
		`To: ${to}`,
		"Call-ID: call-1@127.0.0.1",
		`CSeq: 1 ${method}`,
		...(headers ?? ["Contact: <sip:6000@127.0.0.1:5060>"]),
		`Content-Length: ${body.length}`,
	];
	return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Of a hook that does not wait. */
export function atOnce(outcome: ReturnType<Generation["ask"]>): Decision | ScriptError {
	if (
		outcome instanceof WaitingHook ||
		(!(outcome instanceof ScriptError) && outcome.kind === "pass")
	)
		throw new TypeError(`no decision was made: ${JSON.stringify(outcome)}`);
	return outcome;
}

/** The code of what had to fail. */
export function failure(outcome: Decision | ScriptError): ScriptError {
	if (outcome instanceof ScriptError) return outcome;
	throw new TypeError(`a decision was made: ${JSON.stringify(outcome)}`);
}

/** The decision of what had to succeed. */
export function decision(outcome: Decision | ScriptError): Decision {
	if (outcome instanceof ScriptError) throw outcome;
	return outcome;
}
