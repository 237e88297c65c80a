/** Compile-only: what runs in the isolate is what the public types say, no more and no less. */
import type * as Public from "sipwright";
import type * as Inside from "../../core/script/sandbox/sipwright.ts";

type Values = Pick<typeof Public, keyof typeof Public>;

/** Everything that is promised is there, with these types. */
export const kept = (module: typeof Inside): Values => module;

type Beyond = Exclude<keyof typeof Inside, keyof Values>;

/** Nothing else is. */
export const beyond: [Beyond] extends [never] ? true : Beyond = true;
