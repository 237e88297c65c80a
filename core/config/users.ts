/**
 * The block `users:`: who may log in besides the devices that have a password of their own. No message
 * repeats what stands for a password or a hash.
 */

import { z } from "zod";
import type { HashAlgorithm } from "../base/hash.ts";
import { HASH_DIGITS, type Secret, type User } from "../base/user.ts";
import { octetsOf } from "../base/utf8.ts";
import type { AuthConfig } from "./config.ts";
import { text, valueDocs } from "./fields.ts";
import type { Findings, Place } from "./finding.ts";
import { nearest } from "./nearest.ts";
import { key, quote, readSection } from "./section.ts";
import { type Block, child, type Node } from "./source.ts";

export const userShape = {
	device: key(
		text("device", '"1001"').optional(),
		"the device whose requests this user sends; without it the one of the same name",
	),
	password: key(text("text", '"…"').optional(), "in plain text; or `ha1` in its place"),
	ha1: key(
		z
			.unknown()
			.register(valueDocs, {
				values: "block: realm, algorithm, hash",
				example: '{ sip.example.com: { SHA-256: "…" } }',
			})
			.optional(),
		"by realm and algorithm the hash of `USER:REALM:PASSWORD`, in hexadecimal digits: nobody can read the password from it (RFC 7616 §5.2)",
	),
};

/** Users with the place of their name; by name, in octets. */
export type Users = Map<string, { readonly user: User; readonly at: Place }>;

type Digest = Pick<AuthConfig, "realm" | "algorithms">;

/** Of one in whose entry is an error: its device is not to be called unprotected as well. */
const NONE: Secret = { ha1: {} };
/** As in credentials: auth/digest.ts. */
const NAME_MAX = 128;
const ALGORITHMS = Object.keys(HASH_DIGITS) as readonly HashAlgorithm[];

export function readUsers(node: Node | undefined, auth: Digest, found: Findings): Users {
	const users: Users = new Map();
	if (node === undefined || node.kind === "empty") return users;
	if (node.kind !== "block") {
		found.error(node.at, {
			code: "CONFIG_TYPE",
			message: "users must be a block with one key for each user",
			fix: 'write alice: { device: "1001", password: "…" }, or the path of a file with such lines',
		});
		return users;
	}
	for (const [name, { key: at, value }] of node.entries) {
		const about = found.aboutUser(name);
		checkName(name, at, about);
		const { device = name } = readSection("the entry", value, userShape, about);
		if (value.kind !== "block") continue;
		const secret = readSecret(value, at, auth, about);
		const octets = octetsOf(name);
		users.set(octets, { user: { name: octets, device, secret: secret ?? NONE }, at });
	}
	return users;
}

/** The password of a device makes it a user of its own. */
export function addDevicePassword(
	users: Users,
	device: string,
	{ password, at }: { readonly password: string; readonly at: Place },
	found: Findings,
): void {
	const name = octetsOf(device);
	const known = users.get(name);
	if (known === undefined) {
		const secret = { password: octetsOf(password) };
		users.set(name, { user: { name, device, secret }, at });
		return;
	}
	found.error(at, {
		code: "CONFIG_DUPLICATE",
		message: `has a password, and there is a user of its name (line ${known.at.line} of ${known.at.file})`,
		fix: "keep one of the two",
	});
}

/** A user without a device could do nothing. */
export function checkDevices(
	users: Users,
	devices: { has(name: string): boolean; keys(): Iterable<string> },
	found: Findings,
): void {
	for (const { user, at } of users.values()) {
		if (devices.has(user.device)) continue;
		const meant = nearest(user.device, [...devices.keys()]);
		found.aboutUser(user.name).error(at, {
			code: "CONFIG_VALUE",
			message: `there is no device ${quote(user.device)}`,
			fix: `write device: ${meant === undefined ? "with the name of one" : quote(meant)}`,
		});
	}
}

