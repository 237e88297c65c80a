/** `sipwright run`: starts the proxy, and keeps it running until a signal ends it. */
import { type Admin, openAdmin } from "../admin/http.ts";
import type { ReloadOutcome } from "../admin/status.ts";
import type { Config } from "../config/config.ts";
import type { Finding } from "../config/finding.ts";
import { loadAdminToken } from "../config/keys.ts";
import { loadConfig } from "../config/load.ts";
import type { Engine } from "../engine.ts";
import { createLog, LOG_LEVELS, type LogLevel, type ProcessLog } from "../observe/log.ts";
import { testsApart } from "../testing/tests-apart.ts";
import {
	type Command,
	DONE,
	type Output,
	option,
	REFUSED,
	type Values,
	WRONG_USAGE,
} from "./command.ts";
import { installation } from "./installation.ts";
import { type Reported, report } from "./report.ts";
import { type Supervision, supervision } from "./supervision.ts";

/** Beyond this a close that hangs is ended by force. */
const CLOSE_MS_MAX = 10_000;

export const run: Command = {
	name: "run",
	usage: "[--config FILE] [--log-level LEVEL]",
	summary: "start the proxy; without a configuration, on 127.0.0.1 for two phones 1001 and 1002",
	options: { config: { type: "string", short: "c" }, "log-level": { type: "string" } },
	positionals: [],
	async run({ values }, output) {
		const supervised = supervision();
		const code = await start(values, output, supervised);
		supervised?.leaving();
		return code;
	},
};

/** The exit code, once it has ended. */
async function start(
	values: Values,
	output: Output,
	supervised: Supervision | undefined,
): Promise<number> {
	const level = option(values, "log-level") ?? "info";
	if (!isLevel(level)) {
		output.err(`sipwright run: --log-level is one of ${LOG_LEVELS.join(", ")}\n`);
		return WRONG_USAGE;
	}
	const loaded = await loadConfig(option(values, "config"));
	if (!loaded.ok) {
		output.err(report([...loaded.remarks, ...loaded.errors]));
		return REFUSED;
	}
	const log = createLog(level);
	try {
		for (const remark of loaded.remarks) logRemark(remark, log);
		await serve(loaded.config, log, supervised);
		return DONE;
	} catch (error) {
		if (!isReported(error)) throw error;
		output.err(report([{ code: error.code, message: error.message, fix: error.fix }]));
		return REFUSED;
	} finally {
		await log.close();
	}
}

async function serve(
	config: Config,
	log: ProcessLog,
	supervised: Supervision | undefined,
): Promise<void> {
	const token = await loadAdminToken(config.state);
	// Loaded here and not above: the other commands start without the isolates and the database.
	const { startEngine } = await import("../engine.ts");
	const authorsTests = testsApart(config.file);
	const engine = await startEngine(config, log, { guard: supervised?.guard, authorsTests });
	try {
		const inTurn = oneAtATime();
		const reload = () => inTurn(() => reported(engine.reload(), "reloaded", log));
		const promote = () => inTurn(() => reported(engine.promote(), "promoted", log));
		const rollback = () => inTurn(() => reported(engine.rollback(), "rolled-back", log));
		const admin = await openAdmin({
			...config.admin,
			token,
			log,
			reload,
			rollback,
			promote,
			status: () => ({
				...engine.status(),
				version: installation().version,
				node: process.version,
				pid: process.pid,
				uptimeSeconds: Math.floor(process.uptime()),
				...(supervised && { supervisor: supervised.status }),
			}),
		});
		logReady(engine, admin, log);
		if (supervised) logStarted(supervised, log);
		supervised?.ready();
		const signal = await Promise.race([endingSignal(reload), ...orphaned(supervised)]);
		log.info({ event: "stopping", signal }, `stopping on ${signal}`);
		forceExitIfStuck(log);
		authorsTests.stop();
		await admin.close();
	} finally {
		await engine.close();
	}
	log.info({ event: "stopped" }, "stopped");
}

/** Nobody would end it, or start it again. */
function orphaned(supervised: Supervision | undefined): readonly Promise<string>[] {
	return supervised ? [supervised.alone.then(() => "the end of its supervisor")] : [];
}

/** Resolves with the signal that ends the process. SIGHUP reloads; a repeated signal changes nothing. */
function endingSignal(reload: () => Promise<ReloadOutcome>): Promise<NodeJS.Signals> {
	process.on("SIGHUP", () => void reload());
	return new Promise((resolve) => {
		process.on("SIGTERM", resolve);
		process.on("SIGINT", resolve);
	});
}

function forceExitIfStuck(log: ProcessLog): void {
	setTimeout(() => {
		log.error({ event: "stuck" }, `not closed after ${CLOSE_MS_MAX} ms: ended by force`);
		log.flush();
		process.exit(REFUSED);
	}, CLOSE_MS_MAX).unref();
}

/** The answer goes to who asked over the admin API; the log has it too, for SIGHUP. */
async function reported(
	asked: Promise<ReloadOutcome>,
	event: "reloaded" | "rolled-back" | "promoted",
	log: ProcessLog,
): Promise<ReloadOutcome> {
	const outcome = await asked;
	const { ok, generation, hash, errors } = outcome;
	if (ok) log.info({ event, generation, hash }, `generation ${generation} is in use`);
	else
		log.error(
			{ event: "reload.refused", generation, hash, errors },
			`nothing changed, errors: ${errors.map(({ message }) => message).join("; ")}`,
		);
	return outcome;
}

/** What is asked for while something runs starts when that has ended. */
function oneAtATime(): <T>(task: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return (task) => {
		const next = last.then(task, task);
		last = next;
		return next;
	};
}

function logReady(engine: Engine, admin: Admin, log: ProcessLog): void {
	const { listeners, generation, devices } = engine.status();
	const sockets = listeners.map(({ transport, address, host, port }) => ({
		transport,
		address,
		advertised: `${host}:${port}`,
	}));
	const names = sockets.map(({ transport, advertised }) => `${transport}:${advertised}`);
	log.info(
		{
			event: "ready",
			version: installation().version,
			listeners: sockets,
			admin: `${admin.address}:${admin.port}`,
			generation: generation.id,
			devices,
		},
		`ready on ${names.join(", ")}`,
	);
}

/** After a crash. */
function logStarted({ status }: Supervision, log: ProcessLog): void {
	const { pid: supervisor, restarts, died } = status;
	if (died === undefined) return;
	const downMs = Date.now() - Date.parse(died.at);
	log.info(
		{ event: "worker.started", pid: process.pid, supervisor, restarts, downMs },
		`worker ${process.pid} serves, ${downMs} ms after the last one ended with ${died.how}`,
	);
}

function logRemark({ level, code, file, line, column, message, fix }: Finding, log: ProcessLog) {
	const fields = { event: "config", code, file, line, column, fix };
	if (level === "warning") log.warn(fields, message);
	else log.info(fields, message);
}

function isLevel(text: string): text is LogLevel {
	return LOG_LEVELS.some((level) => level === text);
}

/** An error with a code of ours is the operator's to mend; Node's `ERR_…` and the rest are ours. */
function isReported(error: unknown): error is Error & Reported {
	if (!(error instanceof Error) || !("code" in error)) return false;
	return /^(?!ERR_)[A-Z]+_[A-Z_]+$/.test(String(error.code));
}
