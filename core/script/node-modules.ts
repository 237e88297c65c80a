/** Imports of what is part of Node: refused, unless a package of that name is installed (esbuild plugin). */
import { builtinModules } from "node:module";
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { packageOf } from "./absent-globals.ts";

const NODE_MODULE = new RegExp(`^(node:.*|(${builtinModules.join("|")})(/.*)?)$`);
/** Marks a question of ours, which is not to be asked again. */
const ASKED = Symbol("asked");

export const withoutNode: Plugin = {
	name: "sipwright-without-node",
	setup(build) {
		build.onResolve({ filter: NODE_MODULE }, (given) => resolved(build, given));
	},
};

/** `events`, `buffer/` and `punycode` are packages, too, and some are made to run without Node. */
async function resolved(
	build: PluginBuild,
	{ path, importer, resolveDir, kind, pluginData }: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
	if (pluginData === ASKED) return undefined;
	if (!path.startsWith("node:")) {
		const options = { importer, resolveDir, kind, pluginData: ASKED };
		const found = await build.resolve(path, options);
		const { errors, external, sideEffects, namespace } = found;
		if (errors.length === 0 && !external) return { path: found.path, sideEffects, namespace };
	}
	return { errors: [{ text: refusal(path, packageOf(importer)) }] };
}

function refusal(path: string, owner: string | undefined): string {
	const text = `"${path}" is part of Node, and routes run in an isolate without it`;
	return owner === undefined ? text : `${text}: the package "${owner}" imports it`;
}
