/** Findings as lines that editors and people can follow: `file:line:column: level CODE: message`. */
import { relative } from "node:path";

export type Reported = {
	readonly level?: string;
	readonly code: string;
	readonly file?: string;
	readonly line?: number;
	readonly column?: number;
	readonly message: string;
	readonly fix?: string | undefined;
};

/** One or two lines for each, ending with a line feed. */
export function report(findings: readonly Reported[], folder: string = process.cwd()): string {
	return findings.map((finding) => `${lines(finding, folder)}\n`).join("");
}

function lines(
	{ level = "error", code, message, fix, ...place }: Reported,
	folder: string,
): string {
	const where = placeOf(place, folder);
	const first = `${where === "" ? "" : `${where}: `}${level} ${code}: ${message}`;
	return fix === undefined ? first : `${first}\n    ${fix}`;
}

function placeOf({ file, line, column }: Partial<Reported>, folder: string): string {
	if (file === undefined) return "";
	const inner = relative(folder, file);
	const path = inner === "" || inner.startsWith("..") ? file : inner;
	return [path, line, column].filter((part) => part !== undefined).join(":");
}
