/**
 * The supervisor of `sipwright run`: starts the worker, which does everything else, and starts it again
 * when a signal, an abort of V8 or an exception ends it, or when it hangs. Plain JavaScript without the engine, so that it
 * is small and has little to die of. The worker's side is commands/supervision.ts.
 */
import { spawn } from "node:child_process";

const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP"];
/** The worker ends itself by force before that. */
const STOP_MS_MAX = 15_000;
/** A death within that time of being ready, or before, is a quick one. */
const QUICK_MS = 10_000;
const QUICK_DEATHS_MAX = 10;
const DELAY_MS = 100;
const DELAY_MS_MAX = 5_000;
/** Scripts that served when the worker crashed that often within that time are not run again. */
const CRASHES_MAX = 2;
const CRASHES_WITHIN_MS = 600_000;
/** What a crash ends with. SIGKILL is none: that was the operator, or the system that had no memory left. */
const CRASHES = ["SIGABRT", "SIGTRAP", "SIGILL", "SIGSEGV", "SIGBUS", "SIGFPE"];
const GIVEN_UP = 4;
/** A worker that serves says each second that it is alive; one that is silent for so many hangs in one call of V8. */
const LOOK_MS = 1_000;
const SILENT_LOOKS_MAX = 5;

/** `command` with `args` is the worker; `times` are for tests. */
export function supervise(command, args, times) {
	new Supervisor(command, args, {
		quickMs: QUICK_MS,
		delayMs: DELAY_MS,
		lookMs: LOOK_MS,
		...times,
	}).start();
}

class Supervisor {
	#command;
	#args;
	#times;
	#worker;
	#state;
	#restarts = 0;
	#quickDeaths = 0;
	#died;
	#stopping = false;
	#everReady = false;
	#waiting;
	#blame = new Blame();

	constructor(command, args, times) {
		this.#command = command;
		this.#args = args;
		this.#times = times;
	}

