/** Host and port as RFC 3261 §25.1 writes them: domain name, IPv4 address, or IPv6 address in brackets. */
import { isIP, isIPv4, isIPv6 } from "node:net";

export type HostPort = {
	/** IPv6 in brackets; names in lower case. */
	readonly host: string;
	readonly port: number | undefined;
};

const PORT_MAX = 65_535;
const NAME_MAX = 253;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** `host[:port]`; undefined if it is neither. */
export function parseHostPort(text: string): HostPort | undefined {
	const end = text.startsWith("[") ? text.indexOf("]") + 1 : text.indexOf(":");
	const host = end <= 0 ? text : text.slice(0, end);
	const rest = text.slice(host.length);
	const port = rest === "" ? undefined : parsePort(rest);
	if (!isHost(host) || port === "bad") return undefined;
	return { host: host.toLowerCase(), port };
}

/** `address:port` of a socket; the address without brackets. */
export function parseAddress(
	text: string,
): { address: string; port: number | undefined } | undefined {
	const parsed = parseHostPort(isIPv6(text) ? `[${text}]` : text);
	const address = parsed?.host.replace(/^\[(.*)\]$/, "$1") ?? "";
	return parsed === undefined || isIP(address) === 0 ? undefined : { address, port: parsed.port };
}

export function isHost(text: string): boolean {
	if (text.startsWith("[")) return text.endsWith("]") && isIPv6(text.slice(1, -1));
	return isIPv4(text) || isDomain(text);
}

/** A name whose last label starts with a letter, so that 300.1.1.1 is no name (RFC 3261 §25.1 `hostname`). */
export function isDomain(text: string): boolean {
	const labels = text.toLowerCase().replace(/\.$/, "").split(".");
	return (
		text.length <= NAME_MAX &&
		labels.every((label) => LABEL.test(label)) &&
		/^[a-z]/.test(labels.at(-1) ?? "")
	);
}

/** Whether an address means every address of the machine. */
export function isWildcard(address: string): boolean {
	return address === "0.0.0.0" || address === "::";
}

function parsePort(text: string): number | "bad" {
	if (!/^:\d{1,5}$/.test(text)) return "bad";
	const port = Number(text.slice(1));
	return port <= PORT_MAX ? port : "bad";
}
