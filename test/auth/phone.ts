/** A user agent's side of digest, written from RFC 7616 §3.4 and not from our code, and the realm it talks to. */
import { createHash } from "node:crypto";
import {
	type Attempt,
	challenge,
	type DigestOptions,
	type Verdict,
	verify,
} from "../../core/auth/digest.ts";
import { FailureLimit } from "../../core/auth/failure-limit.ts";
import { NonceCounts } from "../../core/auth/nonce-counts.ts";
import type { HashAlgorithm } from "../../core/base/hash.ts";
import type { Request } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { hash, hmac } from "../support/hashes.ts";
import { seeded } from "../support/seeded.ts";

export const SOURCE = "192.0.2.10";

export function realm(changes: Partial<DigestOptions> = {}): DigestOptions {
	return {
		realm: "sip.example.com",
		users: new Map([["1001", { name: "1001", device: "1001", secret: { password: "secret" } }]]),
		algorithms: ["SHA-256", "MD5"],
		nonceLifetimeSeconds: 300,
		withoutQop: false,
		keys: [new Uint8Array(32).fill(1)],
		hmac,
		hash,
		random: seeded(1),
		counts: new NonceCounts(100, 0),
		failures: new FailureLimit(LIMITS),
		...changes,
	};
}

export const LIMITS = {
	windowSeconds: 10,
	perUserAndSource: 5,
	perSource: 20,
	perUser: 10,
	entriesMax: 100,
};

export type Answer = {
	readonly algorithm?: string | undefined;
	readonly username?: string;
	readonly password?: string;
	readonly realm?: string;
	readonly method?: string;
	readonly uri?: string;
	readonly nonce: string;
	readonly nc?: string;
	readonly qop?: "auth" | "auth-int" | undefined;
	readonly body?: string;
};

const NODE_NAMES: Record<HashAlgorithm, string> = {
	MD5: "md5",
	"SHA-256": "sha256",
	"SHA-512-256": "sha512-256",
};

/** The value of an Authorization header field; `algorithm: undefined` leaves the parameter out. */
export function credentials(answer: Answer): string {
	const all = {
		algorithm: "SHA-256",
		username: "1001",
		password: "secret",
		realm: "sip.example.com",
		method: "REGISTER",
		uri: "sip:sip.example.com",
		nc: "00000001",
		qop: "auth" as const,
		body: "",
		...answer,
	};
	const [base = "", session] = (all.algorithm ?? "MD5").split("-sess");
	const h = (text: string) =>
		createHash(NODE_NAMES[base as HashAlgorithm])
			.update(text, "utf8")
			.digest("hex");
	const user = h(`${all.username}:${all.realm}:${all.password}`);
	const a1 = session === undefined ? user : h(`${user}:${all.nonce}:c`);
	const a2 = `${all.method}:${all.uri}${all.qop === "auth-int" ? `:${h(all.body)}` : ""}`;
	const middle = all.qop === undefined ? "" : `${all.nc}:c:${all.qop}:`;
	const response = h(`${a1}:${all.nonce}:${middle}${h(a2)}`);

	const algorithm = all.algorithm === undefined ? "" : `, algorithm=${all.algorithm}`;
	const qop = all.qop === undefined ? "" : `, qop=${all.qop}, nc=${all.nc}, cnonce="c"`;
	return `Digest username="${all.username}", realm="${all.realm}", nonce="${all.nonce}", uri="${all.uri}", response="${response}"${algorithm}${qop}`;
}

/** A request with these header lines. */
export function request(
	lines: readonly string[],
	{ method = "REGISTER", uri = "sip:sip.example.com", body = "" } = {},
): Request {
	const text = [
		`${method} ${uri} SIP/2.0`,
		`Via: SIP/2.0/UDP ${SOURCE}:5060;branch=z9hG4bKa`,
		"Max-Forwards: 70",
		"From: <sip:1001@sip.example.com>;tag=a",
		"To: <sip:1001@sip.example.com>",
		"Call-ID: a@192.0.2.10",
		`CSeq: 1 ${method}`,
		...lines,
		`Content-Length: ${body.length}`,
		"",
		body,
	].join("\r\n");
	const message = parseMessage(text, "datagram");
	if (message.kind !== "request") throw new Error(`no request: ${text}`);
	return message;
}

export function attempt(sent: Request, changes: Partial<Attempt> = {}): Attempt {
	return {
		request: sent,
		as: "registrar",
		source: SOURCE,
		known: () => false,
		serves: (uri) => uri.host === "sip.example.com",
		...changes,
	};
}

/** The verdict on a REGISTER with these Authorization values. */
export function judge(options: DigestOptions, values: readonly string[], now: number): Verdict {
	return verify(options, attempt(request(values.map((value) => `Authorization: ${value}`))), now);
}

/** A nonce as a phone finds it in a challenge. */
export function nonceOf(
	options: DigestOptions,
	now: number,
	source: string = SOURCE,
	name: string = options.realm,
): string {
	const scope = { source, realm: name, length: 500 };
	const { headers } = challenge(options, { as: "registrar", stale: false, ...scope }, now);
	const nonce = /nonce="([^"]+)"/.exec(headers[0]?.[1] ?? "")?.[1];
	if (nonce === undefined) throw new Error("a challenge without a nonce");
	return nonce;
}
