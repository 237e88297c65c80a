/** What a module made of .d.ts files exports, without comments and layout: for the snapshot of the API and the check of its page. */
import { resolve } from "./source.ts";
import type { Tree } from "./tree.ts";

export type Declaration = {
	readonly kind: "const" | "function" | "interface" | "type";
	readonly name: string;
	/** In one line, an interface up to its brace. */
	readonly text: string;
	/** Of an interface: each in one line, by name; overloads in their order. */
	readonly members: readonly Member[];
};
export type Member = { readonly name: string; readonly text: string };

/** By name; overloads in their order. Follows `export … from`. */
export function exportsOf(tree: Tree, entry: string): readonly Declaration[] {
	return byName(collect(tree, entry));
}

function collect(tree: Tree, file: string): Declaration[] {
	const text = tree.get(file);
	if (text === undefined) throw new TypeError(`there is no ${file}`);
	return statements(withoutComments(text)).flatMap((statement) => {
		const [, names, from] = /^export (?:type )?(\*|\{[^}]*\}) from "(.*)"$/.exec(statement) ?? [];
		if (names === undefined || from === undefined) return declaration(statement);
		const other = collect(tree, resolve(file, from.replace(/(\.d)?\.[tj]s$/, ".d.ts")));
		const typesOnly = statement.startsWith("export type");
		return other.filter(({ kind, name }) => {
			if (names !== "*") return words(names).includes(name);
			return !typesOnly || kind === "interface" || kind === "type";
		});
	});
}

function declaration(statement: string): Declaration | [] {
	const found = /^export (const|function|interface|type) (\w+)/.exec(statement);
	if (found === null) return [];
	const kind = found[1] as Declaration["kind"];
	const name = found[2] ?? "";
	const text = statement.slice("export ".length);
	if (kind !== "interface") return { kind, name, text, members: [] };
	const brace = text.indexOf("{");
	const inside = split(text.slice(brace + 1, -1)).filter((member) => member !== "");
	const members = inside.map((member) => ({
		name: /^(?:readonly )?(\w+)/.exec(member)?.[1] ?? "",
		text: member,
	}));
	return { kind, name, text: text.slice(0, brace).trim(), members: byName(members) };
}

/** What stands at the top level, each in one line. */
function statements(text: string): string[] {
	return split(text.replaceAll(/^(export interface .*)?}$/gm, "$&;"));
}

/** `name(first, second?)`, as a page writes it. */
export function signature({ name, text }: Pick<Member, "name" | "text">): string {
	const inside = text.slice(text.indexOf("(", text.indexOf(name)) + 1);
	const [parameters = ""] = split(inside, ")");
	const names = split(parameters, ",").map((one) => /^\w+\??/.exec(one)?.[0] ?? one);
	return `${name}(${names.join(", ")})`;
}

/** At separators that are in no bracket; without layout. */
function split(text: string, separator = ";"): string[] {
	const parts: string[] = [];
	let depth = 0;
	let from = 0;
	for (const { 0: found, index } of text.matchAll(/"(?:\\.|[^"\\])*"|=>|[{}()[\]<>;,]/g)) {
		if (found === separator && depth === 0) {
			parts.push(text.slice(from, index));
			from = index + 1;
		} else if ("{([<".includes(found)) depth += 1;
		else if ("})]>".includes(found)) depth -= 1;
	}
	parts.push(text.slice(from));
	return parts.map(inOneLine);
}

function inOneLine(text: string): string {
	return text
		.replaceAll(/\s+/g, " ")
		.replaceAll(/([([]) | (?=[)\]])/g, "$1")
		.replaceAll(/,(?=[)\]])/g, "")
		.replaceAll(/([=(:]) ?\| /g, "$1 ")
		.trim();
}

/** Texts in quotes may hold what looks like a comment. */
export function withoutComments(text: string): string {
	return text.replaceAll(/("(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/.*/g, "$1");
}

function words(list: string): readonly string[] {
	return list.match(/\w+/g) ?? [];
}

function byName<T extends { readonly name: string }>(named: readonly T[]): T[] {
	return named.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
