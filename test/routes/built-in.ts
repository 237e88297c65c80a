/** The built-in routes, loaded as the engine loads them, with devices like those of the specification's test bed. */
import type { TestContext } from "node:test";
import { BUILT_IN } from "../../core/script/load-generation.ts";
import { type Loaded, loadFile, scriptDevice } from "../script/harness.ts";

const REGISTER_AND_INVITE = ["REGISTER", "INVITE"];

export const DEVICES = [
	scriptDevice({ name: "7789", registers: true }),
	scriptDevice({ name: "1001", registers: true, authenticateRequests: ["REGISTER"] }),
	scriptDevice({ name: "1002", registers: true, authenticateRequests: REGISTER_AND_INVITE }),
	scriptDevice({ name: "5000" }),
	scriptDevice({ name: "5001", secure: true }),
	scriptDevice({ name: "5002", type: "ACD Position", secure: true }),
	scriptDevice({ name: "fly", type: "Trunk", prefix: "9", secure: true }),
	scriptDevice({ name: "gw", type: "Trunk", prefix: "98", replacePrefix: "" }),
	scriptDevice({ name: "cucm", type: "Voice over IP Service", serviceType: "softswitch" }),
	scriptDevice({ name: "media", type: "Voice over IP Service", serviceType: "msml" }),
	scriptDevice({ name: "outer", type: "Voice over IP Service", serviceType: "sip-outbound-proxy" }),
	scriptDevice({ name: "8000", type: "Routing Point" }),
];

export function builtIn(t: TestContext): Promise<Loaded> {
	return loadFile(t, BUILT_IN, { devices: DEVICES });
}

/** An answer in a few words: `404`, `relay fly`, `relay gw 51234`, `relay request-uri`, `save`. */
export function inWords(outcome: ReturnType<Loaded["ask"]>): string {
	if ("code" in outcome) return outcome.message;
	if (outcome.kind === "reply") return String(outcome.status);
	if (outcome.kind !== "relay") return outcome.kind;
	const targets = outcome.targets.map((target) =>
		target.kind === "device" ? [target.name, target.number ?? []].flat().join(" ") : target.kind,
	);
	return ["relay", ...targets].join(" ");
}
