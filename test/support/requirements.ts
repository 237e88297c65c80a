/** The requirements of test/conformance/: what each item asks for, and how urgently. */
import { select, type Tree } from "./tree.ts";

/** Of the first release, of one soon after, of some later one. */
export type Priority = "M" | "S" | "L";
export type Requirement = {
	/** `PX-34`: never given to another requirement. */
	readonly id: string;
	readonly priority: Priority;
	/** `RFC 3261 §16.6 step 4, §10.3`; "–" for a rule of our own. */
	readonly source: string;
	readonly text: string;
};
export type Group = { readonly title: string; readonly requirements: readonly Requirement[] };
/** One file: its title, and its groups; a group without a title stands above the first heading. */
export type Chapter = { readonly title: string; readonly groups: readonly Group[] };

/** In the order of the page. */
const CHAPTERS = [
	"messages",
	"torture",
	"transport",
	"transactions",
	"proxy",
	"registrar",
	"authentication",
	"sips",
	"others",
];
export const ID = /\b(?:MSG|TR|TX|PX|RG|AU|SIPS|OT)-[A-Z]?\d+\b/g;
const LINE = /^((?:MSG|TR|TX|PX|RG|AU|SIPS|OT)-[A-Z]?\d{2,3}) ([MSL]) \| ([^|]+) \| ([^|]+\.)$/;

export function chapters(tree: Tree): Chapter[] {
	const files = select(tree, /^test\/conformance\//);
	const wanted = CHAPTERS.map((name) => `test/conformance/${name}.txt`);
	for (const path of files.keys())
		if (!wanted.includes(path)) throw new TypeError(`${path} is not a chapter`);
	const found = wanted.map((path) => chapter(path, tree.get(path) ?? ""));
	const ids = found.flatMap(({ groups }) => groups.flatMap(idsOf));
	const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
	if (twice.length > 0) throw new TypeError(`twice in test/conformance/: ${twice.join(", ")}`);
	return found;
}

export function idsOf({ requirements }: Group): string[] {
	return requirements.map(({ id }) => id);
}

function chapter(path: string, text: string): Chapter {
	const [heading = "", ...lines] = text.trimEnd().split("\n");
	if (!heading.startsWith("# ")) throw new TypeError(`${path}:1: a title is missing`);
	const groups: { title: string; requirements: Requirement[] }[] = [
		{ title: "", requirements: [] },
	];
	for (const [at, line] of lines.entries()) {
		if (line === "") continue;
		if (line.startsWith("## ")) groups.push({ title: line.slice(3), requirements: [] });
		else groups.at(-1)?.requirements.push(requirement(line, `${path}:${at + 2}`));
	}
	return {
		title: heading.slice(2),
		groups: groups.filter(({ requirements }) => requirements.length > 0),
	};
}

function requirement(line: string, place: string): Requirement {
	const [, id = "", priority = "", source = "", text = ""] = LINE.exec(line) ?? [];
	if (id === "") throw new TypeError(`${place}: not "ID M|S|L | source | sentence."`);
	return { id, priority: priority as Priority, source, text };
}
