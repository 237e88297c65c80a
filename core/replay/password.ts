/** The password of a recorded request: it cannot be checked once more, since its nonce was another's. */
import { parseCredentials } from "../auth/credentials.ts";
import type { User } from "../base/user.ts";

export type Bare = {
	/** The message without its credentials. */
	readonly text: string;
	/** The header lines that are left out. */
	readonly lines: readonly string[];
	/** The user of the configuration that they name: taken for right. */
	readonly proven: Proven | undefined;
};

type Claim = { readonly user: string; readonly realm: string };
type Proven = { readonly device: string; readonly credentials: Claim };

const CREDENTIALS = /^(?:proxy-)?authorization[ \t]*:/i;

export function withoutPassword(text: string, users: ReadonlyMap<string, User>): Bare {
	const end = text.indexOf("\r\n\r\n");
	const lines = text.slice(0, end).split(/\r\n(?![ \t])/);
	const credentials = lines.filter((line) => CREDENTIALS.test(line));
	if (credentials.length === 0) return { text, lines: [], proven: undefined };
	const rest = lines.filter((line) => !CREDENTIALS.test(line));
	const [proven] = credentials.flatMap((line) => {
		const claim = claimOf(line);
		const user = claim && users.get(claim.user);
		return claim && user ? [{ device: user.device, credentials: claim }] : [];
	});
	return { text: rest.join("\r\n") + text.slice(end), lines: credentials, proven };
}

/** Behind the other lines of the head. */
export function withLines(text: string, lines: readonly string[]): string {
	if (lines.length === 0) return text;
	const end = text.indexOf("\r\n\r\n");
	return [text.slice(0, end), ...lines].join("\r\n") + text.slice(end);
}

function claimOf(line: string): Claim | undefined {
	const credentials = parseCredentials(line.slice(line.indexOf(":") + 1).trim());
	if (credentials.kind !== "digest") return undefined;
	return { user: credentials.username, realm: credentials.realm };
}
