/**
 * The public types as text, one line for each export and member: `node test/types/api-snapshot.ts`
 * writes test/types/sipwright-api.txt, and so accepts a change of them.
 */
import { writeFileSync } from "node:fs";
import { type Declaration, exportsOf } from "../support/declarations.ts";
import { repository, type Tree } from "../support/tree.ts";

export const SNAPSHOT = "test/types/sipwright-api.txt";

/** Of every module that package.json exports with types. */
export function apiSnapshot(tree: Tree): string {
	const { name, exports }: Package = JSON.parse(tree.get("package.json") ?? "{}");
	const modules = Object.entries(exports).flatMap(([path, entry]) => {
		if (typeof entry === "string" || entry.types === undefined) return [];
		const found = exportsOf(tree, entry.types.slice("./".length));
		return `module "${name}${path.slice(1)}"\n\n${found.map(print).join("\n")}\n`;
	});
	return modules.join("\n");
}

type Package = {
	readonly name: string;
	readonly exports: Readonly<Record<string, string | { readonly types?: string }>>;
};

function print({ kind, text, members }: Declaration): string {
	if (kind !== "interface") return text;
	return [text, ...members.map((member) => `\t${member.text}`)].join("\n");
}

if (import.meta.main) writeFileSync(SNAPSHOT, apiSnapshot(repository()));
