/** What our TLS connections are made with: RFC 3261 §26.3.1, RFC 5922 §7. TLS 1.2 and later. */
import { X509Certificate } from "node:crypto";
import {
	createSecureContext,
	getCACertificates,
	type SecureContext,
	type SecureContextOptions,
} from "node:tls";
import { type NameCheck, serverNames } from "./tls-identity.ts";

export type TlsOptions = {
	/** PEM: our certificate, then those between it and its authority. */
	readonly certificate: string;
	/** PEM, without a passphrase. */
	readonly key: string;
	/** Further ones: each for the clients that ask for a name in it. */
	readonly more?: readonly { readonly certificate: string; readonly key: string }[] | undefined;
	/** PEM: authorities trusted besides the system's; for clients, instead of them. */
	readonly ca: string | undefined;
	/**
	 * Whether clients without a certificate of a trusted authority are refused. `optional`: they are
	 * asked for one, and served without; what such a certificate proves stands in the flow.
	 */
	readonly verifyClient: boolean | "optional";
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
	/** By name, of the further certificates; a wildcard as it is written. */
	readonly #byName = new Map<string, SecureContext>();
	#client: SecureContext | undefined;

	/** Throws what OpenSSL says when it cannot use them. */
	constructor(options: TlsOptions) {
		this.options = options;
		createSecureContext({ ...ownCertificate(options), ca: options.ca });
		for (const pair of options.more ?? []) {
			const context = createSecureContext({ ...this.server, ...ownCertificate(pair) });
			for (const name of serverNames(new X509Certificate(pair.certificate).toLegacyObject()))
				if (!this.#byName.has(name)) this.#byName.set(name, context);
		}
		// Where several have a name, the first certificate is the one.
		for (const name of serverNames(new X509Certificate(options.certificate).toLegacyObject()))
			this.#byName.delete(name);
	}

	/** What to show a client that asks for this name (RFC 5922 §7.8); undefined: the first certificate. */
	contextFor(serverName: string): SecureContext | undefined {
		if (this.#byName.size === 0) return undefined;
		const name = serverName.toLowerCase();
		return this.#byName.get(name) ?? this.#byName.get(name.replace(/^[^.]+/, "*"));
	}

	/** Certificate, key and authorities of the accepting side. */
	get server(): SecureContextOptions {
		const { ca, verifyClient } = this.options;
		const own = ownCertificate(this.options);
		return verifyClient !== false ? { ...own, ca: ca ?? systemAuthorities() } : own;
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

function ownCertificate({
	certificate,
	key,
}: Pick<TlsOptions, "certificate" | "key">): SecureContextOptions {
	return { cert: certificate, key, minVersion: "TLSv1.2" };
}

/** Those of the system and those that come with Node. */
function systemAuthorities(): string[] {
	return [...new Set([...getCACertificates("system"), ...getCACertificates("default")])];
}
