/** What our TLS connections are made with: RFC 3261 §26.3.1, RFC 5922 §7. TLS 1.2 and later. */
import {
	createSecureContext,
	getCACertificates,
	type SecureContext,
	type SecureContextOptions,
} from "node:tls";
import type { NameCheck } from "./tls-identity.ts";

export type TlsOptions = {
	/** PEM: our certificate, then those between it and its authority. */
	readonly certificate: string;
	/** PEM, without a passphrase. */
	readonly key: string;
	/** PEM: authorities trusted besides the system's; for clients, instead of them. */
	readonly ca: string | undefined;
	/** Clients without a certificate of a trusted authority are refused. */
	readonly verifyClient: boolean;
	/** How the server of this name has to prove it. A server's chain is verified in any case. */
	readonly nameCheck: (serverName: string) => NameCheck;
};

/**
 * Contexts are made once and shared by all connections. Extended key usage is checked by OpenSSL.
 *
 * Deviates from RFC 5922 §7.1: a certificate whose usages name only anyExtendedKeyUsage or the SIP
 * domain usage of RFC 5924, but not serverAuth, is refused, because OpenSSL knows no other rule for
 * servers. Test: RFC 5922 §7.1 TR-34: a certificate for clients only is refused.
 */
export class TlsSettings {
	readonly options: TlsOptions;
	#client: SecureContext | undefined;

	/** Throws what OpenSSL says when it cannot use them. */
	constructor(options: TlsOptions) {
		this.options = options;
		createSecureContext({ ...ownCertificate(options), ca: options.ca });
	}

	/** Certificate, key and authorities of the accepting side. */
	get server(): SecureContextOptions {
		const { ca, verifyClient } = this.options;
		const own = ownCertificate(this.options);
		return verifyClient ? { ...own, ca: ca ?? systemAuthorities() } : own;
	}

	/** For outgoing connections, with our own certificate for servers that ask. Takes tens of milliseconds to make. */
	get client(): SecureContext {
		const { ca } = this.options;
		this.#client ??= createSecureContext({
			...ownCertificate(this.options),
			ca: ca === undefined ? systemAuthorities() : [...systemAuthorities(), ca],
		});
		return this.#client;
	}
}

function ownCertificate({ certificate, key }: TlsOptions): SecureContextOptions {
	return { cert: certificate, key, minVersion: "TLSv1.2" };
}

/** Those of the system and those that come with Node. */
function systemAuthorities(): string[] {
	return [...new Set([...getCACertificates("system"), ...getCACertificates("default")])];
}