	start() {
		for (const signal of FORWARDED) process.on(signal, () => this.#forward(signal));
		this.#run();
		// A debugger holds the worker up, too.
		const debugged = this.#args.some((one) => one.startsWith("--inspect"));
		if (!debugged) setInterval(() => this.#look(), this.#times.lookMs).unref();
	}

	#run() {
		const told = { pid: process.pid, restarts: this.#restarts, died: this.#died };
		const env = JSON.stringify({ ...told, crashed: this.#blame.crashed });
		const worker = spawn(this.#command, this.#args, {
			stdio: ["inherit", "inherit", "inherit", "ipc"],
			env: { ...process.env, SIPWRIGHT_SUPERVISOR: env },
		});
		this.#worker = worker;
		this.#state = { readyAt: undefined, leaving: false, hung: false, silent: 0 };
		worker.on("message", (message) => this.#hear(message));
		worker.on("error", (error) => {
			process.stderr.write(`sipwright cannot start ${this.#command}: ${error.message}\n`);
			process.exit(1);
		});
		worker.on("exit", (code, signal) => {
			const ended = () => this.#ended(code, signal);
			// What it said last may still be on its way.
			if (worker.connected) worker.once("disconnect", ended);
			else ended();
		});
	}

	/** `scripts`: those that run, the one loaded last first; it may still be `loading`. `leaving`: it ends, and means it. Any message is a sign of life. */
	#hear({ ready, leaving, scripts, loading }) {
		if (ready) {
			this.#state.readyAt = performance.now();
			this.#everReady = true;
		}
		this.#state.silent = 0;
		if (leaving) this.#state.leaving = true;
		if (scripts !== undefined) this.#state.scripts = { hashes: scripts, loading };
	}

	/** In looks and not by the clock: a machine that stops both is no reason to end one. */
	#look() {
		const state = this.#state;
		if (state.readyAt === undefined || this.#stopping || state.leaving) return;
		state.silent += 1;
		if (state.silent <= SILENT_LOOKS_MAX) return;
		state.hung = true;
		this.#worker?.kill("SIGKILL");
	}

	#ended(code, signal) {
		const meant = this.#stopping || this.#state.leaving || code === 0;
		if (meant || (!this.#everReady && signal === null)) return endAs(code, signal);
		const { pid } = this.#worker;
		const { hung, scripts } = this.#state;
		const how = hung ? "SIGKILL, since it hung" : (signal ?? `exit code ${code}`);
		this.#worker = undefined;
		this.#died = { at: new Date().toISOString(), how };
		const isCrash = hung || CRASHES.includes(signal);
		const crashed = isCrash && scripts ? this.#blame.crash(scripts) : undefined;
		logError(
			{
				event: "worker.died",
				pid,
				supervisor: process.pid,
				signal,
				code,
				hung,
				scripts: scripts?.hashes,
			},
			`worker ${pid} ended with ${how}`,
		);
		if (crashed !== undefined)
			logError(
				{ event: "scripts.crashed", scripts: crashed },
				`scripts ${crashed} are not run again: the worker crashed on them`,
			);
		this.#again();
	}

	#again() {
		const { quickMs, delayMs } = this.#times;
		const quick = performance.now() - (this.#state.readyAt ?? Infinity) < quickMs;
		this.#quickDeaths = quick || this.#state.readyAt === undefined ? this.#quickDeaths + 1 : 1;
		if (this.#quickDeaths > QUICK_DEATHS_MAX) {
			logError(
				{ event: "worker.given-up", code: "WORKER_DIES", deaths: this.#quickDeaths },
				`the worker ended ${this.#quickDeaths} times in a row soon after its start: not started again; the log above says what it ended with`,
			);
			process.exit(GIVEN_UP);
		}
		this.#restarts += 1;
		const step = this.#quickDeaths - 2;
		const delay = step < 0 ? 0 : Math.min(delayMs * 2 ** step, DELAY_MS_MAX);
		this.#waiting = setTimeout(() => this.#run(), delay);
	}

	#forward(signal) {
		if (signal !== "SIGHUP") this.#stop();
		this.#worker?.kill(signal);
	}

	#stop() {
		if (this.#stopping) return;
		this.#stopping = true;
		clearTimeout(this.#waiting);
		if (this.#worker === undefined) process.exit(0);
		setTimeout(() => this.#worker.kill("SIGKILL"), STOP_MS_MAX).unref();
	}
}

/**
 * Which scripts a crash is put down to: those being loaded at once; of those that run, the ones under
 * suspicion since another crash, else those that were loaded last, when it happens again.
 */
class Blame {
	#crashes = new Map();
	#crashed = new Set();

	get crashed() {
		return [...this.#crashed];
	}

	/** The hash of scripts that are not to be run again, if this was one crash too many. */
	crash({ hashes, loading }) {
		const now = performance.now();
		const recent = (hash) =>
			(this.#crashes.get(hash) ?? []).filter((at) => now - at < CRASHES_WITHIN_MS);
		const suspect = loading ? undefined : hashes.find((hash) => recent(hash).length > 0);
		const hash = suspect ?? hashes[0];
		// The built-in routes have no name here.
		if (hash === undefined) return undefined;
		const crashes = [...recent(hash), now];
		this.#crashes.set(hash, crashes);
		if (!loading && crashes.length < CRASHES_MAX) return undefined;
		this.#crashes.delete(hash);
		this.#crashed.add(hash);
		return hash;
	}
}

/** The worker's exit code, or the signal that ended it, becomes ours. */
function endAs(code, signal) {
	if (signal === null) process.exit(code);
	for (const forwarded of FORWARDED) process.removeAllListeners(forwarded);
	process.kill(process.pid, signal);
}

/** As the worker's log writes it (observe/log.ts). */
function logError(fields, msg) {
	const time = new Date().toISOString();
	const text = process.stdout.isTTY
		? `[${time.slice(11, 23)}] ERROR: ${msg}`
		: JSON.stringify({ level: "error", time, ...fields, msg });
	process.stdout.write(`${text}\n`);
}
