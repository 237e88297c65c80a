/** The certificate of a first start, so that TLS works before anyone bought one. Not for production. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { generate } from "selfsigned";
import type { TlsFiles } from "./tls-files.ts";

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** Clients refuse certificates that live longer than 398 days. */
const CERTIFICATE_DAYS = 397;
/** A certificate this near to its end is made anew. */
const RENEW_DAYS = 30;

type Pair = { readonly certificate: string; readonly key: string };

/**
 * An authority of our own and a certificate signed by it for these host names and IP addresses, as
 * files under `folder` that only we can read. They are kept as long as they are valid and cover the
 * names; the authority stays when the certificate is renewed, so a phone that trusts
 * `authority.pem` keeps trusting us.
 */
export async function developmentCertificate(
	folder: string,
	hosts: readonly string[],
	now: Date,
): Promise<TlsFiles & { readonly made: boolean }> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const paths = {
		certificate: join(folder, "certificate.pem"),
		key: join(folder, "certificate-key.pem"),
		ca: join(folder, "authority.pem"),
	};
	const authorityPaths = { certificate: paths.ca, key: join(folder, "authority-key.pem") };
	const limit = new Date(now.getTime() + RENEW_DAYS * DAY_MS);

	const keptAuthority = await load(authorityPaths, limit);
	const authority = keptAuthority ?? (await makeAuthority(now));
	const kept = await load(paths, limit);
	if (keptAuthority !== undefined && kept !== undefined && fits(kept, authority, hosts))
		return { ...paths, made: false };

	if (keptAuthority === undefined) await save(authorityPaths, authority);
	await save(paths, await makeCertificate(authority, hosts, now));
	return { ...paths, made: true };
}

/** Undefined when a file is missing or broken, when they do not belong together, or end before `limit`. */
async function load(paths: Pair, limit: Date): Promise<Pair | undefined> {
	try {
		const certificate = await readFile(paths.certificate, "utf8");
		const key = await readFile(paths.key, "utf8");
		const x509 = new X509Certificate(certificate);
		const valid = new Date(x509.validTo) > limit && x509.checkPrivateKey(createPrivateKey(key));
		return valid ? { certificate, key } : undefined;
	} catch {
		return undefined;
	}
}

function fits(pair: Pair, authority: Pair, hosts: readonly string[]): boolean {
	const x509 = new X509Certificate(pair.certificate);
	return (
		x509.verify(new X509Certificate(authority.certificate).publicKey) &&
		hosts.every((host) => (isIP(host) === 0 ? x509.checkHost(host) : x509.checkIP(host)))
	);
}

async function makeAuthority(now: Date): Promise<Pair> {
	const made = await generate([{ name: "commonName", value: "Sipwright development authority" }], {
		...lifetime(now, AUTHORITY_DAYS),
		extensions: [
			{ name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
			{ name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
		],
	});
	return { certificate: made.cert, key: made.private };
}

async function makeCertificate(
	authority: Pair,
	hosts: readonly string[],
	now: Date,
): Promise<Pair> {
	const made = await generate([{ name: "commonName", value: "Sipwright development" }], {
		...lifetime(now, CERTIFICATE_DAYS),
		ca: { cert: authority.certificate, key: authority.key },
		extensions: [
			{ name: "basicConstraints", cA: false, critical: true },
			{ name: "keyUsage", digitalSignature: true, critical: true },
			{ name: "extKeyUsage", serverAuth: true, clientAuth: true },
			{
				name: "subjectAltName",
				altNames: hosts.map((host) =>
					isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host },
				),
			},
		],
	});
	return { certificate: made.cert, key: made.private };
}

function lifetime(now: Date, days: number) {
	return {
		keyType: "ec",
		algorithm: "sha256",
		// Clocks of phones are often late.
		notBeforeDate: new Date(now.getTime() - DAY_MS),
		notAfterDate: new Date(now.getTime() + (days - 1) * DAY_MS),
	} as const;
}

async function save(paths: Pair, pair: Pair): Promise<void> {
	await replace(paths.key, pair.key);
	await replace(paths.certificate, pair.certificate);
}

/** Whole or not at all. */
async function replace(path: string, text: string): Promise<void> {
	const fresh = `${path}.new`;
	await writeFile(fresh, `${text.trimEnd()}\n`, { mode: 0o600 });
	await rename(fresh, path);
}
