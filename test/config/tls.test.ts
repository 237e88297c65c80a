/** The block `tls`: files that are missing, are no certificates or do not belong together are found before the start. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { generate } from "selfsigned";
import { read } from "./reading.ts";

type Pair = { cert: string; private: string };
let mine: Pair;
let other: Pair;

before(async () => {
	const dates = { notBeforeDate: new Date("2025-01-01"), notAfterDate: new Date("2027-01-01") };
	mine = await generate([{ name: "commonName", value: "sip.example.com" }], dates);
	other = await generate([{ name: "commonName", value: "other.example.com" }], dates);
});

const BOTH = "tls: { certificate: c.pem, key: k.pem }";

test("a certificate and its key: paths relative to the file", async (t) => {
	const files = { "c.pem": mine.cert, "k.pem": mine.private, "ca.pem": other.cert };
	const yaml = "tls: { certificate: c.pem, key: k.pem, ca: ca.pem, verify-client: yes }";
	const { config, folder, remarks } = await read(t, yaml, files);
	assert.deepEqual(remarks, []);
	assert.deepEqual(config?.tls, {
		own: { certificate: join(folder.path, "c.pem"), key: join(folder.path, "k.pem") },
		more: [],
		ca: join(folder.path, "ca.pem"),
		verifyClient: true,
	});
});

test("RFC 5922 §7.8 TR-40: further certificates, each with its key, are read and checked like the first", async (t) => {
	const files = {
		"c.pem": mine.cert,
		"k.pem": mine.private,
		"c2.pem": other.cert,
		"k2.pem": other.private,
	};
	const with2 = (more: string) => `tls: { certificate: c.pem, key: k.pem, more: ${more} }`;
	const { config, folder } = await read(t, with2("[{ certificate: c2.pem, key: k2.pem }]"), files);
	assert.deepEqual(config?.tls.more, [
		{ certificate: join(folder.path, "c2.pem"), key: join(folder.path, "k2.pem") },
	]);
	for (const [yaml, error] of [
		[with2("[{ certificate: c2.pem, key: k.pem }]"), /key is not the private key/],
		[with2("[{ certificate: c3.pem, key: k.pem }]"), /c3.pem cannot be read/],
		[with2("[{ certificate: c2.pem }]"), /one is missing/],
		[with2("[{ certificate: c2.pem, kee: k2.pem }]"), /kee/],
		[with2("c2.pem"), /more must be a list of certificates/],
		["tls: { more: [{ certificate: c2.pem, key: k2.pem }] }", /more needs a first certificate/],
	] as const)
		assert.match((await read(t, yaml, files)).errors.join(), error, yaml);
});

test("RFC 5922 §7.4 TR-39: clients may be asked for a certificate that they need not have", async (t) => {
	const { config } = await read(t, "tls: { verify-client: optional }");
	assert.equal(config?.tls.verifyClient, "optional");
	const { errors } = await read(t, "tls: { verify-client: perhaps }");
	assert.match(errors.join(), /perhaps.*yes, no or optional/);
});

test("authorities alone: a proxy that only calls out over TLS needs no certificate", async (t) => {
	const { config } = await read(t, "tls: { ca: ca.pem }", { "ca.pem": mine.cert });
	assert.equal(config?.tls.own, undefined);
	assert.ok(config?.tls.ca?.endsWith("/ca.pem"));
});

test("files that are missing, empty, or each other's are errors", async (t) => {
	const cases: [string, Record<string, string>, string[]][] = [
		[
			BOTH,
			{ "k.pem": mine.private },
			[
				"1:21 error CONFIG_FILE tls: certificate: c.pem cannot be read (ENOENT) → write the path of a PEM file, relative to this file",
			],
		],
		[
			BOTH,
			{ "c.pem": "hello", "k.pem": mine.private },
			[
				'1:21 error CONFIG_CERTIFICATE tls: certificate holds no certificate → write the path of a PEM file with "BEGIN CERTIFICATE"',
			],
		],
		[
			BOTH,
			{ "c.pem": mine.cert, "k.pem": other.private },
			[
				"1:33 error CONFIG_CERTIFICATE tls: key is not the private key of certificate → write the path of the PEM file with its private key, without a passphrase",
			],
		],
		[
			BOTH,
			{ "c.pem": mine.cert, "k.pem": "hello" },
			[
				"1:33 error CONFIG_CERTIFICATE tls: key is not the private key of certificate → write the path of the PEM file with its private key, without a passphrase",
			],
		],
		[
			"tls: { key: k.pem }",
			{ "k.pem": mine.private },
			[
				"1:13 error CONFIG_REQUIRED tls: certificate and key go together, and one is missing → write certificate: certs/fullchain.pem too",
			],
		],
		[
			"tls: { ca: ca.pem }",
			{ "ca.pem": "" },
			[
				'1:12 error CONFIG_CERTIFICATE tls: ca holds no certificate → write the path of a PEM file with "BEGIN CERTIFICATE"',
			],
		],
	];
	for (const [yaml, files, errors] of cases)
		assert.deepEqual((await read(t, yaml, files)).errors, errors);
});

test("a certificate that has ended is a warning: a proxy that runs is better than one that does not", async (t) => {
	const files = { "c.pem": mine.cert, "k.pem": mine.private };
	const { errors, remarks } = await read(t, BOTH, files, { now: Date.UTC(2028, 0) });
	assert.deepEqual(errors, []);
	assert.deepEqual(remarks, [
		"1:21 warning CONFIG_CERTIFICATE tls: certificate ended on 2027-01-01T00:00:00.000Z → renew it",
	]);
});

test("a configured TLS socket without a certificate is a warning", async (t) => {
	const { remarks } = await read(t, "listen:\n  - tls:10.0.0.1:5061\n");
	assert.match(remarks.join(), /^2:3 warning CONFIG_DEVELOPMENT_CERTIFICATE/);
	assert.deepEqual((await read(t, "listen: [tcp:10.0.0.1]")).remarks, []);
	assert.deepEqual((await read(t, "domains: [a.example]")).remarks, []);
});
