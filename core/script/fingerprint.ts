/** What the script files of a folder hold, as one hash: tells a change where the system tells none. */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { FINGERPRINT_BYTES_MAX, FINGERPRINT_FILES_MAX } from "./limits.ts";
import { isForeign, SCRIPT_FILE } from "./watched-files.ts";

/** Of the script files in `folder`, but for those in `except`, and of the files `outside`. */
export async function fingerprint(
	folder: string,
	except: string,
	outside: Iterable<string>,
): Promise<string> {
	const files: string[] = [];
	await collect(folder, folder, except, files);
	const hash = createHash("sha256");
	for (const file of [...files, ...outside].sort())
		hash.update(`${file}\0${await content(file)}\0`);
	return hash.digest("hex");
}

/** Links lead on, as they do for the bundler; one that leads round in a circle ends at the limit. */
async function collect(
	folder: string,
	root: string,
	except: string,
	files: string[],
): Promise<void> {
	const names = await readdir(folder).catch(() => []);
	for (const name of names.sort()) {
		if (files.length >= FINGERPRINT_FILES_MAX) return;
		const path = join(folder, name);
		if (path === except || isForeign(relative(root, path)) || name.startsWith("..")) continue;
		const found = await stat(path).catch(() => undefined);
		if (found?.isDirectory()) await collect(path, root, except, files);
		else if (SCRIPT_FILE.test(name)) files.push(path);
	}
}

/** Of a large file, such as a list of numbers, what the file system says of it. */
async function content(file: string): Promise<string> {
	const found = await stat(file).catch(() => undefined);
	if (found === undefined || !found.isFile()) return "none";
	if (found.size > FINGERPRINT_BYTES_MAX) return `${found.ino} ${found.size} ${found.mtimeMs}`;
	const bytes = await readFile(file).catch(() => undefined);
	return bytes === undefined ? "unreadable" : createHash("sha256").update(bytes).digest("hex");
}
