#!/usr/bin/env node
/**
 * The launcher: runs core/main.ts, or what was built from it, with the flag that isolated-vm asks for, and
 * `run` under a supervisor. Started with that flag it is one process, for whoever supervises it otherwise.
 * Whatever Node the machine has parses this file, so it keeps to the syntax of Node 12.
 */
// biome-ignore-all lint/style/useNodejsImportProtocol: Node 12 may not know it.
import { spawn } from "child_process";
import { existsSync } from "fs";
import { fileURLToPath } from "url";

const FLAG = "--no-node-snapshot";
const NODE_MIN = 24;
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP"];

if (Number(process.versions.node.split(".")[0]) < NODE_MIN) {
	process.stderr.write(
		`sipwright needs Node ${NODE_MIN} or newer, and this is ${process.version}: in a checkout run npm ci && npm start, which brings its own; elsewhere install one from https://nodejs.org.\n`,
	);
	process.exitCode = 1;
} else if (process.execArgv.indexOf(FLAG) >= 0) {
	void import(entry().href);
} else if (process.argv[2] === "run") {
	const args = workerArgs();
	void import("./supervise.js").then(({ supervise }) => supervise(process.execPath, args));
} else {
	launch();
}

/** A built package, a checkout, an installed package: Node does not strip types below node_modules. */
function entry() {
	const places = ["./main.js", "./main.ts", "../dist/core/main.js"];
	const urls = places.map((place) => new URL(place, import.meta.url));
	return urls.filter((url) => existsSync(fileURLToPath(url)))[0];
}

function workerArgs() {
	return process.execArgv.concat([FLAG, fileURLToPath(entry())], process.argv.slice(2));
}

/** Signals go on to the child; its exit code, or the signal that ended it, becomes ours. */
function launch() {
	const child = spawn(process.execPath, workerArgs(), { stdio: "inherit" });
	for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));

	child.on("error", (error) => {
		process.stderr.write(`sipwright cannot start ${process.execPath}: ${error.message}\n`);
		process.exitCode = 1;
	});
	child.on("exit", (code, signal) => {
		if (signal === null) {
			process.exit(code);
			return;
		}
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	});
}
