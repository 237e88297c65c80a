/** The block `reload`: how changed route scripts are taken up, on whose requests they are tried, and when they are given up. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { type Network, Networks } from "../base/networks.ts";
import type { CanaryConfig, Config, ReloadConfig } from "./config.ts";
import { choice, integer, limit, list, scalar, text, valueDocs, wrong } from "./fields.ts";
import type { Findings } from "./finding.ts";
import { nearest } from "./nearest.ts";
import { network } from "./network-field.ts";
import { key, quote, readSection } from "./section.ts";
import { child, type Node } from "./source.ts";

const block = (example: string, about: string) =>
	key(z.unknown().register(valueDocs, { values: "below", example }).optional(), about);

const prefix = scalar<string>(
	{ values: "first characters of a number", example: '"+4930"' },
	(written) =>
		/^[^@\s]{1,64}$/.test(written) ? { value: written } : wrong("is no prefix", '"+4930"'),
);

const DAY_SECONDS = 86_400;

export const reloadShape = {
	typecheck: key(
		choice(["block", "warn", "off"]).default("block"),
		"what an error in the types of the scripts does when they are loaded: refuses them, is a warning, or is not looked for",
	),
	tests: key(
		choice(["block", "warn", "off"]).default("block"),
		"what a test that fails does, of `*.test.ts` beside the scripts, when they are loaded: refuses them, is a warning, or is not run",
	),
	poll: key(
		limit({ min: 1, max: 3600 }).default(5),
		"seconds between two looks at the contents of the scripts, for changes that the system does not tell of, such as on a network mount; `off`: what the system tells is enough",
	),
	canary: block(
		"{ share: 5 }",
		"changed scripts serve a part of the new requests first; without it all of them at once",
	),
	rollback: block("{ failed: 10 }", "when scripts that are new are rolled back by themselves"),
	shadow: block(
		"{ routes: ./routes-next }",
		"other scripts are asked about a share of the requests, without effect, and what they decide is compared",
	),
};

export const canaryShape = {
	share: key(
		integer({ min: 1, max: 100 }).optional(),
		"percent of all new requests, chosen by Call-ID",
	),
	devices: key(
		list(text("device", "1001")).default([]),
		"devices whose requests are tried: those that call",
	),
	networks: key(
		list(network).default([]),
		"networks whose requests are tried: where they come from",
	),
	prefixes: key(
		list(prefix).default([]),
		"requests to numbers that begin like this, as the Request-URI has them",
	),
	seconds: key(
		limit({ min: 1, max: 7 * DAY_SECONDS }).default(600),
		"seconds until the tried scripts serve every request; `off`: when `sipwright promote` says so",
	),
};

export const rollbackShape = {
	failed: key(
		limit({ min: 1, max: 100 }).default(10),
		"percent of the requests on which the scripts may fail; `off`: they are never rolled back by themselves",
	),
	asked: key(
		integer({ min: 1, max: 1_000_000 }).default(50),
		"requests that they must have been asked about before that is said",
	),
	seconds: key(
		integer({ min: 1, max: 7 * DAY_SECONDS }).default(600),
		"seconds from when they take over; for tried scripts: as long as they are tried",
	),
};

export const shadowShape = {
	routes: key(
		text("path, relative to this file", "./routes-next").optional(),
		"the other scripts: a file, or a folder whose entry is `default.ts`",
	),
	share: key(
		integer({ min: 1, max: 100 }).default(10),
		"percent of the requests that they are asked about",
	),
};

export async function readReload(
	node: Node | undefined,
	devices: Config["devices"],
	folder: string,
	found: Findings,
): Promise<ReloadConfig> {
	const { typecheck, tests, poll } = readSection("reload", node, reloadShape, found);
	return {
		typecheck,
		tests,
		pollMs: poll * 1_000,
		canary: readCanary(child(node, "canary"), devices, found),
		rollback: readSection("reload: rollback", child(node, "rollback"), rollbackShape, found),
		shadow: await readShadow(child(node, "shadow"), folder, found),
	};
}

/** That there is something: whether it loads is told where the scripts are loaded. */
async function readShadow(
	node: Node | undefined,
	folder: string,
	found: Findings,
): Promise<ReloadConfig["shadow"]> {
	if (node === undefined) return undefined;
	const { routes, share } = readSection("reload: shadow", node, shadowShape, found);
	if (routes === undefined) {
		if (child(node, "routes") === undefined)
			found.error(node.at, {
				code: "CONFIG_REQUIRED",
				message: "reload: shadow does not say which scripts are asked",
				fix: "write routes: ./routes-next",
			});
		return undefined;
	}
	const path = resolve(folder, routes);
	if (!(await stat(path).catch(() => undefined)))
		found.error(child(node, "routes")?.at ?? node.at, {
			code: "CONFIG_FILE",
			message: `reload: shadow: ${path} does not exist`,
			fix: "write the path of a script, or of a folder with default.ts",
		});
	return { routes: path, share };
}

function readCanary(
	node: Node | undefined,
	devices: Config["devices"],
	found: Findings,
): CanaryConfig | undefined {
	if (node === undefined) return undefined;
	const given = readSection("reload: canary", node, canaryShape, found);
	const { share, networks, prefixes, seconds } = given;
	checkNames(node, given.devices, devices, found);
	if (child(node, "share") === undefined && isForNobody(given))
		found.error(node.at, {
			code: "CONFIG_REQUIRED",
			message: "reload: canary does not say whose requests are tried",
			fix: "write share: 5, or devices, networks or prefixes",
		});
	return {
		share: share ?? 0,
		devices: given.devices,
		networks: new Networks(networks),
		prefixes,
		seconds,
	};
}

function isForNobody(given: {
	readonly devices: readonly string[];
	readonly networks: readonly Network[];
	readonly prefixes: readonly string[];
}): boolean {
	return given.devices.length + given.networks.length + given.prefixes.length === 0;
}

/** A misspelt name would be a canary that never sings. */
function checkNames(
	node: Node,
	names: readonly string[],
	devices: Config["devices"],
	found: Findings,
): void {
	const list = child(node, "devices");
	for (const [place, name] of names.entries()) {
		if (devices.has(name)) continue;
		const meant = nearest(name, [...devices.keys()]);
		const item = list?.kind === "list" ? list.items[place] : undefined;
		found.error((item ?? list ?? node).at, {
			code: "CONFIG_VALUE",
			message: `reload: canary: there is no device ${quote(name)}`,
			fix: meant === undefined ? "write the name of a device" : `write ${meant}`,
		});
	}
}
