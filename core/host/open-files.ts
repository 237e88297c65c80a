/** How many files and sockets this process may have open at a time. */
import { readFileSync } from "node:fs";

/** Undefined where the system does not say. Node has raised the soft limit to the hard one by now. */
export function openFilesMax(): number | undefined {
	try {
		return readLimit(readFileSync("/proc/self/limits", "latin1"));
	} catch {
		return undefined;
	}
}

/** The soft limit in the text of `/proc/PID/limits`; undefined for none. */
export function readLimit(limits: string): number | undefined {
	const found = /^Max open files +(\d+)/m.exec(limits)?.[1];
	return found === undefined ? undefined : Number(found);
}
