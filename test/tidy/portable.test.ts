/** A fresh machine needs nothing of the machine it was written on: no paths, no hosts, no odd registries. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeTree, repository, type Tree } from "../support/tree.ts";

const FOLDERS = ["work", "farm", "home", "root", "Users", "mnt"].join("|");
const MACHINE_PATH = new RegExp(`(^|[^\\w.~$}-])/(${FOLDERS})/\\w`);
const HOST = new RegExp(
	`\\b(${["registry", "deb", "security", "mirror"].join("|")})\\.[a-z]+\\.(org|com|net)\\b`,
);
const LOCK_HOSTS = new Set([["registry", "npmjs", "org"].join(".")]);

export function machineTraces(tree: Tree): string[] {
	const wrong: string[] = [];
	for (const [path, text] of tree) {
		if (path === "package-lock.json") continue;
		for (const [index, line] of text.split("\n").entries())
			if (MACHINE_PATH.test(line) || HOST.test(line)) wrong.push(`${path}:${index + 1}`);
	}
	return wrong;
}

/** `resolved` is left out of the lock file: npm takes the reader's own registry. The usual one may stand there. */
export function lockFileHosts(text: string): string[] {
	const lock: { packages?: Record<string, { resolved?: string }> } = JSON.parse(text);
	return Object.entries(lock.packages ?? {})
		.filter(([, { resolved }]) => resolved !== undefined && !LOCK_HOSTS.has(new URL(resolved).host))
		.map(([name, { resolved }]) => `${name}: ${resolved}`);
}

/** `npm ci` refuses a lock file in which a package of another platform is only named, not described. */
export function lockFileGaps(text: string): string[] {
	const lock: { packages?: Record<string, { optionalDependencies?: Record<string, string> }> } =
		JSON.parse(text);
	const packages = lock.packages ?? {};
	return Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
		Object.keys(optionalDependencies)
			.filter(
				(name) =>
					![`node_modules/${name}`, `${owner}/node_modules/${name}`].some((at) => at in packages),
			)
			.map((name) => `${owner} names ${name}`),
	);
}

test("no tracked file names a path of a machine or the host of a package registry", () => {
	assert.deepEqual(machineTraces(repository()), []);
});

test("package-lock.json points to no registry but the public one", () => {
	assert.deepEqual(lockFileHosts(repository().get("package-lock.json") ?? "{}"), []);
});

test("package-lock.json describes every package that it names, those of other platforms too", () => {
	assert.deepEqual(lockFileGaps(repository().get("package-lock.json") ?? "{}"), []);
});

test("the portability checks fail on machine paths, registry hosts and odd lock files", () => {
	const tree = fakeTree({
		"a.md": ["see /", "home/ann/notes"].join(""),
		"b.ts": ['const key = "/', 'root/key.pem";'].join(""),
		"c.sh": ["npm --registry https://registry.", "example.com"].join(""),
		"fine.md": "GET /users/1, docs/work/x, https://www.example.com/home/page, ~/home/x",
	});
	assert.deepEqual(machineTraces(tree), ["a.md:1", "b.ts:1", "c.sh:1"]);
	const odd = { packages: { "": {}, a: { resolved: "https://mirror.example/a.tgz" } } };
	assert.deepEqual(lockFileHosts(JSON.stringify(odd)), ["a: https://mirror.example/a.tgz"]);
	const gap = {
		packages: {
			"node_modules/a": { optionalDependencies: { b: "1", c: "1" } },
			"node_modules/b": {},
		},
	};
	assert.deepEqual(lockFileGaps(JSON.stringify(gap)), ["node_modules/a names c"]);
});
