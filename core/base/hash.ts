/** Hashing as the core sees it: ports that the engine connects to node:crypto. Texts are latin1, one character per byte. */

/** HMAC-SHA-256: 32 octets. */
export type Hmac = (key: Uint8Array, text: string) => string;

/** The digest algorithms of RFC 7616 and RFC 8760. */
export type HashAlgorithm = "MD5" | "SHA-256" | "SHA-512-256";

/** The hash as lower-case hexadecimal digits. */
export type HashHex = (algorithm: HashAlgorithm, text: string) => string;
