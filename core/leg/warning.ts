/** Warnings of RFC 5630 §9, in the form of RFC 3261 §20.43. */
import type { Listener } from "../base/flow.ts";

const TEXTS = { 380: "SIPS Not Allowed", 381: "SIPS Required" } as const;

/** A Warning value. Machines act on it, so it is sent only where it is true. */
export function sipsWarning(code: 380 | 381, { host, port }: Pick<Listener, "host" | "port">) {
	return `${code} ${host}:${port} "${TEXTS[code]}"`;
}
