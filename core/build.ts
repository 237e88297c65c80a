/**
 * npm run build: dist/, the publishable form. Node does not strip types under node_modules, so core/
 * becomes JavaScript with declarations; the built-in routes are scripts like any user's and stay TypeScript.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
const AS_THEY_ARE = ["routes/**/*.ts", "core/**/*.d.ts"];

rmSync(DIST, { recursive: true, force: true });
compile();
for (const file of globSync(AS_THEY_ARE, { cwd: ROOT })) cpSync(join(ROOT, file), join(DIST, file));
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
