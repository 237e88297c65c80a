/** What the host calls: one function per question, strings in, one string out. */
import { LegError } from "../../leg/leg-error.ts";
import { ParseError } from "../../message/parse-error.ts";
import { HOOKS, type HookName, WAITING_HOOKS } from "../hooks.ts";
import { ANSWER_LENGTH_MAX, STACK_LENGTH_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import { type Answer, type Ask, type Asked, refused } from "./asked.ts";
import type { Counted } from "./counted.ts";
import { isRoutes, timersOf } from "./define-routes.ts";
import { isNoAnswer } from "./host-error.ts";
import { type Log, takeLog } from "./log.ts";
import { OnBranch } from "./on-branch.ts";
import { OnFailure } from "./on-failure.ts";
import { OnInDialog } from "./on-in-dialog.ts";
import { OnRequest } from "./on-request.ts";
import { OnResponse } from "./on-response.ts";
import { OnStart } from "./on-start.ts";
import { OnTimer } from "./on-timer.ts";
import {
	awaitHook,
	beginHook,
	countedAtOnce,
	forgetHook,
	hasWishes,
	hookDecided,
	resumeHook,
	takeCountedAfter,
	takeWishes,
	ticketOfHook,
	type Wish,
} from "./tickets.ts";

/** What happened while microtasks ran: as JSON. */
export type Taken = {
	readonly decided: readonly Decided[];
	readonly calls: readonly Wish[];
	readonly log?: Log;
	/** Of hooks that had decided before. */
	readonly metrics?: Counted;
	/** What did not fit is there to be taken. */
	readonly more?: true;
};

type Decided = { readonly ticket: number; readonly answer: Answer };

export type AskHook = (text: string, sender: string, more?: string, record?: string) => string;
export type Runtime = {
	/** Answers a hook with the JSON of an Answer (asked.ts). */
	readonly ask: Readonly<Record<HookName, AskHook>>;
	/** A host call has its result: the JSON of a HostResult. What came of it is there to be taken. */
	resume(ticket: number, call: number, result: string): void;
	/** The JSON of a Taken. */
	take(): string;
	/** Nobody waits for this hook any more. */
	forget(ticket: number): void;
	/** JSON: the names of the hooks that the script defines, and its timers. */
	defined(): string;
	/** Why the default export is no script; undefined when it is one. */
	fault(): string | undefined;
	/** The JSON of a Log with what was written and not yet taken; undefined for nothing. */
	log(): string | undefined;
	/** Whether that many octets more fit into the heap: V8 collects its garbage to find out. */
	fits(octets: number): boolean;
};

/** What each hook is asked with. */
const QUESTIONS: Readonly<Record<HookName, Ask>> = {
	onRequest: (text, sender) => new OnRequest(text, sender),
	onFailure: (text, sender, more) => new OnFailure(text, sender, more),
	onBranch: (text, sender, more) => new OnBranch(text, sender, more),
	onResponse: (text, _sender, more) => new OnResponse(text, more),
	onInDialog: (text, sender, more) => new OnInDialog(text, sender, more),
	onTimer: (_text, _sender, more) => new OnTimer(more),
	onStart: (_text, _sender, more) => new OnStart(more),
};

/** Kept from before the script runs, which may well patch its own globals. */
const { parse, stringify } = JSON;
const Buffer = ArrayBuffer;
const { transfer } = ArrayBuffer.prototype;
const { includes } = Array.prototype;
const { slice } = String.prototype;
const { apply } = Reflect;
const { fromEntries, getOwnPropertyNames } = Object;
/** When not even a failure can be told. */
const UNTOLD = stringify({
	failure: {
		code: "SCRIPT_THREW",
		reason: "a built-in that the answer is made with was changed, and threw",
		stack: "",
	},
} satisfies Answer);

export function openRuntime(script: { readonly default?: unknown }): Runtime {
	const routes = script.default as Public.Routes;
	const asks = HOOKS.map((hook): [HookName, AskHook] => [hook, askHook(routes, hook)]);
	return {
		ask: fromEntries(asks) as Record<HookName, AskHook>,
		resume: resumeHook,
		take,
		forget: forgetHook,
		defined: () =>
			stringify(
				isRoutes(routes)
					? { hooks: getOwnPropertyNames(routes), timers: timersOf(routes) }
					: { hooks: [], timers: [] },
			),
		fault: () => exportFault(script),
		log: () => stringify(takeLog()),
		fits: (octets) => {
			try {
				// Detached at once, so that nothing of that size waits for the next collection.
				apply(transfer, new Buffer(octets), [0]);
				return true;
			} catch {
				return false;
			}
		},
	};
}

/** Nothing is thrown across. */
function askHook(routes: Public.Routes, hook: HookName): AskHook {
	const open = QUESTIONS[hook];
	const mayWait = WAITING_HOOKS.includes(hook);
	return (text, sender, more = "", record = "") => {
		try {
			beginHook(hook, mayWait, record);
			return withTicket(decide(routes, hook, () => open(text, sender, more)));
		} catch (error) {
			return failureText(error);
		}
	};
}

function failureText(error: unknown): string {
	try {
		return stringify(failed(error));
	} catch {
		return UNTOLD;
	}
}

function exportFault(script: { readonly default?: unknown }): string | undefined {
	if (!("default" in script))
		return "the script has no default export; write export default defineRoutes({ … })";
	if (!isRoutes(script.default))
		return "the default export is not made by defineRoutes; write export default defineRoutes({ … })";
	return undefined;
}

/** With what it needs besides: most answers need nothing. */
function withTicket(result: string | Answer): string {
	const log = takeLog();
	const ticket = ticketOfHook();
	const metrics = countedAtOnce();
	if (log === undefined && ticket === undefined && metrics === undefined)
		return typeof result === "string" ? result : stringify(result);
	const answer = typeof result === "string" ? parse(result) : result;
	return stringify({ ...answer, log, ticket, metrics });
}

/** An Answer, or the JSON of one that was given before; one that says nothing where the hook waits. */
function decide(routes: Public.Routes, hook: HookName, open: () => Asked): string | Answer {
	let result: string | Answer;
	try {
		const asked = open();
		const value = asked.run(routes);
		if (isThenable(value)) return wait(hook, asked, value);
		result = asked.answer(value);
	} catch (error) {
		result = failed(error);
	}
	hookDecided();
	return result;
}

function wait(hook: HookName, asked: Asked, value: unknown): Answer {
	if (!apply(includes, WAITING_HOOKS, [hook]))
		return refused(`${hook} returned a Promise: it answers at once`);
	awaitHook(
		value,
		(ticket, result, counted) => hasDecided(ticket, answered(asked, result), counted),
		(ticket, error, counted) => hasDecided(ticket, failed(error), counted),
	);
	return {};
}

/** Calls that a script repeats within a JSON text take up to twice their length there. */
const PART_LENGTH = ANSWER_LENGTH_MAX / 8;
let decided: Decided[] = [];
/** How many of them the host has. */
let taken = 0;

function hasDecided(ticket: number, answer: Answer, metrics: Counted | undefined): void {
	const whole = metrics === undefined ? answer : { ...answer, metrics };
	decided[decided.length] = { ticket, answer: whole };
}

function answered(asked: Asked, value: unknown): Answer {
	try {
		const answer = asked.answer(value);
		return typeof answer === "string" ? parse(answer) : answer;
	} catch (error) {
		return failed(error);
	}
}

/** As much as crosses at once: many hooks that waited for one promise decide together. */
function take(): string {
	const answers = takeDecided();
	const calls = taken < decided.length ? "" : takeWishes(PART_LENGTH);
	const log = takeLog();
	const more = taken < decided.length || hasWishes();
	if (!more) {
		decided = [];
		taken = 0;
	}
	const metrics = takeCountedAfter();
	const rest = `${part("log", log)}${part("metrics", metrics)}${more ? ',"more":true' : ""}`;
	return `{"decided":[${answers}],"calls":[${calls}]${rest}}`;
}

function takeDecided(): string {
	let text = "";
	for (let one = decided[taken]; one !== undefined; one = decided[taken]) {
		const next = decidedText(one);
		if (text !== "" && text.length + next.length > PART_LENGTH) break;
		text += text === "" ? next : `,${next}`;
		taken += 1;
	}
	return text;
}

function decidedText({ ticket, answer }: Decided): string {
	try {
		return `{"ticket":${ticket},"answer":${stringify(answer)}}`;
	} catch {
		return `{"ticket":${ticket},"answer":${UNTOLD}}`;
	}
}

function part(name: string, value: Log | Counted | undefined): string {
	try {
		return value === undefined ? "" : `,"${name}":${stringify(value)}`;
	} catch {
		return "";
	}
}

function isThenable(value: unknown): boolean {
	return typeof value === "object" && value !== null && "then" in value;
}

/** The peer's fault is answered with its status; anything else that was thrown is the script's. */
function failed(error: unknown): Answer {
	if (error instanceof ParseError || error instanceof LegError)
		return { decision: { kind: "reply", status: error.status, reason: undefined, edits: [] } };
	const [reason, text] = describe(error);
	const stack = apply(slice, text, [0, STACK_LENGTH_MAX]);
	const failure = { code: "SCRIPT_THREW", reason, stack } as const;
	return { failure: isNoAnswer(error) ? { ...failure, outside: true } : failure };
}

function describe(error: unknown): [reason: string, stack: string] {
	try {
		if (error instanceof Error) return [`${error.name}: ${error.message}`, String(error.stack)];
		return [`threw ${String(error)}`, ""];
	} catch {
		return ["threw a value that cannot be shown", ""];
	}
}
