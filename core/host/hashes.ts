/** The hash ports on node:crypto. */
import { hash as digest } from "node:crypto";
import type { HashHex, Hmac } from "../base/hash.ts";
import { flat } from "../base/own-text.ts";

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** Some 1 MB. */
const RECENT = 4_096;
const TAIL = 24;
const RECENT_LENGTH_MAX = 256;

/** Names in OpenSSL. */
const NAMES = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;

export const hashHex: HashHex = (algorithm, text) =>
	digest(NAMES[algorithm], Buffer.from(text, "latin1"), "hex");

type Blocks = { inner: Buffer; readonly outer: Buffer; readonly recent: Recent };

/**
 * HMAC-SHA-256 by its definition (RFC 2104 §2) over two one-shot hashes, with the padded keys kept.
 * Every call that we set up costs some of these; a `createHmac` object costs several times as much.
 * What was signed a moment ago comes back in the ACK and the BYE: recent results are kept.
 */
export function makeHmac(): Hmac {
	// A reload reads the keys anew: what was kept for the old ones goes with them.
	const keys = new WeakMap<Uint8Array, Blocks>();
	return (key, text) => {
		let blocks = keys.get(key);
		if (blocks === undefined) {
			blocks = padded(key);
			keys.set(key, blocks);
		}
		flat(text);
		const known = blocks.recent.get(text);
		if (known !== undefined) return known;
		const length = BLOCK_BYTES + text.length;
		if (blocks.inner.length < length) blocks.inner = Buffer.concat([blocks.inner], length * 2);
		blocks.inner.write(text, BLOCK_BYTES, "latin1");
		const inner = digest("sha256", blocks.inner.subarray(0, length), "binary");
		blocks.outer.write(inner, BLOCK_BYTES, "latin1");
		const mac = digest("sha256", blocks.outer, "binary");
		if (text.length <= RECENT_LENGTH_MAX) blocks.recent.add(text, mac);
		return mac;
	};
}

/** Results of a moment ago, each in the place that its text leads to: whatever comes there next replaces it. */
class Recent {
	readonly #texts: (string | undefined)[] = new Array(RECENT).fill(undefined);
	readonly #macs: (string | undefined)[] = new Array(RECENT).fill(undefined);

	get(text: string): string | undefined {
		const place = placeOf(text);
		return this.#texts[place] === text ? this.#macs[place] : undefined;
	}

	add(text: string, mac: string): void {
		const place = placeOf(text);
		this.#texts[place] = text;
		this.#macs[place] = mac;
	}
}

/** What is signed ends with what differs most from one dialog to the next. */
function placeOf(text: string): number {
	let sum = text.length;
	for (let at = Math.max(0, text.length - TAIL); at < text.length; at += 1)
		sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
	return (sum ^ (sum >>> 15)) & (RECENT - 1);
}

function padded(key: Uint8Array): Blocks {
	const short = key.length > BLOCK_BYTES ? digest("sha256", key, "buffer") : key;
	const inner = Buffer.alloc(BLOCK_BYTES * 8, INNER_PAD);
	const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, OUTER_PAD);
	for (let at = 0; at < short.length; at += 1) {
		inner[at] = (short[at] ?? 0) ^ INNER_PAD;
		outer[at] = (short[at] ?? 0) ^ OUTER_PAD;
	}
	return { inner, outer, recent: new Recent() };
}
