/** The line of a script that a message is about, with a mark under the place. */
import { readFileSync } from "node:fs";
import type { Problem } from "./load-error.ts";
import type { Place } from "./place.ts";

/** `line` and `column` count from 1. */
export function codeFrame(text: string, line: number, column: number): string {
	const number = `  ${line} | `;
	const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
	return `${number}${text}\n${" ".repeat(number.length - 2)}| ${indent}^`;
}

/** A problem at a place in a file that can be read, or in a file as a whole. */
export function problemAt(place: Place | undefined, file: string, message: string): Problem {
	if (place === undefined) return { file, line: 0, column: 0, message, frame: "" };
	const text = lineOf(place);
	const frame = text === undefined ? "" : codeFrame(text, place.line, place.column);
	return { ...place, message, frame };
}

function lineOf({ file, line }: Place): string | undefined {
	try {
		return readFileSync(file, "utf8").split("\n")[line - 1]?.trimEnd();
	} catch {
		return undefined;
	}
}
