import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import v8 from "node:v8";
import { runInNewContext } from "node:vm";
import { developmentCertificate } from "../../core/transport/development-certificate.ts";
import { readTlsFiles, TlsFileError } from "../../core/transport/tls-files.ts";
import type { TlsOptions } from "../../core/transport/tls-settings.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { authority } from "./certificates.ts";
import { bench, message, Peer, toward } from "./harness.ts";

const TLS = { transport: "tls", address: "127.0.0.1", port: 0 } as const;
const HOSTS = ["localhost", "proxy.example.com", "127.0.0.1", "::1"];
const DAY_MS = 86_400_000;
const now = new Date();

function later(days: number): Date {
	return new Date(now.getTime() + days * DAY_MS);
}

async function options(files: Parameters<typeof readTlsFiles>[0]): Promise<TlsOptions> {
	const material = await readTlsFiles(files);
	return { ...material, verifyClient: false, nameCheck: () => "rfc5922" };
}

test("the development certificate covers the hosts, belongs to its authority, and nobody else can read it", async () => {
	const folder = tempFolder();
	const files = await developmentCertificate(join(folder.path, "state", "tls"), HOSTS, now);
	assert.equal(files.made, true);
	const own = new X509Certificate(readFileSync(files.certificate));
	const ca = new X509Certificate(readFileSync(files.ca ?? ""));
	assert.ok(own.verify(ca.publicKey) && ca.ca && !own.ca);
	assert.ok(own.checkHost("localhost") && own.checkIP("::1"));
	const days = (Date.parse(own.validTo) - Date.parse(own.validFrom)) / DAY_MS;
	assert.ok(days <= 398, "longer lives are refused by clients");
	for (const file of [files.certificate, files.key, files.ca ?? ""])
		assert.equal(statSync(file).mode & 0o777, 0o600);
	assert.equal(statSync(join(folder.path, "state", "tls")).mode & 0o777, 0o700);
	folder.remove();
});

test("the development certificate is kept, renewed before its end under the same authority, and widened for new hosts", async () => {
	const folder = tempFolder();
	const at = (when: Date, hosts = HOSTS) => developmentCertificate(folder.path, hosts, when);
	const files = await at(now);
	const text = () => readFileSync(files.certificate, "utf8");
	const ca = readFileSync(files.ca ?? "", "utf8");
	const first = text();
	assert.equal((await at(later(300))).made, false);
	assert.equal(text(), first);
	assert.equal((await at(later(380))).made, true);
	assert.notEqual(text(), first);
	assert.equal((await at(later(380), [...HOSTS, "192.0.2.1"])).made, true);
	assert.equal(readFileSync(files.ca ?? "", "utf8"), ca);
	folder.write("certificate-key.pem", "broken");
	assert.equal((await at(later(380))).made, true);
	folder.remove();
});

test("who trusts the development authority can call us, and we one another", async () => {
	const folder = tempFolder();
	const tls = await options(await developmentCertificate(folder.path, HOSTS, now));
	await using one = await bench([TLS], { tls });
	await using two = await bench([TLS], { tls });
	const { port } = two.listener("tls");
	one.transports.send(message(), toward(one.listener("tls"), port, "proxy.example.com"), 1);
	one.transports.send(message(), toward(one.listener("tls"), port, "127.0.0.1"), 2);
	await two.user.nth(1);
	folder.remove();
});

