/** Which files a bundle may be made of: a script reaches no other file of the host (esbuild plugin). */
import { realpath } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import type { OnLoadArgs, OnLoadResult, Plugin } from "esbuild";

const CODE = /\.[cm]?[jt]sx?$/;
/** A package that the script imports, wherever it is installed. */
const PACKAGES = `${sep}node_modules${sep}`;

/**
 * Code may come from anywhere but the state folder, where the keys are. Any other file would be
 * data: of the folder of routes or of a package only.
 */
export function bundleFiles(folder: string, state: string): Plugin {
	return {
		name: "sipwright-files",
		async setup({ onLoad }) {
			const [routes, secret] = await Promise.all([real(folder), real(state)]);
			onLoad({ filter: /.*/, namespace: "file" }, (file) => check(file, routes, secret));
		},
	};
}

async function check(
	{ path }: OnLoadArgs,
	routes: string,
	secret: string,
): Promise<OnLoadResult | undefined> {
	const file = await real(path);
	if (isWithin(file, secret))
		return refused(`${path} is in the state folder, which routes cannot read`);
	if (CODE.test(file) || isWithin(file, routes) || file.includes(PACKAGES)) return undefined;
	return refused(`${path} is outside the folder of routes; copy it into ${routes}`);
}

/** esbuild adds the file and line of the import. */
function refused(text: string): OnLoadResult {
	return { errors: [{ text }] };
}

function isWithin(file: string, folder: string): boolean {
	const path = relative(folder, file);
	return path !== ".." && !path.startsWith(`..${sep}`) && path !== resolve(path);
}

/** Where links lead; a path that does not exist leads to itself. */
async function real(path: string): Promise<string> {
	return realpath(path).catch(() => resolve(path));
}
