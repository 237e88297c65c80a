/** `sipwright init DIR`: a new scripts project. It never overwrites a file. */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type Command, DONE, REFUSED } from "./command.ts";
import { installation } from "./installation.ts";
import { projectFiles } from "./project.ts";

export const init: Command = {
	name: "init",
	usage: "DIR",
	summary: "write a new scripts project: configuration, the built-in routes to edit, their test",
	options: {},
	positionals: ["DIR"],
	async run({ positionals: [given = "."] }, output) {
		const folder = resolve(given);
		const files = new Map([
			...projectFiles(packageName(folder), dependency(folder)),
			...(await builtInRoutes()),
		]);
		const taken = await existing(folder, [...files.keys()]);
		if (taken.length > 0) {
			output.err(`sipwright init: ${given} has ${taken.join(", ")} already; nothing was written\n`);
			return REFUSED;
		}
		for (const [path, text] of files) {
			const file = join(folder, path);
			await mkdir(dirname(file), { recursive: true });
			await writeFile(file, text, { flag: "wx" });
			output.out(`${join(given, path)}\n`);
		}
		output.out(`\nNext: cd ${given} && npm install && npm test && npm start\n`);
		return DONE;
	},
};

/** The routes to start from are those that serve without a script, so they do the same until edited. */
async function builtInRoutes(): Promise<readonly [path: string, text: string][]> {
	const folder = new URL("../../routes/", import.meta.url);
	const names = (await readdir(folder)).filter((name) => name.endsWith(".ts")).sort();
	return await Promise.all(
		names.map(
			async (name): Promise<[string, string]> => [
				`routes/${name}`,
				await readFile(new URL(name, folder), "utf8"),
			],
		),
	);
}

async function existing(folder: string, paths: readonly string[]): Promise<readonly string[]> {
	const taken: string[] = [];
	for (const path of paths)
		if (await stat(join(folder, path)).catch(() => undefined)) taken.push(path);
	return taken;
}

/** The published version; out of a checkout, which npm does not know, the checkout itself. */
function dependency(folder: string): string {
	const { version, folder: own } = installation();
	if (/[\\/]node_modules[\\/]/.test(own)) return `^${version}`;
	return `file:${relative(folder, own).replaceAll("\\", "/")}`;
}

function packageName(folder: string): string {
	const name = basename(folder)
		.toLowerCase()
		.replaceAll(/[^a-z0-9-]+/g, "-")
		.replace(/^-+|-+$/g, "");
	return name === "" ? "routes" : name;
}
