/** A certificate for a peer on the loopback interface; it is its own authority. */
import { generate } from "selfsigned";

export type Certificate = { readonly cert: string; readonly key: string };

export async function loopbackCertificate(): Promise<Certificate> {
	const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
		keyType: "ec",
		algorithm: "sha256",
		extensions: [
			{ name: "basicConstraints", cA: true },
			{
				name: "subjectAltName",
				altNames: [
					{ type: 2, value: "localhost" },
					{ type: 7, ip: "127.0.0.1" },
					{ type: 7, ip: "::1" },
				],
			},
		],
	});
	return { cert, key };
}
