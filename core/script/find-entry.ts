/** The file that a script starts in: the one configured, or `default.ts` of the folder. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LoadError } from "./load-error.ts";

const NAMES = ["default.ts", "default.mts", "default.js", "default.mjs"];

/** Throws LoadError when there is none. */
export async function findEntry(path: string): Promise<string> {
	const kind = await kindOf(path);
	if (kind === "file") return path;
	if (kind === "folder")
		for (const name of NAMES)
			if ((await kindOf(join(path, name))) === "file") return join(path, name);
	const message = kind === "folder" ? "the folder has no default.ts" : "there is no such file";
	throw new LoadError("LOAD_READ", "read", [
		{ file: path, line: 0, column: 0, message, frame: "" },
	]);
}

/** The folder to watch. */
export async function folderOf(path: string): Promise<string> {
	return (await kindOf(path)) === "folder" ? path : dirname(path);
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
	const found = await stat(path).catch(() => undefined);
	if (found === undefined) return undefined;
	return found.isDirectory() ? "folder" : "file";
}
