/** The answer to a digest challenge: RFC 3261 §22, RFC 7616 §3.4, for the first algorithm offered. */
import { hashHex as hash } from "../../core/host/hashes.ts";
import type { Sip } from "./sip.ts";

/** The header lines to send the request again with. */
export function credentials(
	challenge: Sip,
	method: string,
	uri: string,
	{ user, password }: { readonly user: string; readonly password: string },
): readonly string[] {
	const proxy = challenge.status === 407;
	const asked = challenge.value(proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
	const realm = quoted(asked, "realm");
	const nonce = quoted(asked, "nonce");
	const algorithm = asked.includes("algorithm=SHA-256") ? "SHA-256" : "MD5";
	const cnonce = "5e3d";
	const a1 = hash(algorithm, `${user}:${realm}:${password}`);
	const a2 = hash(algorithm, `${method}:${uri}`);
	const response = hash(algorithm, `${a1}:${nonce}:00000001:${cnonce}:auth:${a2}`);
	const name = proxy ? "Proxy-Authorization" : "Authorization";
	return [
		`${name}: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
			`response="${response}", algorithm=${algorithm}, cnonce="${cnonce}", qop=auth, nc=00000001`,
	];
}

function quoted(value: string, name: string): string {
	return new RegExp(`${name}="([^"]*)"`).exec(value)?.[1] ?? "";
}
