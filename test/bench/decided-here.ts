/**
 * Preloaded into a proxy of the benchmark (node --import): what the script of script-cost.ts decides is
 * decided here, by a function of the engine's own thread and heap. All else is as with a script.
 */
import type { Answer } from "../../core/proxy/decision.ts";
import { Generation } from "../../core/script/generation.ts";

const DEVICES = new Map([["5000", false]]);
const SAVE: Answer = { kind: "save", contacts: undefined };
const UNKNOWN: Answer = { kind: "reply", status: 404, reason: undefined, edits: [] };

/** `text`: the request as received. */
export function decideHere(text: string): Answer {
	if (text.startsWith("REGISTER ")) return SAVE;
	const user = text.slice(text.indexOf(":") + 1, text.indexOf("@"));
	const secure = DEVICES.get(user);
	if (secure === undefined) return UNKNOWN;
	const targets = [{ kind: "device", name: user, number: undefined }] as const;
	return { kind: "relay", targets, callee: secure ? "sips" : undefined, edits: [] };
}

Generation.prototype.ask = (_hook, text) => decideHere(text);
