/** An authority of the tests, and certificates of any kind signed by it. */
import { generate } from "selfsigned";
import type { NameCheck } from "../../core/transport/tls-identity.ts";
import type { TlsOptions } from "../../core/transport/tls-settings.ts";

const DAY_MS = 86_400_000;

export type Pair = { readonly certificate: string; readonly key: string };

export type Wish = {
	readonly commonName?: string;
	readonly dns?: readonly string[];
	readonly uris?: readonly string[];
	readonly ips?: readonly string[];
	readonly usage?: "server" | "client" | "both";
	readonly expired?: boolean;
};

export type Authority = {
	readonly certificate: string;
	issue(wish: Wish): Promise<Pair>;
	/** Options of a side that trusts this authority and shows a certificate of it. */
	options(wish: Wish, more?: Partial<TlsOptions>): Promise<TlsOptions>;
};

export async function authority(): Promise<Authority> {
	const own = await generate([{ name: "commonName", value: "Test authority" }], {
		keyType: "ec",
		algorithm: "sha256",
		extensions: [
			{ name: "basicConstraints", cA: true, critical: true },
			{ name: "keyUsage", keyCertSign: true, critical: true },
		],
	});
	const issue = async (wish: Wish): Promise<Pair> => {
		const names = [
			...(wish.uris ?? []).map((value) => ({ type: 6, value }) as const),
			...(wish.dns ?? []).map((value) => ({ type: 2, value }) as const),
			...(wish.ips ?? []).map((ip) => ({ type: 7, ip }) as const),
		];
		const usage = wish.usage ?? "both";
		const made = await generate([{ name: "commonName", value: wish.commonName ?? "test" }], {
			keyType: "ec",
			algorithm: "sha256",
			ca: { cert: own.cert, key: own.private },
			notBeforeDate: new Date(Date.now() - 2 * DAY_MS),
			notAfterDate: new Date(Date.now() + (wish.expired ? -DAY_MS : DAY_MS)),
			extensions: [
				{ name: "basicConstraints", cA: false, critical: true },
				{ name: "extKeyUsage", serverAuth: usage !== "client", clientAuth: usage !== "server" },
				...(names.length > 0 ? [{ name: "subjectAltName", altNames: names } as const] : []),
			],
		});
		return { certificate: made.cert, key: made.private };
	};
	return {
		certificate: own.cert,
		issue,
		options: async (wish, more = {}) => ({
			...(await issue(wish)),
			ca: own.cert,
			verifyClient: false,
			nameCheck: (): NameCheck => "rfc5922",
			...more,
		}),
	};
}
