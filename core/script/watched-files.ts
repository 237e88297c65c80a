/** Which files of a folder of routes count: scripts and data, and nothing of packages or hidden folders. */
import { relative, sep } from "node:path";

export const SCRIPT_FILE = /\.([cm]?[jt]s|json)$/;
/** What a mounted Kubernetes volume swaps: a link named `..data`, to folders named `..2026_01_31…`. */
const VOLUME_LINK = /^\.\.(data|\d)/;

/** Whether a change of this path may be one of the scripts in the folder. */
export function counts(path: string, folder: string): boolean {
	return SCRIPT_FILE.test(path) || VOLUME_LINK.test(relative(folder, path));
}

/** Whether a path, relative to the folder, leads into a package or something hidden. */
export function isForeign(path: string): boolean {
	return path
		.split(sep)
		.some((part) => part === "node_modules" || (part.startsWith(".") && !part.startsWith("..")));
}
