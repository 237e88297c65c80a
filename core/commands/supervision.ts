/** The worker's side of core/supervise.js: what it is told at its start, and what it tells. */
import type { SupervisorStatus } from "../admin/status.ts";
import { CrashGuard } from "../script/crash-guard.ts";

const VARIABLE = "SIPWRIGHT_SUPERVISOR";
/** A worker whose supervisor is gone has that long to end in good order. */
const ALONE_MS_MAX = 15_000;
/** The supervisor ends a worker that is silent for five of these. */
const ALIVE_MS = 1_000;

export type Supervision = {
	readonly status: SupervisorStatus;
	readonly guard: CrashGuard;
	/** Resolves when the supervisor is gone: nobody would start this process again, or end it. */
	readonly alone: Promise<void>;
	/** It serves now. */
	ready(): void;
	/** It ends because it means to, with an exit code that says why. */
	leaving(): void;
};

/** Undefined in a process that nobody supervises. */
export function supervision(): Supervision | undefined {
	const told = process.env[VARIABLE];
	delete process.env[VARIABLE];
	if (told === undefined || process.send === undefined) return undefined;
	const { crashed, ...status } = JSON.parse(told) as SupervisorStatus & { crashed: string[] };
	const alone = new Promise<void>((resolve) => process.once("disconnect", resolve));
	void alone.then(() => setTimeout(() => process.exit(1), ALONE_MS_MAX).unref());
	// The sockets keep this process, and nothing else does.
	process.channel?.unref();
	return {
		status,
		guard: new CrashGuard(crashed, {
			tell: (scripts, loading) => tell({ scripts, loading }),
			crash: () => process.abort(),
		}),
		alone,
		ready: () => {
			void tell({ ready: true });
			setInterval(() => void tell({}), ALIVE_MS).unref();
		},
		leaving: () => void tell({ leaving: true }),
	};
}

/** Resolves when it lies in the pipe, where the supervisor finds it even if this process crashes next. */
function tell(message: object): Promise<void> {
	return new Promise((resolve) => {
		if (!process.connected) return resolve();
		process.send?.(message, undefined, undefined, () => resolve());
	});
}
