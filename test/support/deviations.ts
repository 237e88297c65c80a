/**
 * Where core/ knowingly differs from an RFC: comments that say
 * `Deviates from RFC 3261 §x: what, and why. Test: title.`
 */
import { readSource } from "./source.ts";
import { select, type Tree } from "./tree.ts";

export type Deviation = {
	/** `RFC 3261 §18.2.2`. */
	readonly section: string;
	readonly text: string;
	/** How the title of its test begins. */
	readonly title: string;
	readonly path: string;
};

const FORM = /^Deviates from (RFC \d+ §[\d.]*\d): (.+?) Test: (.+)\.$/;

export function deviations(tree: Tree): Deviation[] {
	return [...select(tree, /^core\/.*\.ts$/)].flatMap(([path, source]) =>
		readSource(source)
			.comments.flatMap((comment) => comment.text.split(/(?=\bDeviates from\b)/).slice(1))
			.map((part) => deviation(path, plain(part))),
	);
}

function deviation(path: string, said: string): Deviation {
	const [, section = "", text = "", title = ""] = FORM.exec(said) ?? [];
	if (section === "")
		throw new TypeError(`${path}: not "Deviates from RFC n §x: what, and why. Test: title."`);
	return { section, text, title, path };
}

/** A block comment's paragraph in one line. */
function plain(comment: string): string {
	const [paragraph = ""] = comment.replaceAll(/^[ \t]*\*(\/| ?)/gm, "").split(/\n\s*\n/);
	return paragraph
		.replace(/\*\/\s*$/, "")
		.replaceAll(/\s+/g, " ")
		.trim();
}
