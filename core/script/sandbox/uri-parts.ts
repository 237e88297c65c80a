/** The parts that a script puts into a URI, checked: RFC 3261 §19.1.1, §25.1. */
import { bracketed, canonicalAddress } from "../../base/ip-address.ts";
import { changeUri, type UriChange } from "../../message/change-uri.ts";
import { parseUri, type Uri } from "../../message/uri.ts";
import type * as Public from "../sipwright.d.ts";
import { escapeUser } from "./text.ts";

const PARTS: readonly string[] = ["scheme", "user", "host", "port", "params"];
/** `paramchar` of §25.1. */
const PARAM = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})*$/;

/** Throws a TypeError for parts that make no URI. */
export function withParts(uri: Uri, parts: Public.UriParts): Uri {
	if (uri.scheme !== "sip" && uri.scheme !== "sips")
		throw new TypeError(`${uri.text} is no SIP URI: it has no parts to change`);
	if (typeof parts !== "object" || parts === null)
		throw new TypeError('the parts of a URI are an object, { host: "192.0.2.7" }');
	for (const name of Object.keys(parts))
		if (!PARTS.includes(name))
			throw new TypeError(`a URI has no ${name}; it has ${PARTS.join(", ")}`);
	const { scheme, user, host, port, params = {} } = parts;
	if (scheme !== undefined && scheme !== "sip" && scheme !== "sips")
		throw new TypeError(`the scheme is "sip" or "sips", not ${String(scheme)}`);
	return read(
		changeUri(uri, {
			scheme,
			user: typeof user === "string" ? escapeUser(user) : user,
			host: host === undefined ? undefined : hostOf(host),
			port: portOf(port),
			params: paramsOf(params),
		}),
	);
}

function hostOf(host: string): string {
	if (typeof host !== "string") throw new TypeError(`the host is a text, not ${String(host)}`);
	const written = canonicalAddress(host) === undefined ? host : bracketed(host);
	if (!/^[A-Za-z0-9.-]+$/.test(written) && !written.startsWith("["))
		throw new TypeError(`${host} is no host`);
	return written;
}

function portOf(port: Public.UriParts["port"]): UriChange["port"] {
	if (port === undefined || port === null) return port;
	if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
	throw new RangeError(`the port is 1 to 65535, not ${String(port)}`);
}

function paramsOf(params: NonNullable<Public.UriParts["params"]>): Map<string, string | null> {
	const changes = new Map<string, string | null>();
	for (const [name, value] of Object.entries(params)) {
		if (value === undefined) continue;
		if (name === "" || !PARAM.test(name) || (value !== null && !PARAM.test(String(value))))
			throw new TypeError(
				`${name}=${value} is no URI parameter: write %HH for what may not stand there`,
			);
		changes.set(name.toLowerCase(), value === null ? null : String(value));
	}
	return changes;
}

function read(text: string): Uri {
	try {
		return parseUri(text);
	} catch (error) {
		throw new TypeError(`${text} is no URI: ${error instanceof Error ? error.message : error}`);
	}
}
