/** Asks the running instance over its admin API, with the token from its state folder. */
import { readFile } from "node:fs/promises";
import { bracketed } from "../base/ip-address.ts";
import { type AdminTarget, readAdminTarget } from "../config/admin-target.ts";
import { adminTokenFile } from "../config/keys.ts";

export type Answer =
	| { readonly kind: "answer"; readonly status: number; readonly body: unknown }
	/** Nobody answered, or not to us: why, in a sentence. */
	| { readonly kind: "silence"; readonly reason: string };

/** A reload type-checks and bundles scripts: it may take this long. */
const ANSWER_MS_MAX = 120_000;

export async function askAdmin(
	method: "GET" | "POST",
	path: string,
	configFile: string | undefined,
): Promise<Answer> {
	const target = await readAdminTarget(configFile).catch(() => undefined);
	if (target === undefined) return silence(`${configFile} cannot be read`);
	const tokenFile = adminTokenFile(target.state);
	const token = await readFile(tokenFile, "utf8").catch(() => undefined);
	if (token === undefined)
		return silence(
			`${tokenFile} cannot be read: say with --config which instance is meant, as the user it runs as`,
		);
	return await ask(method, path, target, token.trim());
}

async function ask(
	method: string,
	path: string,
	{ address, port }: AdminTarget,
	token: string,
): Promise<Answer> {
	const origin = `http://${bracketed(address)}:${port}`;
	try {
		const response = await fetch(`${origin}${path}`, {
			method,
			headers: { authorization: `Bearer ${token}` },
			signal: AbortSignal.timeout(ANSWER_MS_MAX),
		});
		const body: unknown = await response.json();
		return response.status === 401
			? silence(
					`the instance at ${origin} does not take this token: it runs on another state folder`,
				)
			: { kind: "answer", status: response.status, body };
	} catch (error) {
		const { cause } = error as { cause?: NodeJS.ErrnoException };
		return silence(
			`nothing answers at ${origin} (${cause?.code ?? String(error)}): is it running?`,
		);
	}
}

function silence(reason: string): Answer {
	return { kind: "silence", reason };
}
