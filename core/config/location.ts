/** The block `location`: where registrations are kept, and for Redis how it is reached. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config, RedisConfig } from "./config.ts";
import { choice, integer, scalar, text, wrong } from "./fields.ts";
import type { Findings, Place } from "./finding.ts";
import { isHost } from "./host.ts";
import { key, readSection, type Values } from "./section.ts";
import { child, type Node } from "./source.ts";

export const locationShape = {
	store: key(
		choice(["sqlite", "memory", "redis"]).default("sqlite"),
		"where registrations are kept: a file under `state`; memory, lost with a restart; or Redis, shared by several nodes",
	),
	"window-ms": key(
		integer({ min: 50, max: 60_000 }).default(1_000),
		"milliseconds within which a registration is in the file: what a killed process, or a power cut, may lose",
	),
	url: key(
		text("`redis://` or `rediss://` URL", "rediss://sipwright@redis.example.com:6379/0").optional(),
		"`redis` only: the server, as `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`; `rediss` is TLS",
	),
	"password-file": key(
		text("path, relative to this file", "redis-password").optional(),
		"`redis` only: a file with the password, instead of one in the URL",
	),
	ca: key(
		text("path, relative to this file", "certs/redis-ca.pem").optional(),
		"`rediss` only: PEM file with the authorities that its certificate may come from, instead of the system's",
	),
	prefix: key(
		scalar<string>({ values: "letters, digits, `-`, `_`, `:`", example: "sipwright" }, (written) =>
			/^[\w:-]{1,64}$/.test(written) ? { value: written } : wrong("is no prefix", "sipwright"),
		).default("sipwright"),
		"`redis` only: what every name in Redis begins with; installations that share one server need different ones",
	),
};

export async function readLocation(
	node: Node | undefined,
	folder: string,
	found: Findings,
): Promise<Config["location"]> {
	const given = readSection("location", node, locationShape, found);
	const { store } = given;
	if (store === "redis" && node !== undefined) return await readRedis(given, node, folder, found);
	for (const word of ["url", "password-file", "ca", "prefix"] as const) {
		const useless = child(node, word);
		if (useless !== undefined)
			found.error(useless.at, {
				code: "CONFIG_COMBINATION",
				message: `location: ${word} is for store: redis, and this one is ${store}`,
				fix: `remove ${word}, or write store: redis`,
			});
	}
	return { store: store === "memory" ? "memory" : "sqlite", window: given["window-ms"] };
}

type Given = Values<typeof locationShape>;

async function readRedis(
	given: Given,
	node: Node,
	folder: string,
	found: Findings,
): Promise<RedisConfig> {
	const { url: written, ca, prefix } = given;
	const url = written === undefined ? undefined : readUrl(written);
	if (url === undefined) refuseUrl(written, child(node, "url")?.at ?? node.at, found);
	else checkInClear(url, node, found);
	const password = await readPassword(url?.password, node, given, folder, found);
	const { host = "", port = USUAL_PORT, database = 0, user } = url ?? {};
	const tls = url?.secure ? { ca: ca === undefined ? undefined : resolve(folder, ca) } : undefined;
	return { store: "redis", server: { host, port, database, user, password, tls }, prefix };
}

/** Without what was written: it may hold a password. */
function refuseUrl(written: string | undefined, at: Place, found: Findings): void {
	const fix = "write url: rediss://redis.example.com:6379/0";
	if (written === undefined)
		found.error(at, {
			code: "CONFIG_REQUIRED",
			message: "location: store: redis needs a url",
			fix,
		});
	else
		found.error(at, {
			code: "CONFIG_VALUE",
			message:
				"location: url is no redis:// or rediss:// URL of a host, with a port and a database at most",
			fix,
		});
}

function checkInClear({ secure, host }: RedisUrl, node: Node, found: Findings): void {
	if (secure) return;
	const ca = child(node, "ca");
	if (ca !== undefined)
		found.error(ca.at, {
			code: "CONFIG_COMBINATION",
			message: "location: ca is for rediss://, and the url says redis://",
			fix: "write rediss:// for TLS, or remove ca",
		});
	if (!LOOPBACK.test(host))
		found.warn(child(node, "url")?.at ?? node.at, {
			code: "CONFIG_REDIS_CLEAR",
			message: `location: registrations, and the password, cross the network to ${host} in clear`,
			fix: "write rediss:// for TLS, unless that network is yours",
		});
}

type RedisUrl = Pick<RedisConfig["server"], "host" | "port" | "database" | "user" | "password"> & {
	readonly secure: boolean;
};

function readUrl(written: string): RedisUrl | undefined {
	const url = URL.canParse(written) ? new URL(written) : undefined;
	const database = /^\/?(\d{0,5})$/.exec(url?.pathname ?? "?")?.[1];
	const secure = url?.protocol === "rediss:";
	if (url === undefined || database === undefined || url.search !== "" || url.hash !== "")
		return undefined;
	if ((!secure && url.protocol !== "redis:") || !isHost(url.hostname)) return undefined;
	const user = decoded(url.username);
	const password = decoded(url.password);
	return {
		secure,
		host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
		port: url.port === "" ? USUAL_PORT : Number(url.port),
		database: Number(database),
		user: user === "" ? undefined : user,
		password: password === "" ? undefined : password,
	};
}

/** Every octet that a URL cannot hold is escaped there; a stray `%` stands for itself. */
function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

async function readPassword(
	inUrl: string | undefined,
	node: Node,
	{ "password-file": file }: Given,
	folder: string,
	found: Findings,
): Promise<string | undefined> {
	if (file === undefined) return inUrl;
	const at = child(node, "password-file")?.at ?? node.at;
	if (inUrl !== undefined)
		found.error(at, {
			code: "CONFIG_COMBINATION",
			message: "location: the url has a password, and password-file names another",
			fix: "keep one of the two",
		});
	const path = resolve(folder, file);
	const read = await readFile(path, "utf8").catch(() => undefined);
	const password = read?.trim();
	if (password !== undefined && password !== "") return password;
	found.error(at, {
		code: "CONFIG_FILE",
		message: `location: ${path} ${read === undefined ? "cannot be read" : "is empty"}`,
		fix: "write the path of a file with the password of Redis",
	});
	return undefined;
}

const USUAL_PORT = 6379;
const LOOPBACK = /^(127\.|::1$|localhost$)/;
