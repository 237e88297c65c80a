/** The log: one JSON object per line on standard output, readable text when it is a terminal. Secrets are left out. */
import { once } from "node:events";
import { isatty } from "node:tty";
import { destination, type LoggerOptions, pino, stdTimeFunctions } from "pino";
import pretty from "pino-pretty";
import type { Log } from "../base/log.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log that is emptied before the process ends. */
export type ProcessLog = Log & {
	/** Everything is written, in order; nothing may be logged any more. */
	close(): Promise<void>;
	/** For an end by force: a line that is being written may come behind later ones. */
	flush(): void;
};

const STDOUT = 1;

/** Beyond this the oldest lines waiting for a stuck reader are dropped: the proxy does not wait for its log. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;

const SECRETS = ["password", "token", "secret", "authorization", "proxy-authorization"];

export function createLog(
	level: LogLevel,
	{ fd = STDOUT, readable = isatty(fd) }: { fd?: number; readable?: boolean } = {},
): ProcessLog {
	const options: LoggerOptions = {
		level,
		base: null,
		timestamp: stdTimeFunctions.isoTime,
		formatters: { level: (label) => ({ level: label }) },
		redact: { paths: redacted(), censor: "[redacted]" },
	};
	if (readable) {
		const stream = pretty({ destination: fd, sync: true, ignore: "event", singleLine: true });
		return bind(pino(options, stream), { close: async () => {}, flush: () => {} });
	}
	const stream = destination({ dest: fd, sync: false, maxLength: WAITING_BYTES_MAX });
	return bind(pino(options, stream), {
		close: async () => {
			const closed = once(stream, "close");
			stream.end();
			await closed;
		},
		flush: () => stream.flushSync(),
	});
}

function bind(log: Log, end: Pick<ProcessLog, "close" | "flush">): ProcessLog {
	return {
		debug: (fields, message) => log.debug(fields, message),
		info: (fields, message) => log.info(fields, message),
		warn: (fields, message) => log.warn(fields, message),
		error: (fields, message) => log.error(fields, message),
		...end,
	};
}

/** At the top of a line's fields, and one and two objects down. */
function redacted(): string[] {
	return SECRETS.flatMap((name) => ["", "*.", "*.*."].map((above) => `${above}["${name}"]`)).map(
		(path) => path.replace(".[", "["),
	);
}
