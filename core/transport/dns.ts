/** Answers to the questions of core/resolve: RFC 3263 §4. Asks the system's name servers; the hosts file counts too. */
import { Resolver } from "node:dns/promises";
import { BoundedMap } from "../base/bounded-map.ts";
import type { Milliseconds } from "../base/clock.ts";
import { HostsFile } from "./hosts-file.ts";

/** As in core/resolve, which this folder may not import. */
export type Question = {
	readonly type: "NAPTR" | "SRV" | "A" | "AAAA";
	readonly name: string;
};

type NaptrRecord = {
	readonly type: "NAPTR";
	readonly order: number;
	readonly preference: number;
	readonly flags: string;
	readonly service: string;
	readonly replacement: string;
};
type SrvRecord = {
	readonly type: "SRV";
	readonly priority: number;
	readonly weight: number;
	readonly port: number;
	readonly target: string;
};
type AddressRecord = { readonly type: "A" | "AAAA"; readonly address: string };

/** Empty: there is no such name or type. `failed`: nobody knows. */
export type Answer = readonly (NaptrRecord | SrvRecord | AddressRecord)[] | "failed";

export type DnsOptions = {
	/** `address` or `address:port`; the system's if left out. */
	readonly servers?: readonly string[];
	readonly timeoutMs?: Milliseconds;
	readonly hostsFile?: string;
	/** That are kept. */
	readonly answers?: number;
};

const TIMEOUT_MS = 2_000;
const TRIES = 2;
/** Node tells the time to live of addresses only; this is for the other records. */
const KEEP_MS = 30_000;
const KEEP_ADDRESS_MS_MAX = 300_000;
/** For what does not exist. What failed is asked again. */
const KEEP_NOTHING_MS = 5_000;
const ANSWERS_MAX = 10_000;

/** No such name, no such type, a name that cannot be, or a server that does not know the type (NAPTR, mostly). */
const NOTHING = ["ENOTFOUND", "ENODATA", "EBADNAME", "ENOTIMP"];

type Records = Exclude<Answer, "failed">;
type Kept = { readonly answer: Promise<Answer>; until: Milliseconds };

export class Dns {
	readonly #resolver: Resolver;
	readonly #hosts: HostsFile;
	/** Questions under way count as answers: the same one is asked once. */
	readonly #kept: BoundedMap<string, Kept>;

	constructor(options: DnsOptions = {}) {
		const { servers, timeoutMs = TIMEOUT_MS, hostsFile, answers = ANSWERS_MAX } = options;
		this.#kept = new BoundedMap("dns answers", answers);
		this.#resolver = new Resolver({ timeout: timeoutMs, tries: TRIES });
		if (servers !== undefined) this.#resolver.setServers([...servers]);
		this.#hosts = new HostsFile(hostsFile);
	}

	/** Never rejects. */
	answer(question: Question): Promise<Answer> {
		const name = question.name.toLowerCase();
		const key = `${question.type} ${name}`;
		const kept = this.#kept.get(key);
		if (kept !== undefined && performance.now() < kept.until) return kept.answer;
		const asked = this.#ask(question.type, name);
		const fresh: Kept = { answer: asked.then(({ answer }) => answer), until: Infinity };
		void asked.then(({ keepMs }) => {
			fresh.until = performance.now() + keepMs;
		});
		this.#kept.delete(key);
		this.#kept.push(key, fresh);
		return fresh.answer;
	}

	/** Questions under way fail. */
	close(): void {
		this.#resolver.cancel();
	}

	async #ask(type: Question["type"], name: string): Promise<{ answer: Answer; keepMs: number }> {
		try {
			const { records, keepMs } = await this.#find(type, name);
			return { answer: records, keepMs };
		} catch (error) {
			const code = error instanceof Error && "code" in error ? error.code : undefined;
			if (NOTHING.includes(String(code))) return { answer: [], keepMs: KEEP_NOTHING_MS };
			return { answer: "failed", keepMs: 0 };
		}
	}

	async #find(
		type: Question["type"],
		name: string,
	): Promise<{ records: Records; keepMs: Milliseconds }> {
		switch (type) {
			case "NAPTR": {
				const found = await this.#resolver.resolveNaptr(name);
				return { records: found.map((record) => ({ ...record, type })), keepMs: KEEP_MS };
			}
			case "SRV": {
				const found = await this.#resolver.resolveSrv(name);
				return {
					records: found.map(({ name: target, ...record }) => ({ type, target, ...record })),
					keepMs: KEEP_MS,
				};
			}
			default:
				return this.#findAddresses(type, name);
		}
	}

	async #findAddresses(
		type: "A" | "AAAA",
		name: string,
	): Promise<{ records: Records; keepMs: Milliseconds }> {
		const local = await this.#hosts.addresses(name, type === "A" ? 4 : 6);
		if (local.length > 0)
			return { records: local.map((address) => ({ type, address })), keepMs: KEEP_NOTHING_MS };
		const found =
			type === "A"
				? await this.#resolver.resolve4(name, { ttl: true })
				: await this.#resolver.resolve6(name, { ttl: true });
		const seconds = Math.min(...found.map(({ ttl }) => ttl));
		return {
			records: found.map(({ address }) => ({ type, address })),
			keepMs: Math.min(seconds * 1000, KEEP_ADDRESS_MS_MAX),
		};
	}
}
