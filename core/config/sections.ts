/** The small blocks: `trusted`, `routes`, `auth`, `registrar`, `edge`, `nat`, `udp`, `timers`, `admin`, `script`. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { holdsAll, type Network, Networks, parseNetwork } from "../base/networks.ts";
import { octetsOf } from "../base/utf8.ts";
import type { AuthConfig, Config, NatConfig, RegistrarConfig, ScriptConfig } from "./config.ts";
import type { Findings } from "./finding.ts";
import {
	adminShape,
	authShape,
	edgeShape,
	natShape,
	registrarShape,
	scriptShape,
	timersShape,
	udpShape,
} from "./schema.ts";
import { readSection } from "./section.ts";
import { child, type Node } from "./source.ts";

const LOOPBACK = ["127.0.0.0/8", "::1"].flatMap((text) => parseNetwork(text) ?? []);

export function readTrusted(
	networks: readonly Network[] | undefined,
	node: Node | undefined,
	found: Findings,
): Networks {
	const all = (networks ?? []).find(holdsAll);
	if (all !== undefined && node !== undefined)
		found.warn(node.at, {
			code: "CONFIG_TRUSTS_ALL",
			message: `trusted: ${all.text} is every address: anybody may call anywhere through this proxy`,
			fix: "write the networks of your own devices",
		});
	return new Networks(networks ?? LOOPBACK);
}

/** That there is something; which file of a folder is the entry, the scripts decide. */
export async function readRoutes(
	given: string | undefined,
	node: Node | undefined,
	folder: string,
	found: Findings,
): Promise<string | undefined> {
	if (given === undefined || node === undefined) return undefined;
	const path = resolve(folder, given);
	if (await stat(path).catch(() => undefined)) return path;
	found.error(node.at, {
		code: "CONFIG_FILE",
		message: `routes: ${path} does not exist`,
		fix: "write the path of a script, or of a folder with default.ts, or remove it for the built-in routes",
	});
	return undefined;
}

export function readAuth(
	node: Node | undefined,
	domains: readonly string[],
	found: Findings,
): Omit<AuthConfig, "users"> {
	const given = readSection("auth", node, authShape, found);
	const list = child(node, "algorithms");
	if (list !== undefined && given.algorithms.length === 0)
		found.error(list.at, {
			code: "CONFIG_VALUE",
			message: "auth: algorithms is an empty list, and nothing could be challenged",
			fix: "write algorithms: [SHA-256, MD5]",
		});
	return {
		realm: octetsOf(given.realm ?? domains[0] ?? "sipwright"),
		algorithms: [...new Set(given.algorithms)],
		nonceLifetimeSeconds: given["nonce-lifetime"],
	};
}

export function readRegistrar(node: Node | undefined, found: Findings): RegistrarConfig {
	const given = readSection("registrar", node, registrarShape, found);
	const { "min-expires": min, "default-expires": usual, "max-expires": max } = given;
	if (node !== undefined && (min > usual || usual > max))
		found.error(node.at, {
			code: "CONFIG_COMBINATION",
			message: `registrar: min-expires ${min}, default-expires ${usual} and max-expires ${max} are not in this order`,
			fix: "write min-expires at most default-expires, and that at most max-expires",
		});
	return {
		minExpiresSeconds: min,
		maxExpiresSeconds: max,
		defaultExpiresSeconds: usual,
		maxBindings: given["max-bindings"],
		full: given["when-full"],
		path: given.path,
		gruu: given.gruu,
		serviceRoute: given["service-route"],
		flowTimerSeconds: given["flow-timer"],
	};
}

export function readEdge(node: Node | undefined, found: Findings): Config["edge"] {
	return { pathFor: readSection("edge", node, edgeShape, found).path };
}

export function readNat(node: Node | undefined, found: Findings): NatConfig {
	const given = readSection("nat", node, natShape, found);
	const drop = child(node, "drop-after");
	if (drop !== undefined && given["drop-after"] !== Infinity) {
		const combination = (message: string, fix: string) =>
			found.error(drop.at, { code: "CONFIG_COMBINATION", message: `nat: ${message}`, fix });
		if (given["ping-with"] === "crlf")
			combination(
				"drop-after counts answers, and nobody answers ping-with: crlf",
				"write ping-with: options, or drop-after: off",
			);
		if (given.ping === Infinity)
			combination(
				"drop-after counts pings, and with ping: off there are none",
				"write ping: 30, or drop-after: off",
			);
	}
	return {
		pingSeconds: given.ping,
		pingTo: given["ping-to"],
		pingWith: given["ping-with"],
		unansweredMax: given["drop-after"],
	};
}

export function readUdp(node: Node | undefined, found: Findings): Config["udp"] {
	return { maxRequest: readSection("udp", node, udpShape, found)["max-request"] };
}

export function readTimers(node: Node | undefined, found: Findings): Config["timers"] {
	const { t1, t2, t4 } = readSection("timers", node, timersShape, found);
	if (node !== undefined && t1 > t2)
		found.error(node.at, {
			code: "CONFIG_COMBINATION",
			message: `timers: t1 ${t1} is more than t2 ${t2}, the longest that is waited`,
			fix: "write t1 at most t2",
		});
	return { T1: t1, T2: t2, T4: t4 };
}

export function readAdmin(node: Node | undefined, found: Findings): Config["admin"] {
	const { address } = readSection("admin", node, adminShape, found);
	if (node !== undefined && !LOOPBACK_ONLY.contains(address.address))
		found.warn(node.at, {
			code: "CONFIG_ADMIN_ADDRESS",
			message: `admin: ${address.address} is reachable from other machines, and the token crosses the network in clear`,
			fix: 'write address: "127.0.0.1:8060"',
		});
	return address;
}

export function readScript(node: Node | undefined, found: Findings): ScriptConfig {
	const given = readSection("script", node, scriptShape, found);
	const origins = given.fetch.map(({ origin }) => origin);
	for (const { origin, host } of given.fetch)
		if (origin.startsWith("http:") && !isLoopback(host)) warnInClear(origin, node, found);
	const late = child(node, "fetch-timeout-ms") ?? child(node, "deadline-ms");
	if (late !== undefined && origins.length > 0 && given["fetch-timeout-ms"] >= given["deadline-ms"])
		found.warn(late.at, {
			code: "CONFIG_COMBINATION",
			message: `script: fetch-timeout-ms ${given["fetch-timeout-ms"]} is not less than deadline-ms ${given["deadline-ms"]}: a script cannot go on without a server that is silent`,
			fix: "write fetch-timeout-ms less than deadline-ms",
		});
	return {
		timeoutMs: given["timeout-ms"],
		heapMb: given["heap-mb"],
		startMs: given["start-timeout-ms"],
		deadlineMs: given["deadline-ms"],
		hostCalls: given["host-calls"],
		fetchOrigins: origins,
		fetchTimeoutMs: given["fetch-timeout-ms"],
		fallback: given.fallback,
	};
}

function warnInClear(origin: string, node: Node | undefined, found: Findings): void {
	const at = child(node, "fetch") ?? node;
	if (at === undefined) return;
	found.warn(at.at, {
		code: "CONFIG_FETCH_CLEAR",
		message: `script: what is fetched from ${origin} crosses the network in clear`,
		fix: `write ${origin.replace("http:", "https:")}, unless that network is yours`,
	});
}

function isLoopback(host: string): boolean {
	return host === "localhost" || LOOPBACK_ONLY.contains(host);
}

const LOOPBACK_ONLY = new Networks(LOOPBACK);
