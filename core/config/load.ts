/** The way in: a YAML file, or nothing, becomes one frozen Config, or every error in it. */

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DEFAULTS } from "../leg/secure-signaling.ts";
import { checkTrustedBalancers } from "./balancer.ts";
import type { Config } from "./config.ts";
import { readDevices } from "./devices.ts";
import { type Finding, Findings, type Place } from "./finding.ts";
import { readListen } from "./listen.ts";
import { readLocation } from "./location.ts";
import { readNode } from "./node.ts";
import { readReload } from "./reload.ts";
import { topShape } from "./schema.ts";
import { readSection } from "./section.ts";
import {
	readAdmin,
	readAuth,
	readEdge,
	readNat,
	readRegistrar,
	readRoutes,
	readScript,
	readTimers,
	readTrusted,
	readUdp,
} from "./sections.ts";
import { readSecureSignaling } from "./secure-signaling.ts";
import { type Block, child, type Node, parseYaml } from "./source.ts";
import { checkDevelopmentCertificate, readTls } from "./tls.ts";
import { checkDevices, readUsers } from "./users.ts";
import { checkTrustedPages } from "./web.ts";

export type Loaded =
	| { readonly ok: true; readonly config: Config; readonly remarks: readonly Finding[] }
	| {
			readonly ok: false;
			readonly errors: readonly Finding[];
			readonly remarks: readonly Finding[];
	  };

/** What the machine says, so that a test can say it. */
export type Machine = {
	/** Epoch milliseconds. */
	readonly now: number;
	/** What paths are relative to when there is no file. */
	readonly folder: string;
};

/** Reads a configuration file; without one, the embedded defaults with two demonstration devices. */
export async function loadConfig(
	file: string | undefined,
	machine: Machine = thisMachine(),
): Promise<Loaded> {
	const found = new Findings();
	const config =
		file === undefined
			? await readConfig(undefined, demonstration(machine.folder), machine, found)
			: await readFileConfig(resolve(machine.folder, file), machine, found);
	return loaded(config, found);
}

/** A configuration that stands in no file of its own, but in `file`: paths are relative to its folder. */
export async function loadConfigText(
	text: string,
	file: string,
	machine: Machine = thisMachine(),
): Promise<Loaded> {
	const found = new Findings();
	const root = parseYaml(file, text, found);
	return loaded(root && (await readRoot(file, root, machine, found)), found);
}

function loaded(config: Config | undefined, found: Findings): Loaded {
	const all = found.sorted();
	const errors = all.filter(({ level }) => level === "error");
	const remarks = all.filter(({ level }) => level !== "error");
	return config === undefined || errors.length > 0
		? { ok: false, errors, remarks }
		: { ok: true, config: freeze(config), remarks };
}

async function readFileConfig(
	file: string,
	machine: Machine,
	found: Findings,
): Promise<Config | undefined> {
	const at = { file, line: 1, column: 1 };
	const root = await readYaml(file, at, found);
	return root && readRoot(file, root, machine, found);
}

async function readRoot(
	file: string,
	root: Node,
	machine: Machine,
	found: Findings,
): Promise<Config | undefined> {
	const at = { file, line: 1, column: 1 };
	if (root.kind === "block") return readConfig(file, root, machine, found);
	if (root.kind === "empty") return readConfig(file, emptyBlock(at), machine, found);
	found.error(root.at, {
		code: "CONFIG_TYPE",
		message: "the configuration must be a block of keys",
		fix: "write listen: [udp:0.0.0.0:5060]",
	});
	return undefined;
}

async function readConfig(
	file: string | undefined,
	root: Block,
	machine: Machine,
	found: Findings,
): Promise<Config> {
	const top = readSection("", root, topShape, found);
	const part = (word: string) => {
		const node = child(root, word);
		return node?.kind === "empty" ? undefined : node;
	};
	const folder = file === undefined ? machine.folder : dirname(file);
	const listen = readListen(part("listen"), found);
	const tls = await readTls(part("tls"), folder, machine.now, found);
	checkDevelopmentCertificate(part("listen"), tls, listen, found);
	const trusted = readTrusted(top.trusted, part("trusted"), found);
	checkTrustedBalancers(part("listen"), listen, trusted, found);
	checkTrustedPages(part("listen"), listen, trusted, found);
	const defaults = { ...DEFAULTS, telDomain: top.domains[0] };
	const secureSignaling = readSecureSignaling(part("secure-signaling"), defaults, found);
	const auth = readAuth(part("auth"), top.domains, found);
	const users = readUsers(await partOrFile(part("users"), folder, found), auth, found);
	const around = { secureSignaling, listen, users };
	const devices = readDevices(await partOrFile(part("devices"), folder, found), around, found);
	checkDevices(users, devices, found);
	const location = await readLocation(part("location"), folder, found);
	return {
		file,
		listen,
		tls,
		domains: top.domains,
		trusted,
		routes: await readRoutes(top.routes, part("routes"), folder, found),
		state: resolve(folder, top.state),
		location,
		node: readNode(part("node"), part("location"), { location, listen }, found),
		auth: { ...auth, users: new Map([...users].map(([name, { user }]) => [name, user])) },
		registrar: readRegistrar(part("registrar"), found),
		edge: readEdge(part("edge"), found),
		nat: readNat(part("nat"), found),
		udp: readUdp(part("udp"), found),
		timers: readTimers(part("timers"), found),
		admin: readAdmin(part("admin"), found),
		secureSignaling,
		devices,
		script: readScript(part("script"), found),
		reload: await readReload(part("reload"), devices, folder, found),
	};
}

/** What the key holds, or what is in the file that it names: errors then name that file. */
async function partOrFile(
	node: Node | undefined,
	folder: string,
	found: Findings,
): Promise<Node | undefined> {
	return node?.kind === "scalar" ? readYaml(resolve(folder, node.text), node.at, found) : node;
}

/** The tree of a file; undefined if there is none, which is said at `at`, or if it is no YAML. */
async function readYaml(file: string, at: Place, found: Findings): Promise<Node | undefined> {
	const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
		found.error(at, {
			code: "CONFIG_FILE",
			message: `${file} cannot be read (${error.code})`,
			fix: "write the path of a YAML file",
		});
		return undefined;
	});
	return text === undefined ? undefined : parseYaml(file, text, found);
}

/** What a first try needs: two phones that register and call each other. */
function demonstration(folder: string): Block {
	const text = `devices:
  "1001": { type: Extension, contact: "*" }
  "1002": { type: Extension, contact: "*" }`;
	const root = parseYaml(folder, text, new Findings());
	return root?.kind === "block" ? root : emptyBlock({ file: folder, line: 1, column: 1 });
}

function emptyBlock(at: Place): Block {
	return { kind: "block", at, entries: new Map() };
}

function thisMachine(): Machine {
	return { now: Date.now(), folder: process.cwd() };
}

/** Plain objects and lists only: a Map is read-only by its type, Networks by its class. */
function freeze<T>(value: T): T {
	const plain = Array.isArray(value) || Object.getPrototypeOf(value ?? "") === Object.prototype;
	if (plain) for (const part of Object.values(value as object)) freeze(part);
	if (value instanceof Map) for (const part of value.values()) freeze(part);
	return plain ? Object.freeze(value) : value;
}
