/** The hash ports of core/base/hash.ts on node:crypto. */
import { createHash, createHmac } from "node:crypto";
import type { HashHex, Hmac } from "../../core/base/hash.ts";

const NAMES = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;

export const hash: HashHex = (algorithm, text) =>
	createHash(NAMES[algorithm]).update(text, "latin1").digest("hex");

export const hmac: Hmac = (key, text) =>
	createHmac("sha256", key).update(text, "latin1").digest("binary");
