/** The password of a recorded request: it cannot be checked once more, since its nonce was another's. */
import { parseCredentials } from "../auth/credentials.ts";
import type { Device } from "../leg/device.ts";

export type Bare = {
	/** The message without its credentials. */
	readonly text: string;
	/** The header lines that are left out. */
	readonly lines: readonly string[];
	/** The name of the device with a password that they name: taken for right. */
	readonly device: string | undefined;
};

const CREDENTIALS = /^(?:proxy-)?authorization[ \t]*:/i;

export function withoutPassword(text: string, devices: ReadonlyMap<string, Device>): Bare {
	const end = text.indexOf("\r\n\r\n");
	const lines = text.slice(0, end).split(/\r\n(?![ \t])/);
	const credentials = lines.filter((line) => CREDENTIALS.test(line));
	if (credentials.length === 0) return { text, lines: [], device: undefined };
	const rest = lines.filter((line) => !CREDENTIALS.test(line));
	const names = credentials.flatMap((line) => nameIn(line));
	const device = names.find((name) => devices.get(name)?.password !== undefined);
	return { text: rest.join("\r\n") + text.slice(end), lines: credentials, device };
}

/** Behind the other lines of the head. */
export function withLines(text: string, lines: readonly string[]): string {
	if (lines.length === 0) return text;
	const end = text.indexOf("\r\n\r\n");
	return [text.slice(0, end), ...lines].join("\r\n") + text.slice(end);
}

function nameIn(line: string): readonly string[] {
	const credentials = parseCredentials(line.slice(line.indexOf(":") + 1).trim());
	return credentials.kind === "digest" ? [credentials.username] : [];
}
