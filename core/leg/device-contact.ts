/**
 * The contact of a configured device, in the grammar of its documentation:
 *
 *     contact = [ "sip:" / "sips:" ] [ number "@" ] hostport [ ";transport=" ( "udp" / "tcp" / "tls" ) ]
 *
 * No scheme is `sip`. `sips` excludes `udp` (RFC 3261 §26.2.2).
 */
import type { Scheme } from "../base/scheme.ts";
import type { DeviceContact } from "./device.ts";

export type DeviceContactReading =
	| {
			readonly kind: "contact";
			readonly contact: DeviceContact;
			readonly remarks: readonly ContactRemark[];
	  }
	/** Refused: why, and what to write instead. */
	| { readonly kind: "problem"; readonly reason: string; readonly fix: string };

export type ContactRemark = { readonly level: "warning" | "note"; readonly message: string };

/** Reads one contact. `*` is not one: it says that the device registers. */
export function parseDeviceContact(text: string): DeviceContactReading {
	const trimmed = text.trim();
	const { scheme, rest } = splitScheme(trimmed);
	if (scheme === undefined)
		return problem(`"${trimmed}" has an unknown scheme`, `write sip:${rest} or sips:${rest}`);

	const semicolon = rest.indexOf(";");
	const address = semicolon < 0 ? rest : rest.slice(0, semicolon);
	const params = semicolon < 0 ? "" : rest.slice(semicolon);
	const at = address.lastIndexOf("@");
	const user = at < 0 ? undefined : address.slice(0, at);
	const hostport = address.slice(at + 1);

	if (user !== undefined && !isUser(user))
		return problem(
			user === "" ? 'nothing stands before "@"' : `"${user}" is not a number or name`,
			`write ${scheme}:NUMBER@${hostport}, or ${scheme}:${hostport}`,
		);
	const where = splitHostport(hostport);
	if (where === undefined)
		return problem(
			hostport === "" ? "the host is missing" : `"${hostport}" is not a host with an optional port`,
			`write ${scheme}:HOST or ${scheme}:HOST:PORT, an IPv6 address in brackets`,
		);
	const transport = readTransport(scheme, params);
	if (typeof transport === "object") return transport;

	return {
		kind: "contact",
		contact: { text, scheme, user, ...where, transport, params },
		remarks: remarks(scheme, where.port, transport, params),
	};
}

/** `host:5060` and `1077@host` have no scheme; `sipss:host` has a wrong one. */
function splitScheme(text: string): { scheme: Scheme | undefined; rest: string } {
	const colon = text.indexOf(":");
	const before = text.slice(0, Math.max(colon, 0)).toLowerCase();
	const rest = text.slice(colon + 1);
	if (before === "sip" || before === "sips") return { scheme: before, rest };
	if (colon < 0 || !/^[a-z][a-z0-9+-]*$/.test(before) || /^[0-9]+(?:;|$)/.test(rest))
		return { scheme: "sip", rest: text };
	return { scheme: undefined, rest };
}

function isUser(user: string): boolean {
	return /^[^\s<>"@:;?]+$/.test(user);
}

function splitHostport(text: string): { host: string; port: number | undefined } | undefined {
	const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?$/.exec(text);
	const host = match?.[1];
	if (host === undefined) return undefined;
	const port = match?.[2] === undefined ? undefined : Number(match[2]);
	if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
	return { host, port };
}

type Transport = DeviceContact["transport"];

function readTransport(
	scheme: Scheme,
	params: string,
): Transport | Extract<DeviceContactReading, { kind: "problem" }> {
	let transport: Transport;
	for (const { name, value } of split(params)) {
		if (name !== "transport") continue;
		if (value !== "udp" && value !== "tcp" && value !== "tls")
			return problem(`transport=${value} is not a transport of a device`, instead(scheme));
		if (scheme === "sips" && value === "udp")
			return problem("sips cannot run over UDP", instead(scheme));
		transport = value;
	}
	return transport;
}

function instead(scheme: Scheme): string {
	return scheme === "sips"
		? "write ;transport=tls, or leave the parameter out"
		: "write ;transport=udp, ;transport=tcp or ;transport=tls";
}

function split(params: string): readonly { name: string; value: string; text: string }[] {
	return params
		.split(";")
		.slice(1)
		.map((text) => {
			const [name = "", value = ""] = text.split("=");
			return { name: name.trim().toLowerCase(), value: value.trim().toLowerCase(), text };
		});
}

function remarks(
	scheme: Scheme,
	port: number | undefined,
	transport: Transport,
	params: string,
): readonly ContactRemark[] {
	const found: ContactRemark[] = [];
	for (const { name, text } of split(params))
		if (name !== "transport")
			found.push({ level: "warning", message: `";${text}" is kept, but has no meaning here` });
	if (scheme === "sips" && port === 5060)
		found.push({ level: "warning", message: "sips on port 5060: TLS will be spoken there" });
	if (scheme === "sips" && transport !== "tls")
		found.push({ level: "note", message: "transport=tls is recommended for a sips contact" });
	return found;
}

function problem(reason: string, fix: string): Extract<DeviceContactReading, { kind: "problem" }> {
	return { kind: "problem", reason, fix };
}
