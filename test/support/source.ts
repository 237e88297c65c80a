/** TypeScript source told apart into code and comments, well enough for the checks of test/tidy/. */
import { posix } from "node:path";

export type Comment = { readonly line: number; readonly text: string };
export type Literal = { readonly at: number; readonly text: string };
export type Source = {
	/** The text with comments, strings and regular expressions blanked: same length, same lines. */
	readonly code: string;
	readonly comments: readonly Comment[];
	readonly strings: readonly Literal[];
};

const BEFORE_EXPRESSION =
	/(^|[=(,:;!&|?{}[+<>~^%*/-]|\b(return|typeof|case|in|of|yield|await))\s*$/;
const TOKEN =
	/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`|\//g;
const REGEX = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

export function readSource(text: string): Source {
	const comments: Comment[] = [];
	const strings: Literal[] = [];
	let code = "";
	let end = 0;

	TOKEN.lastIndex = 0;
	for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
		const start = found.index;
		code += text.slice(end, start);
		const token = found[0] === "/" ? regexAt(text, start, code) : found[0];
		if (token.startsWith("//") || token.startsWith("/*"))
			comments.push({ line: lineAt(text, start), text: token });
		else if (/^["'`]/.test(token)) strings.push({ at: start, text: token.slice(1, -1) });
		code += token === "/" ? token : token.replaceAll(/[^\n]/g, " ");
		end = start + token.length;
		TOKEN.lastIndex = end;
	}
	return { code: code + text.slice(end), comments, strings };
}

/** What a file imports, re-exports or loads: the specifiers as written. */
export function imports(text: string): string[] {
	const { code, strings } = readSource(text);
	return strings
		.filter(({ at }) => /(\bfrom|\bimport|\bimport\s*\()\s*$/.test(code.slice(0, at)))
		.map((literal) => literal.text);
}

/** Paths of this tree that a file names in any string: `new URL("./x.ts", import.meta.url)` counts. */
export function namedFiles(path: string, text: string): string[] {
	return readSource(text)
		.strings.filter((literal) => /^\.{1,2}\//.test(literal.text))
		.map((literal) => resolve(path, literal.text));
}

export function resolve(from: string, specifier: string): string {
	return posix.join(posix.dirname(from), specifier);
}

export function lineAt(text: string, offset: number): number {
	return text.slice(0, offset).split("\n").length;
}

function regexAt(text: string, start: number, codeBefore: string): string {
	if (!BEFORE_EXPRESSION.test(codeBefore.slice(-40).trimEnd())) return "/";
	REGEX.lastIndex = start;
	return REGEX.exec(text)?.[0] ?? "/";
}
