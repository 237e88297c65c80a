/** What a script defines, as its isolate says: nothing from inside is taken on trust. */
import { z } from "zod";
import { type HookName, isHook } from "./hooks.ts";
import { TIMER_EVERY_MAX_S, TIMER_EVERY_MIN_S, TIMER_NAME_MAX, TIMERS_MAX } from "./limits.ts";
import { readJson } from "./read-json.ts";

/** `onTimer` is asked again and again. */
export type TimerOfScript = {
	readonly name: string;
	/** Seconds. */
	readonly every: number;
};

export type Defined = {
	readonly hooks: ReadonlySet<HookName>;
	readonly timers: readonly TimerOfScript[];
};

const timer = z.object({
	name: z.string().max(TIMER_NAME_MAX),
	every: z.number().min(TIMER_EVERY_MIN_S).max(TIMER_EVERY_MAX_S),
});
const defined = z.object({
	hooks: z.array(z.unknown()),
	timers: z.array(timer).max(TIMERS_MAX),
});

/** Of the JSON that an isolate made; nothing for a text that is none. */
export function readDefined(text: string): Defined {
	const { data } = defined.safeParse(readJson(text));
	return { hooks: new Set(data?.hooks.filter(isHook)), timers: data?.timers ?? [] };
}
