/** The names that this machine knows without asking: hosts(5). */
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { Milliseconds } from "../base/clock.ts";

const PATH =
	process.platform === "win32" ? "C:\\Windows\\System32\\drivers\\etc\\hosts" : "/etc/hosts";
const READ_AGAIN_MS: Milliseconds = 10_000;

export class HostsFile {
	readonly #path: string;
	#names: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
	#readAt: Milliseconds = 0;

	constructor(path = PATH) {
		this.#path = path;
	}

	async addresses(name: string, family: 4 | 6): Promise<readonly string[]> {
		const now = performance.now();
		if (this.#names === undefined || now - this.#readAt > READ_AGAIN_MS) {
			this.#names = read(this.#path);
			this.#readAt = now;
		}
		const addresses = (await this.#names).get(name) ?? [];
		return addresses.filter((address) => isIP(address) === family);
	}
}

async function read(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
	const names = new Map<string, string[]>();
	// Without such a file the name servers know everything.
	const text = await readFile(path, "utf8").catch(() => "");
	for (const line of text.split("\n")) {
		const [address = "", ...aliases] = (line.split("#")[0] ?? "").trim().split(/\s+/);
		for (const alias of aliases) {
			const name = alias.toLowerCase();
			names.set(name, [...(names.get(name) ?? []), address]);
		}
	}
	return names;
}
