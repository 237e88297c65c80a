/** Certificate, key and authorities from PEM files, checked before anything uses them. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

export type TlsFiles = {
	readonly certificate: string;
	readonly key: string;
	readonly ca: string | undefined;
};

/** PEM texts, and what is worth a warning. */
export type TlsMaterial = TlsFiles & { readonly expires: Date };

export class TlsFileError extends Error {
	override readonly name = "TlsFileError";
	readonly code: "NET_TLS_FILE" | "NET_TLS_CERTIFICATE" | "NET_TLS_KEY";
	readonly file: string;
	/** What the operator can do. */
	readonly fix: string;

	constructor(code: TlsFileError["code"], file: string, why: string, fix: string) {
		super(`${file}: ${why}`);
		this.code = code;
		this.file = file;
		this.fix = fix;
	}
}

export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
	const certificate = await read(files.certificate);
	const key = await read(files.key);
	const ca = files.ca === undefined ? undefined : await read(files.ca);
	const [own] = certificates(files.certificate, certificate);
	if (ca !== undefined && files.ca !== undefined) certificates(files.ca, ca);
	if (own === undefined || !own.checkPrivateKey(privateKey(files.key, key)))
		throw new TlsFileError(
			"NET_TLS_KEY",
			files.key,
			`not the key of ${files.certificate}`,
			"name the key that the certificate was made for; the certificate itself comes first in its file",
		);
	return { certificate, key, ca, expires: new Date(own.validTo) };
}

async function read(file: string): Promise<string> {
	try {
		return await readFile(file, "utf8");
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new TlsFileError("NET_TLS_FILE", file, why, "check the path and who may read it");
	}
}

function certificates(file: string, text: string): X509Certificate[] {
	const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
	try {
		if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
	} catch {
		// Reported below.
	}
	throw new TlsFileError(
		"NET_TLS_CERTIFICATE",
		file,
		"no certificate in PEM form",
		"it must hold -----BEGIN CERTIFICATE----- blocks",
	);
}

function privateKey(file: string, text: string): KeyObject {
	try {
		return createPrivateKey(text);
	} catch {
		throw new TlsFileError(
			"NET_TLS_KEY",
			file,
			"no private key in PEM form",
			"it must hold one -----BEGIN PRIVATE KEY----- block without a passphrase",
		);
	}
}
