/** The digest that proves knowledge of a password: RFC 7616 §3.4.1 to §3.4.3, RFC 8760 §2.6. */
import type { HashAlgorithm, HashHex } from "../base/hash.ts";
import type { Secret } from "../base/user.ts";
import type { Protection } from "./credentials.ts";

export type DigestInput = {
	readonly algorithm: HashAlgorithm;
	/** The `-sess` form: A1 depends on the nonces too. */
	readonly session: boolean;
	readonly username: string;
	readonly realm: string;
	readonly method: string;
	/** As the client wrote it: proxies change the Request-URI, not this (RFC 3261 §22.4 item 6). */
	readonly uri: string;
	readonly nonce: string;
	/** Undefined is the form of RFC 2069. */
	readonly protection: Protection | undefined;
	readonly body: string;
};

/** Lower-case hexadecimal. Throws a RangeError where `canAnswer` says no. */
export function digestResponse(hash: HashHex, secret: Secret, input: DigestInput): string {
	const { algorithm, nonce, protection } = input;
	const h = (text: string) => hash(algorithm, text);
	const ha1 = input.session
		? h(`${baseHa1(h, secret, input)}:${nonce}:${protection?.cnonce ?? ""}`)
		: baseHa1(h, secret, input);

	if (protection === undefined) return h(`${ha1}:${nonce}:${h(`${input.method}:${input.uri}`)}`);
	const { qop, nc, cnonce } = protection;
	const integrity = qop.toLowerCase() === "auth-int" ? `:${h(input.body)}` : "";
	const ha2 = h(`${input.method}:${input.uri}${integrity}`);
	return h(`${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`);
}

/** Whether the secret is good for this algorithm: of a user whose hashes are stored, some may be missing. */
export function canAnswer(secret: Secret, algorithm: HashAlgorithm): boolean {
	return "password" in secret || secret.ha1[algorithm] !== undefined;
}

/** Reads every character of both: the time taken says nothing about where they differ. */
export function sameDigest(a: string, b: string): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let index = 0; index < a.length; index += 1)
		difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
	return difference === 0;
}

function baseHa1(h: (text: string) => string, secret: Secret, input: DigestInput): string {
	if ("password" in secret) return h(`${input.username}:${input.realm}:${secret.password}`);
	const ha1 = secret.ha1[input.algorithm];
	if (ha1 === undefined) throw new RangeError(`no hash for ${input.algorithm}`);
	return ha1;
}
