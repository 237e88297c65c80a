/** `sipwright init DIR`: a new scripts project. It never overwrites a file. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type Command, DONE, REFUSED } from "./command.ts";
import { installation } from "./installation.ts";
import { projectFiles } from "./project.ts";

export const init: Command = {
	name: "init",
	usage: "DIR",
	summary: "write a new scripts project: configuration, an example route, its test",
	options: {},
	positionals: ["DIR"],
	async run({ positionals: [given = "."] }, output) {
		const folder = resolve(given);
		const files = projectFiles(packageName(folder), dependency(folder));
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