function checkName(name: string, at: Place, found: Findings): void {
	const { length } = octetsOf(name);
	if (length > 0 && length <= NAME_MAX && !/\p{Cc}/u.test(name)) return;
	found.error(at, {
		code: "CONFIG_VALUE",
		message: `${quote(name)} cannot be the name of a user`,
		fix: `write 1 to ${NAME_MAX} octets, none of them a control character`,
	});
}

function readSecret(node: Block, at: Place, auth: Digest, found: Findings): Secret | undefined {
	const password = child(node, "password");
	const ha1 = child(node, "ha1");
	if (password !== undefined && ha1 !== undefined) {
		found.error(ha1.at, {
			code: "CONFIG_COMBINATION",
			message: "ha1 is made of the password, and that is there too",
			fix: "remove one of them",
		});
		return undefined;
	}
	if (password?.kind === "scalar") return { password: octetsOf(password.text) };
	if (ha1 !== undefined) return readHashes(ha1, auth, found);
	if (password === undefined)
		found.error(at, {
			code: "CONFIG_REQUIRED",
			message: "password is missing",
			fix: 'write password: "…", or ha1',
		});
	return undefined;
}

/** Those of the realm in force; the others are only looked at. */
function readHashes(
	node: Node,
	{ realm, algorithms }: Digest,
	found: Findings,
): Secret | undefined {
	const example = `write ha1: { ${realm}: { ${algorithms[0] ?? "SHA-256"}: "…" } }`;
	if (node.kind !== "block") {
		found.error(node.at, {
			code: "CONFIG_TYPE",
			message: "ha1 must be a block of realms",
			fix: example,
		});
		return undefined;
	}
	const byRealm = new Map(
		[...node.entries].map(([name, { value }]) => [octetsOf(name), readRealm(name, value, found)]),
	);
	const ha1 = byRealm.get(realm);
	if (ha1 === undefined) {
		found.error(node.at, {
			code: "CONFIG_COMBINATION",
			message: `ha1 has no hashes for the realm ${realm}, which is the one that users are asked for`,
			fix: example,
		});
		return undefined;
	}
	const missing = algorithms.filter((one) => ha1[one] === undefined);
	if (missing.length > 0)
		found.warn(node.at, {
			code: "CONFIG_COMBINATION",
			message: `ha1 has no hash for ${missing.join(", ")}: whoever answers with that cannot log in`,
			fix: "write its hash too, or leave it out of auth: algorithms",
		});
	return { ha1 };
}

function readRealm(
	name: string,
	node: Node,
	found: Findings,
): Partial<Record<HashAlgorithm, string>> {
	const hashes: Partial<Record<HashAlgorithm, string>> = {};
	const refuse = (at: Place, message: string, fix: string) =>
		found.error(at, { code: "CONFIG_VALUE", message: `ha1: ${name}: ${message}`, fix });
	if (node.kind !== "block") {
		refuse(node.at, "is no block of algorithms", 'write { SHA-256: "…", MD5: "…" }');
		return hashes;
	}
	for (const [word, { key: at, value }] of node.entries) {
		const algorithm = ALGORITHMS.find((one) => one === word);
		if (algorithm === undefined) {
			const meant = nearest(word, ALGORITHMS) ?? `one of ${ALGORITHMS.join(", ")}`;
			refuse(at, `${quote(word)} is no algorithm`, `write ${meant}`);
			continue;
		}
		const digits = HASH_DIGITS[algorithm];
		const hash = value.kind === "scalar" ? value.text.toLowerCase() : "";
		if (hash.length === digits && /^[0-9a-f]+$/.test(hash)) hashes[algorithm] = hash;
		else
			refuse(
				value.at,
				`${algorithm} is not ${digits} hexadecimal digits`,
				`write the ${algorithm} hash of USER:${name}:PASSWORD`,
			);
	}
	return hashes;
}
