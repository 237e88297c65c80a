/** What a load, and `sipwright check`, say of a test that failed: where in the author's file, and what was wrong. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FailedTest } from "../script/authors-tests.ts";

const REASON_LINES_MAX = 12;

/** `reason`: what was thrown, the ladder, and the author's own frames. `said`: on standard error, by a file that could not be run. */
export function failedTest(name: string, file: string, reason: string, said: string): FailedTest {
	if (name === file) return { name: "", ...placeIn(file, said), reason: errorIn(said) ?? reason };
	const place = frameIn(reason) ?? placeIn(file, "");
	const lines = withoutLadder(reason).split("\n");
	return { name, ...place, reason: lines.slice(0, REASON_LINES_MAX).join("\n") };
}

/** The ladder is set in, behind an empty line, and the last. */
function withoutLadder(reason: string): string {
	const text = reason.replaceAll(/^\s+at .*$/gm, "").trimEnd();
	const ladder = text.lastIndexOf("\n\n  ");
	return (ladder < 0 ? text : text.slice(0, ladder)).trimEnd().replaceAll(/\n\n+/g, "\n");
}

type FilePlace = Pick<FailedTest, "file" | "line" | "column">;

function frameIn(text: string): FilePlace | undefined {
	const [, url = "", path = "", line, column] =
		/^\s+at .*?(?:(file:\/\/[^\s)]+?)|(\/[^\s)]+?)):(\d+):(\d+)\)?$/m.exec(text) ?? [];
	if (line === undefined) return undefined;
	const file = url === "" ? path : fileURLToPath(url);
	return { file, line: Number(line), column: Number(column) };
}

/** As Node says it of a file that does not parse: `FILE:LINE`, the line, a mark. */
function placeIn(file: string, said: string): FilePlace {
	const lines = said.split("\n");
	const at = lines.findIndex((one) => one.startsWith(`${file}:`) && /:\d+$/.test(one));
	const line = Number(lines[at]?.slice(file.length + 1));
	return at < 0 ? { file, ...imported(file, said) } : { file, line, column: 1 };
}

/** An import that leads nowhere is told without a place. */
function imported(file: string, said: string): { line: number; column: number } {
	const [, missing] = /Cannot find (?:module|package) '([^']+)'/.exec(said) ?? [];
	const name = missing?.split("/").at(-1);
	if (name === undefined) return { line: 0, column: 0 };
	const lines = readFileSync(file, "utf8").split("\n");
	const line = lines.findIndex((one) => /\b(?:import|from)\b/.test(one) && one.includes(name)) + 1;
	return { line, column: line === 0 ? 0 : 1 };
}

function errorIn(said: string): string | undefined {
	return /^(?:\w*Error\b.*?): .+$/m.exec(said)?.[0];
}