test("files that are missing, broken or do not belong together are named, with what to do", async () => {
	const folder = tempFolder();
	const { certificate, key } = await (await authority()).issue({ dns: ["a.example"] });
	const other = await (await authority()).issue({ dns: ["a.example"] });
	const good = folder.write("good.pem", certificate);
	const goodKey = folder.write("good-key.pem", key);
	const otherKey = folder.write("other-key.pem", other.key);
	const broken = folder.write(
		"broken.pem",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	);
	const missing = join(folder.path, "missing.pem");
	const files = { certificate: good, key: goodKey, ca: undefined };
	assert.ok((await readTlsFiles(files)).expires > now);
	for (const [wrong, code, file] of [
		[{ certificate: missing }, "NET_TLS_FILE", missing],
		[{ certificate: broken }, "NET_TLS_CERTIFICATE", broken],
		[{ certificate: goodKey }, "NET_TLS_CERTIFICATE", goodKey],
		[{ key: good }, "NET_TLS_KEY", good],
		[{ key: otherKey }, "NET_TLS_KEY", otherKey],
		[{ ca: goodKey }, "NET_TLS_CERTIFICATE", goodKey],
	] as const) {
		const error = await readTlsFiles({ ...files, ...wrong }).catch((one: unknown) => one);
		assert.ok(error instanceof TlsFileError);
		assert.deepEqual([error.code, error.file], [code, file]);
		assert.ok(error.message.includes(file) && error.fix !== "");
	}
	folder.remove();
});

test("a new certificate serves the next handshake; connections stay; a useless one changes nothing", async () => {
	const trusted = await authority();
	const first = await trusted.options({ dns: ["first.example"] });
	await using one = await bench([TLS], { tls: first });
	const { port } = one.listener("tls");
	const shown = async () => {
		const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
		await once(socket, "secureConnect");
		return { name: socket.getPeerX509Certificate()?.subjectAltName, peer: new Peer(socket) };
	};
	const before = await shown();
	assert.equal(before.name, "DNS:first.example");
	one.transports.replaceTls(await trusted.options({ dns: ["second.example"] }));
	assert.equal((await shown()).name, "DNS:second.example");
	before.peer.write(message());
	await one.user.nth(0);

	const useless = { ...first, key: (await trusted.options({ dns: ["x.example"] })).key };
	assert.throws(() => one.transports.replaceTls(useless));
	assert.equal((await shown()).name, "DNS:second.example");

	one.transports.replaceTls({ ...first, verifyClient: true });
	const bare = await shown();
	await bare.peer.ended;
	assert.ok(one.transports.alive((await one.user.nth(0)).flow));
});

test("a new certificate is shown to servers by the next connection of ours", async () => {
	const trusted = await authority();
	const first = await trusted.options({ dns: ["first.example"] });
	await using one = await bench([TLS], { tls: first });
	await using two = await bench([TLS], {
		tls: await trusted.options({ dns: ["far.example"] }, { verifyClient: true }),
	});
	const flow = toward(one.listener("tls"), two.listener("tls").port, "far.example");
	one.transports.send(message(), flow, 1);
	await two.user.nth(0);
	const stranger = await (await authority()).options({ dns: ["first.example"] });
	one.transports.replaceTls({ ...stranger, ca: trusted.certificate, nameCheck: () => "off" });
	one.transports.send(message(), { ...flow, serverName: "other.example" }, 2);
	await one.user.until(() => one.user.failed.length > 0);
	assert.equal(one.user.failed[0]?.owner, 2);
});

test("a thousand certificate swaps in a row leave no memory behind, and make one client context", async () => {
	const trusted = await authority();
	const pair = [
		await trusted.options({ dns: ["first.example"] }),
		await trusted.options({ dns: ["second.example"] }),
	];
	await using one = await bench([TLS], pair[0] === undefined ? {} : { tls: pair[0] });
	v8.setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	const swap = async (times: number) => {
		for (let count = 0; count < times; count += 1) {
			const tls = pair[count % 2];
			if (tls !== undefined) one.transports.replaceTls(tls);
			if (count % 100 === 99) collect();
		}
		await new Promise((resolve) => setImmediate(resolve));
		collect();
		return process.memoryUsage().rss;
	};
	await swap(200);
	const before = await swap(200);
	const after = await swap(1_000);
	assert.ok(after - before < 20_000_000, `${(after - before) / 1_000} octets per swap`);
});
