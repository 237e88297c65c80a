/**
 * npm run build: dist/, the publishable form. Node does not strip types under node_modules, so core/
 * becomes JavaScript with declarations; what the script compiler reads at run time stays TypeScript.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
/** Bundled into the isolate by esbuild when a route script is loaded, with all that they import. */
const SANDBOX = "core/script/sandbox/*.ts";
const AS_THEY_ARE = ["routes/**/*.ts", "core/**/*.d.ts", "core/sipwright.js"];
const NOT_SHIPPED = /^core\/build\./;

rmSync(DIST, { recursive: true, force: true });
compile();
for (const file of [...globSync(AS_THEY_ARE, { cwd: ROOT }), ...(await sandboxSources())])
	cpSync(join(ROOT, file), join(DIST, file));
for (const file of globSync("core/build.*", { cwd: DIST })) rmSync(join(DIST, file));
process.stdout.write(`built ${relative(process.cwd(), DIST)}\n`);

function compile(): void {
	const settings = {
		extends: "../tsconfig.json",
		compilerOptions: {
			noEmit: false,
			rootDir: "..",
			outDir: ".",
			declaration: true,
			rewriteRelativeImportExtensions: true,
		},
		include: ["../core"],
	};
	mkdirSync(DIST);
	const file = join(DIST, "tsconfig.json");
	writeFileSync(file, JSON.stringify(settings));
	const tsc = fileURLToPath(import.meta.resolve("typescript/package.json"));
	const command = join(dirname(tsc), "bin/tsc");
	const run = spawnSync(process.execPath, [command, "-p", file], { cwd: ROOT, stdio: "inherit" });
	rmSync(file);
	if (run.status !== 0) process.exit(run.status ?? 1);
}

/** The sandbox's files and everything under core/ that they import. */
async function sandboxSources(): Promise<string[]> {
	const { metafile } = await build({
		entryPoints: globSync(SANDBOX, { cwd: ROOT }),
		absWorkingDir: ROOT,
		bundle: true,
		write: false,
		outdir: DIST,
		format: "esm",
		metafile: true,
	});
	return Object.keys(metafile.inputs).filter((file) => !NOT_SHIPPED.test(file));
}
