/**
 * The secrets under `state/`, made on first start with mode 0600: the keys that sign what we put into
 * messages (RFC 5626 §5.2), and the token of the admin API.
 *
 * `signing-keys.json` is `{ "current": 1, "keys": [{ "id": 1, "secret": "…" }, …] }`. The current key signs, the
 * others are good for what they signed before. Nodes share keys by sharing the file.
 */
import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Key, Keys } from "../leg/seal.ts";

/** A file under `state/` that cannot be read, written or understood: the operator's fault. */
export class StateError extends Error {
	override readonly name = "StateError";
	readonly code = "CONFIG_STATE";
	readonly file: string;
	readonly fix: string;

	constructor(file: string, reason: string, fix: string, cause?: unknown) {
		super(`${file}: ${reason}`, { cause });
		this.file = file;
		this.fix = fix;
	}
}

const SECRET_BYTES = 32;
/** An id has four bits in what its key signed. */
const IDS = 16;
const PRIVATE = 0o600;

const keyFile = z.strictObject({
	current: z.int().min(0).max(15),
	keys: z
		.array(
			z.strictObject({
				id: z.int().min(0).max(15),
				secret: z.base64url().transform((text) => new Uint8Array(Buffer.from(text, "base64url"))),
			}),
		)
		.min(1),
});

/** Made where there are none. */
export async function loadSigningKeys(state: string): Promise<Keys> {
	const file = signingKeysFile(state);
	const first = { current: 0, keys: [{ id: 0, secret: secret() }] };
	const text = await readOrMake(file, `${JSON.stringify(first, undefined, "\t")}\n`);
	const refuse = (reason: string) =>
		new StateError(
			file,
			reason,
			"restore the file, or remove it: dialogs signed before then break",
		);

	const parsed = keyFile.safeParse(json(text));
	if (!parsed.success) throw refuse("is no list of signing keys");
	const { current: id, keys: all } = parsed.data;
	const current = all.find((key) => key.id === id);
	if (current === undefined) throw refuse(`has no key with the id ${id} that it calls current`);
	if (new Set(all.map((key) => key.id)).size < all.length) throw refuse("has an id twice");
	if (all.some((key) => key.secret.length < SECRET_BYTES))
		throw refuse(`has a secret of less than ${SECRET_BYTES} bytes`);
	return { current, all };
}

/**
 * Makes a key and lets it sign. Of the others as many stay good as there are ids, 15: the oldest goes
 * when there is no room. A running instance takes the file up with its next reload.
 */
export async function rotateSigningKeys(state: string): Promise<Keys> {
	const { current, all } = await loadSigningKeys(state);
	const id = (current.id + 1) % IDS;
	const kept = all.filter((key) => key.id !== id);
	const made: Key = { id, secret: new Uint8Array(randomBytes(SECRET_BYTES)) };
	const keys = [made, ...kept].map((key) => ({
		id: key.id,
		secret: Buffer.from(key.secret).toString("base64url"),
	}));
	const file = signingKeysFile(state);
	await replace(file, `${JSON.stringify({ current: id, keys }, undefined, "\t")}\n`);
	return { current: made, all: [made, ...kept] };
}

/** The secrets, the one that signs first. */
export function secretsOf({ current, all }: Keys): readonly [Uint8Array, ...Uint8Array[]] {
	const others = all.filter((key) => key !== current).map(({ secret }) => secret);
	return [current.secret, ...others];
}

export function signingKeysFile(state: string): string {
	return join(state, "signing-keys.json");
}

/** The bearer token of the admin API. */
export async function loadAdminToken(state: string): Promise<string> {
	const file = adminTokenFile(state);
	const token = (await readOrMake(file, `${secret()}\n`)).trim();
	if (token.length >= SECRET_BYTES && /^[\x21-\x7e]+$/.test(token)) return token;
	throw new StateError(
		file,
		`is no token of at least ${SECRET_BYTES} printable characters`,
		"remove it: the next start makes one",
	);
}

export function adminTokenFile(state: string): string {
	return join(state, "admin-token");
}

/** Made whole or not at all: of two processes that start at once, both read what the first one made. */
async function readOrMake(file: string, content: string): Promise<string> {
	try {
		return (await read(file)) ?? (await make(file, content));
	} catch (error) {
		throw unusable(file, error);
	}
}

function unusable(file: string, error: unknown): StateError {
	const { code } = error as NodeJS.ErrnoException;
	return new StateError(
		file,
		`cannot be read or made (${code})`,
		"write state: with a folder that this user may write to",
		error,
	);
}

async function make(file: string, content: string): Promise<string> {
	await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
	const draft = await write(file, content);
	try {
		await link(draft, file).catch(ignore("EEXIST"));
	} finally {
		await unlink(draft);
	}
	return (await read(file)) ?? content;
}

/** Whole or not at all, too. */
async function replace(file: string, content: string): Promise<void> {
	try {
		await rename(await write(file, content), file);
	} catch (error) {
		throw unusable(file, error);
	}
}

/** A file beside it with this content, on the disk. */
async function write(file: string, content: string): Promise<string> {
	const draft = `${file}.${randomBytes(6).toString("hex")}`;
	const handle = await open(draft, "wx", PRIVATE);
	try {
		await handle.writeFile(content);
		await handle.sync();
	} finally {
		await handle.close();
	}
	return draft;
}

async function read(file: string): Promise<string | undefined> {
	return await readFile(file, "utf8").catch(ignore("ENOENT"));
}

function ignore(expected: string) {
	return (error: NodeJS.ErrnoException): undefined => {
		if (error.code !== expected) throw error;
	};
}

function secret(): string {
	return randomBytes(SECRET_BYTES).toString("base64url");
}

function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
