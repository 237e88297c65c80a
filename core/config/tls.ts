/** The block `tls:`: that the files are there, are certificates, and belong together, before anything starts. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { secure } from "../base/flow.ts";
import type { ListenConfig, TlsConfig } from "./config.ts";
import type { Findings, Place } from "./finding.ts";
import { furtherTlsShape, tlsShape } from "./schema.ts";
import { readSection } from "./section.ts";
import { child, type Node } from "./source.ts";

/** A file that a key names; without text it could not be read. */
type Pem = {
	readonly word: string;
	readonly path: string;
	readonly at: Place;
	readonly text: string | undefined;
};

/** Paths are relative to `folder`; `now` is epoch milliseconds. */
export async function readTls(
	node: Node | undefined,
	folder: string,
	now: number,
	found: Findings,
): Promise<TlsConfig> {
	const values = readSection("tls", node, tlsShape, found);
	const files = { folder, now, found };
	const own = await readPair(values, node, files);
	const ca = await open("ca", values.ca, node, files);
	if (ca !== undefined) parseCertificate(ca, found);
	return {
		own,
		more: await readMore(child(node, "more"), own !== undefined, files),
		ca: ca?.path,
		verifyClient: values["verify-client"],
	};
}

type Files = { readonly folder: string; readonly now: number; readonly found: Findings };
type PairPaths = { readonly certificate: string; readonly key: string };

async function readMore(
	node: Node | undefined,
	afterFirst: boolean,
	files: Files,
): Promise<readonly PairPaths[]> {
	if (node === undefined) return [];
	if (node.kind !== "list" || !afterFirst) {
		files.found.error(node.at, {
			code: node.kind === "list" ? "CONFIG_REQUIRED" : "CONFIG_TYPE",
			message:
				node.kind === "list"
					? "tls: more needs a first certificate beside it, for clients that ask for no name"
					: "tls: more must be a list of certificates",
			fix: "write tls: { certificate: a.pem, key: a-key.pem, more: [{ certificate: b.pem, key: b-key.pem }] }",
		});
		return [];
	}
	const pairs: PairPaths[] = [];
	for (const item of node.items) {
		const values = readSection("tls: more", item, furtherTlsShape, files.found);
		const pair = await readPair(values, item, files);
		if (pair !== undefined) pairs.push(pair);
	}
	return pairs;
}

async function readPair(
	values: { certificate?: string | undefined; key?: string | undefined },
	node: Node | undefined,
	files: Files,
): Promise<PairPaths | undefined> {
	const certificate = await open("certificate", values.certificate, node, files);
	const key = await open("key", values.key, node, files);
	if (certificate !== undefined) checkCertificate(certificate, key, files.now, files.found);
	checkPair(certificate, key, files.found);
	return certificate && key && { certificate: certificate.path, key: key.path };
}

async function open(
	word: "certificate" | "key" | "ca",
	value: string | undefined,
	node: Node | undefined,
	{ folder, found }: Files,
): Promise<Pem | undefined> {
	const at = child(node, word)?.at;
	if (value === undefined || at === undefined) return undefined;
	const path = resolve(folder, value);
	return { word, path, at, text: await readPem(word, path, at, found) };
}

/** A certificate that no peer trusts is for trying out only. */
export function checkDevelopmentCertificate(
	node: Node | undefined,
	tls: TlsConfig,
	listen: readonly ListenConfig[],
	found: Findings,
): void {
	if (node === undefined || tls.own !== undefined) return;
	if (!listen.some(({ transport }) => secure(transport))) return;
	found.warn(node.at, {
		code: "CONFIG_DEVELOPMENT_CERTIFICATE",
		message:
			"a TLS socket without a certificate uses one made on first start, which a peer trusts only if it has its authority (tls/authority.pem of the state folder)",
		fix: "write tls: { certificate: certs/fullchain.pem, key: certs/privkey.pem }",
	});
}

async function readPem(
	word: string,
	path: string,
	at: Place,
	found: Findings,
): Promise<string | undefined> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		found.error(at, {
			code: "CONFIG_FILE",
			message: `tls: ${word}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
			fix: "write the path of a PEM file, relative to this file",
		});
		return undefined;
	}
}

function checkPair(certificate: Pem | undefined, key: Pem | undefined, found: Findings): void {
	const one = certificate ?? key;
	if (one === undefined || (certificate !== undefined && key !== undefined)) return;
	const other = one === key ? "certificate: certs/fullchain.pem" : "key: certs/privkey.pem";
	found.error(one.at, {
		code: "CONFIG_REQUIRED",
		message: "tls: certificate and key go together, and one is missing",
		fix: `write ${other} too`,
	});
}

function checkCertificate(file: Pem, key: Pem | undefined, now: number, found: Findings): void {
	const certificate = parseCertificate(file, found);
	if (certificate === undefined) return;
	const ends = Date.parse(certificate.validTo);
	if (ends <= now)
		found.warn(file.at, {
			code: "CONFIG_CERTIFICATE",
			message: `tls: certificate ended on ${new Date(ends).toISOString()}`,
			fix: "renew it",
		});
	if (key?.text === undefined || fits(certificate, key.text)) return;
	found.error(key.at, {
		code: "CONFIG_CERTIFICATE",
		message: "tls: key is not the private key of certificate",
		fix: "write the path of the PEM file with its private key, without a passphrase",
	});
}

function parseCertificate({ word, at, text }: Pem, found: Findings): X509Certificate | undefined {
	if (text === undefined) return undefined;
	try {
		return new X509Certificate(text);
	} catch {
		found.error(at, {
			code: "CONFIG_CERTIFICATE",
			message: `tls: ${word} holds no certificate`,
			fix: 'write the path of a PEM file with "BEGIN CERTIFICATE"',
		});
		return undefined;
	}
}

function fits(certificate: X509Certificate, key: string): boolean {
	try {
		return certificate.checkPrivateKey(createPrivateKey(key));
	} catch {
		return false;
	}
}
