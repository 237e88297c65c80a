/** A user agent's answer to a challenge: RFC 3261 §22.2, RFC 7616 §3.4. */
import { canAnswer, digestResponse } from "../auth/digest-response.ts";
import type { HashAlgorithm } from "../base/hash.ts";
import type { Secret } from "../base/user.ts";
import { hashHex } from "../host/hashes.ts";
import type { WireMessage } from "./wire-message.ts";

/** Octets. */
export type Login = { readonly username: string; readonly secret: Secret };

const ALGORITHMS: readonly HashAlgorithm[] = ["SHA-512-256", "SHA-256", "MD5"];

/** The header line for the request that was answered with `challenge`; undefined where that is none we know. */
export function credentialsLine(
	{ method = "", uri, body }: WireMessage,
	challenge: WireMessage,
	{ username, secret }: Login,
): string | undefined {
	const registrar = challenge.status === 401;
	const offered = challenge.values(registrar ? "WWW-Authenticate" : "Proxy-Authenticate");
	for (const text of offered) {
		const [realm, nonce] = [parameter(text, "realm"), parameter(text, "nonce")];
		const algorithm = ALGORITHMS.find((one) => one === (parameter(text, "algorithm") || "MD5"));
		if (algorithm === undefined || realm === undefined || nonce === undefined) continue;
		if (!canAnswer(secret, algorithm)) continue;
		const protection = { qop: "auth", nc: "00000001", cnonce: "sipwright" };
		const input = { algorithm, session: false, username, realm, method, uri, nonce, protection };
		const response = digestResponse(hashHex, secret, { ...input, body });
		const values = { username, realm, nonce, uri, response, cnonce: protection.cnonce };
		const quoted = Object.entries(values).map(([name, value]) => `${name}="${value}"`);
		const plain = [`algorithm=${algorithm}`, "qop=auth", `nc=${protection.nc}`];
		const name = registrar ? "Authorization" : "Proxy-Authorization";
		return `${name}: Digest ${[...quoted, ...plain].join(", ")}`;
	}
	return undefined;
}

function parameter(challenge: string, name: string): string | undefined {
	const found = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,]+))`, "i").exec(challenge);
	return found?.[1] ?? found?.[2];
}
