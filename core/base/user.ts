/** Who may log in by digest, and with what: RFC 3261 §22.1, RFC 7616 §3.4.2 and §5.2. Texts are octets, one character each. */
import type { HashAlgorithm } from "./hash.ts";

/** A plain password, or what RFC 7616 §5.2 would rather have stored: H(username:realm:password), lower-case hex. */
export type Secret =
	| { readonly password: string }
	| { readonly ha1: Readonly<Partial<Record<HashAlgorithm, string>>> };

export type User = {
	/** The `username` of its credentials. */
	readonly name: string;
	/** The name of the device whose requests it sends. */
	readonly device: string;
	readonly secret: Secret;
};

/** Of all hashes, in hex digits: RFC 8760 §2.2. */
export const HASH_DIGITS: Readonly<Record<HashAlgorithm, number>> = {
	MD5: 32,
	"SHA-256": 64,
	"SHA-512-256": 64,
};
