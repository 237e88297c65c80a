/** Whether a certificate belongs to the domain that was asked for: RFC 5922 §7.1 to §7.3. */
import { isIP } from "node:net";
import { type PeerCertificate, checkServerIdentity as webIdentity } from "node:tls";
import { canonicalAddress } from "../base/ip-address.ts";

/** `rfc5922`: no wildcards. `https`: as browsers do. `off`: any name, the chain is verified all the same. */
export type NameCheck = "rfc5922" | "https" | "off";

/** A TLS server that is not who we wanted to talk to; the connection closes at once (§7.3). */
export class TlsIdentityError extends Error {
	override readonly name = "TlsIdentityError";
	readonly code = "NET_TLS_IDENTITY";
	readonly expected: string;
	readonly found: readonly string[];

	constructor(expected: string, found: readonly string[]) {
		super(`the certificate is for ${found.join(", ") || "nobody"}, not for ${expected}`);
		this.expected = expected;
		this.found = found;
	}
}

/**
 * `serverName` is the host of the URI before any DNS look-up. An IP address, which RFC 5922 leaves
 * out, has to stand in the certificate as an address (RFC 5280 §4.2.1.6).
 */
export function verifyIdentity(
	check: NameCheck,
	serverName: string,
	certificate: PeerCertificate,
): Error | undefined {
	if (check === "off") return undefined;
	const name = plainName(serverName);
	if (check === "https") return webIdentity(name, certificate);
	const found = isIP(name) === 0 ? sipIdentities(certificate) : addresses(certificate);
	return found.includes(name) ? undefined : new TlsIdentityError(name, found);
}

/** The SIP domain identities of a certificate, in lower case (§7.1). */
export function sipIdentities(certificate: PeerCertificate): readonly string[] {
	if (certificate.subjectaltname === undefined) return commonNames(certificate);
	const names = alternativeNames(certificate.subjectaltname);
	const domains = names.flatMap(({ type, value }) => (type === "URI" ? sipDomain(value) : []));
	if (domains.length > 0) return domains;
	return names.filter(({ type }) => type === "DNS").map(({ value }) => value.toLowerCase());
}

/** The names that a client may ask for to be shown this certificate, in lower case: any identity of it (§7.8). */
export function serverNames(certificate: PeerCertificate): readonly string[] {
	if (certificate.subjectaltname === undefined) return commonNames(certificate);
	return alternativeNames(certificate.subjectaltname).flatMap(({ type, value }) =>
		type === "URI" ? sipDomain(value) : type === "DNS" ? [value.toLowerCase()] : [],
	);
}

type AlternativeName = { readonly type: string; readonly value: string };

/** `DNS:a.example, URI:sip:b.example, IP Address:192.0.2.1`; a value with odd characters is a JSON string. */
export function alternativeNames(text: string): readonly AlternativeName[] {
	const names: AlternativeName[] = [];
	let at = 0;
	while (at < text.length) {
		const colon = text.indexOf(":", at);
		if (colon === -1) return names;
		const end = text[colon + 1] === '"' ? quotedEnd(text, colon + 1) : plainEnd(text, colon + 1);
		const written = text.slice(colon + 1, end);
		names.push({ type: text.slice(at, colon), value: unquoted(written) });
		at = end + 2;
	}
	return names;
}

/** The host of a `sip` URI that names a domain: no user, and no other scheme (§7.1). */
function sipDomain(uri: string): string[] {
	if (!/^sip:[^@]+$/i.test(uri)) return [];
	const host = uri.slice(4).split(/[:;?]/)[0] ?? "";
	return host === "" ? [] : [host.toLowerCase()];
}

function addresses(certificate: PeerCertificate): readonly string[] {
	return alternativeNames(certificate.subjectaltname ?? "").flatMap(({ type, value }) => {
		const address = type === "IP Address" ? canonicalAddress(value) : undefined;
		return address === undefined ? [] : [address];
	});
}

function commonNames(certificate: PeerCertificate): readonly string[] {
	const names = certificate.subject?.CN ?? [];
	return (Array.isArray(names) ? names : [names])
		.filter((name) => /^[\w-]+(\.[\w-]+)*$/.test(name))
		.map((name) => name.toLowerCase());
}

/** One spelling: no brackets, no final dot, lower case. */
function plainName(serverName: string): string {
	return canonicalAddress(serverName) ?? serverName.replace(/\.$/, "").toLowerCase();
}

function plainEnd(text: string, start: number): number {
	const comma = text.indexOf(", ", start);
	return comma === -1 ? text.length : comma;
}

function quotedEnd(text: string, start: number): number {
	let at = start + 1;
	while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
	return Math.min(at + 1, text.length);
}

function unquoted(written: string): string {
	if (!written.startsWith('"')) return written;
	try {
		return String(JSON.parse(written));
	} catch {
		return written;
	}
}
