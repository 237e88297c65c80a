/** The bounds within which a script runs: plain ECMAScript, shared by the host and the isolate. */

export type ScriptLimits = {
	/** For one hook. */
	readonly timeoutMs: number;
	/** What a generation may keep. */
	readonly heapMb: number;
	/** How long a hook may wait for what it calls. */
	readonly deadlineMs: number;
	/** Calls of the host that one hook may make. */
	readonly hostCalls: number;
	/** For the top level of the scripts. An isolate that has to be opened again between two requests may take as long. */
	readonly startMs: number;
};

export const DEFAULT_LIMITS: ScriptLimits = {
	timeoutMs: 50,
	heapMb: 64,
	deadlineMs: 5_000,
	hostCalls: 32,
	startMs: 1_000,
};

/**
 * What V8 may use beyond `heapMb` before it gives up. A table that doubles past V8's own limit
 * aborts the process, so V8's limit lies higher and `heapMb` is watched from outside.
 */
export const HEAP_SLACK_MB = 128;
/** Hooks between two looks at the heap; after each hook once it is half full. */
export const HEAP_CHECK_EVERY = 8;

/**
 * Hooks that are stopped at `timeoutMs` before the next get less, and the share of the time that a
 * generation may hold the traffic with such hooks. A hook never gets less than the least.
 */
export const OVERRUNS_FREE = 2;
export const OVERRUN_SHARE = 0.2;
export const OVERRUN_LEAST_MS = 15;

/** Steps of a load, each named in its error. */
export const BUNDLE_TIMEOUT_MS = 20_000;
export const TYPES_TIMEOUT_MS = 20_000;
/** For what the engine itself asks of an isolate: it is short. */
export const OWN_QUESTION_TIMEOUT_MS = 1_000;
export const PROBE_TIMEOUT_MS = 1_000;

/** Type errors that are told one by one; octets that the compiler may say. */
export const TYPES_SHOWN_MAX = 20;
export const TYPES_OUTPUT_MAX = 4 * 1024 * 1024;

/** How long a replaced generation may serve what it began: Timer C and 32 s (RFC 3261 §16.6 step 11). */
export const DRAIN_MS = 180_000 + 32_000;
/** Generations alive at a time, each with an isolate: the oldest gives its own up for another one. */
export const GENERATIONS_MAX = 16;
/** Requests that wait to be put to a shadow, kinds of differences that are logged, and differences that are shown. */
export const SHADOW_QUEUE_MAX = 200;
export const SHADOW_KINDS_LOGGED = 100;
export const SHADOW_DIFFERENCES_SHOWN = 20;
/** Several writes of one save are one reload. */
export const DEBOUNCE_MS = 50;
/** And so are writes that go on without a pause, for this long. */
export const DEBOUNCE_MAX_MS = 2_000;
/** How old the lock of a git that still works may be. */
export const GIT_BUSY_MAX_MS = 10_000;
/** Files whose contents are compared, and octets of one that are. */
export const FINGERPRINT_FILES_MAX = 1_000;
export const FINGERPRINT_BYTES_MAX = 1024 * 1024;

/** Senders that an isolate remembers: address, port and what the engine knows of them. */
export const SENDERS_KEPT = 500;
/** Networks that scripts ask about by their text. */
export const NETWORKS_KEPT = 500;
/** Octets of a body that a script puts in the place of another: what an answer takes, escaped. */
export const BODY_LENGTH_MAX = 32_768;

/** What a hook may answer. */
export const ANSWER_LENGTH_MAX = 262_144;
export const TARGETS_MAX = 16;
export const FORK_TIMEOUT_MIN_MS = 1_000;
export const FORK_TIMEOUT_MAX_MS = 3_600_000;
export const EDITS_MAX = 64;
export const VALUE_LENGTH_MAX = 8_192;

/** Hooks of one generation that wait at a time: each keeps its request. */
export const WAITING_MAX = 10_000;
/** What a host call may be given, as JSON, and what it may bring. */
export const HOST_CALL_LENGTH_MAX = 16_384;
export const HOST_RESULT_LENGTH_MAX = 262_144;
/** Characters of results that the waiting hooks of one generation keep, all of them together. */
export const HOST_RESULTS_KEPT_MAX = 64 * 1024 * 1024;

/** What `fetch` sends: octets of a body, characters of a URL and of all header fields; and seconds that it may take. */
export const FETCH_BODY_MAX = 12_288;
export const FETCH_HEADERS_MAX = 4_096;
export const FETCH_TIMEOUT_MAX_S = 60;

/** Questions of scripts that the name servers have not answered, and answers that are kept for scripts. */
export const DNS_QUESTIONS_MAX = 1_000;
export const DNS_ANSWERS_KEPT = 1_000;

/** What a script may have done again and again: how many timers, characters of a name, seconds between two runs. */
export const TIMERS_MAX = 16;
export const TIMER_NAME_MAX = 64;
export const TIMER_EVERY_MIN_S = 1;
export const TIMER_EVERY_MAX_S = 86_400;

/** What scripts keep with `kv`, all of them together. */
export const KEY_VALUES = { entries: 100_000, characters: 32 * 1024 * 1024 } as const;
export const KEY_LENGTH_MAX = 256;

/** What scripts count: names of all of them together, characters of a name, names that one hook may count. */
export const METRICS_MAX = 500;
export const METRIC_NAME_MAX = 100;
export const METRICS_PER_HOOK_MAX = 32;

/** What a hook may log. */
export const LOG_LINES_MAX = 20;
export const LOG_LENGTH_MAX = 1_000;
export const STACK_LENGTH_MAX = 4_000;
/** To read what a script logged before it was stopped. */
export const LAST_LOG_TIMEOUT_MS = 10;
