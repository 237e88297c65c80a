/** What the TLS sockets of the engine are opened with: the configured certificates, or one made for development. */
import { join } from "node:path";
import { secure } from "./base/flow.ts";
import type { Config } from "./config/config.ts";
import { nameChecks } from "./config/name-checks.ts";
import { now } from "./host/clock.ts";
import { localAddresses } from "./host/local-addresses.ts";
import { isWildcard } from "./transport/advertised.ts";
import { developmentCertificate } from "./transport/development-certificate.ts";
import { readTlsFiles } from "./transport/tls-files.ts";
import type { TlsOptions } from "./transport/tls-settings.ts";

/** Undefined without a TLS or WSS listener. */
export async function tlsOptions(config: Config): Promise<TlsOptions | undefined> {
	const { tls, listen, devices, secureSignaling } = config;
	if (!listen.some(({ transport }) => secure(transport))) return undefined;
	const files = tls.own ? { ...tls.own, ca: undefined } : await developmentFiles(config);
	const ca = tls.ca ?? files.ca;
	const material = await readTlsFiles({ certificate: files.certificate, key: files.key, ca });
	const more = tls.more.map((pair) => readTlsFiles({ ...pair, ca: undefined }));
	return {
		more: await Promise.all(more),
		certificate: material.certificate,
		key: material.key,
		ca: material.ca,
		verifyClient: tls.verifyClient,
		nameCheck: nameChecks(devices.values(), secureSignaling),
	};
}

/** For every address and name that a phone may have been given for us. */
function developmentFiles({ state, listen, domains }: Config) {
	const hosts = new Set(["localhost", ...domains]);
	for (const { address, advertise } of listen) {
		for (const own of isWildcard(address) ? localAddresses() : [address]) hosts.add(own);
		if (advertise !== undefined) hosts.add(advertise.host.replace(/^\[|\]$/g, ""));
	}
	return developmentCertificate(join(state, "tls"), [...hosts].filter(isPlain), new Date(now()));
}

/** A certificate cannot name the zone of a link-local address. */
function isPlain(host: string): boolean {
	return !host.includes("%");
}
