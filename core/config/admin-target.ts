/** Where a running proxy is asked: read leniently, since a broken configuration is when one asks most. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Findings } from "./finding.ts";
import { adminShape, topShape } from "./schema.ts";
import { child, type Node, parseYaml, plain } from "./source.ts";

export type AdminTarget = {
	readonly address: string;
	readonly port: number;
	/** The folder that holds the token. */
	readonly state: string;
};

/** From `admin` and `state` of the file; what it lacks, or is wrong there, is as without a file. */
export async function readAdminTarget(
	file: string | undefined,
	folder: string = process.cwd(),
): Promise<AdminTarget> {
	const root = file === undefined ? undefined : await readTree(resolve(folder, file));
	const base = file === undefined ? folder : dirname(resolve(folder, file));
	const state = topShape.state.safeParse(plain(child(root, "state")));
	const admin = adminShape.address.safeParse(plain(child(child(root, "admin"), "address")));
	return {
		...(admin.data ?? adminShape.address.parse(undefined)),
		state: resolve(base, state.data ?? topShape.state.parse(undefined)),
	};
}

async function readTree(path: string): Promise<Node | undefined> {
	return parseYaml(path, await readFile(path, "utf8"), new Findings());
}
