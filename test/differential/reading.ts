/** One message as two parsers read it: what is refused, and every value that a proxy works with, in one notation. */
import type { NameAddress } from "../../core/message/name-addr.ts";
import { parseNameAddress } from "../../core/message/name-addr.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { parseUri } from "../../core/message/uri.ts";
import { parseVia } from "../../core/message/via.ts";
import {
	type SipAddress,
	type SipMessage,
	type SipUri,
	type SipVia,
	sip,
} from "../support/npm-sip.ts";

export type Reading = {
	/** Why it is refused; undefined when it is read. */
	readonly refused: string | undefined;
	readonly fields: Readonly<Record<string, string>>;
};

/** Names of the fields that are compared. */
export const FIELDS = [
	"start", "reason", "via", "from", "to", "call-id", "cseq", "contact", "route", "subject", "body",
] as const; // biome-ignore format: a table

export function ours(text: string): Reading {
	const message = parseMessage(text, "datagram");
	if (message.kind === "malformed") {
		const { field, reason } = message.error;
		return { refused: `${field}: ${reason}`, fields: {} };
	}
	const { head } = message;
	const { text: whole } = head;
	const elements = (name: string) =>
		head.elements(name).map(({ start, end }) => whole.slice(start, end));
	const request = message.kind === "request";
	return {
		refused: undefined,
		fields: {
			start: request ? `${message.method} ${message.uri}` : String(message.status),
			reason: request ? "" : message.reason,
			via: attempt(() => elements("via").map(ourVia).join(" | ")),
			from: ourAddress(head.from),
			to: ourAddress(head.to),
			"call-id": head.callId,
			cseq: `${head.cseq.number} ${head.cseq.method}`,
			contact: attempt(() => head.contacts.map(ourAddress).join(" | ")),
			route: attempt(() => elements("route").map(ourRoute).join(" | ")),
			subject: elements("subject").map(unfolded).join(","),
			body: whole.slice(message.bodyStart, message.bodyEnd),
		},
	};
}

export function theirs(text: string): Reading {
	const message = parsed(text);
	if (typeof message === "string") return { refused: message, fields: {} };
	const { headers, method, uri, status, reason = "", content = "" } = message;
	const { contact = [], route = [], subject = "" } = headers;
	return {
		refused: undefined,
		fields: {
			start: method ? `${method} ${String(uri)}` : String(status),
			reason: method ? "" : reason,
			via: headers.via.map(theirVia).join(" | "),
			from: theirAddress(headers.from),
			to: theirAddress(headers.to),
			"call-id": unfolded(headers["call-id"]),
			cseq: `${headers.cseq.seq} ${headers.cseq.method}`,
			contact: contact.map(theirAddress).join(" | "),
			route: route.map(theirRoute).join(" | "),
			subject: unfolded(String(subject)),
			body: content,
		},
	};
}

/** With the check that the package makes of what it parsed; why it drops the message. */
function parsed(text: string): SipMessage | string {
	let message: SipMessage | undefined;
	try {
		message = sip.parse(Buffer.from(text, "latin1"));
	} catch (error) {
		return `thrown: ${(error as Error).message}`;
	}
	if (message === undefined) return "not parsed";
	const { headers, method, status = 0 } = message;
	const missing = ["via", "from", "to", "call-id", "cseq"].find((name) => !headers[name]);
	if (missing !== undefined) return `no ${missing}`;
	return method || (status >= 100 && status <= 999) ? message : "status";
}

function ourVia(text: string): string {
	const { transport, host, port, params } = parseVia(text);
	return `${transport} ${host}${port === undefined ? "" : `:${port}`}${listed(params)}`;
}

function ourAddress({ display, uri, params }: NameAddress): string {
	return `${unfolded(display)} <${uri}>${listed(params)}`.trim();
}

function ourRoute(text: string): string {
	const { uri, params } = parseNameAddress("Route", text);
	const { scheme, user, password, host, port, params: more } = parseUri(uri);
	if (host === "") return uri;
	const named = more.map(({ name, value }) => [name, value] as const);
	return `${scheme}:${who(user, password)}${host}${port === undefined ? "" : `:${port}`}${listed(named).toLowerCase()}${listed(params)}`;
}

function theirVia({ protocol, host, port, params }: SipVia): string {
	return `${protocol?.toUpperCase()} ${host}${port ? `:${port}` : ""}${entries(params)}`;
}

function theirAddress({ name, uri, params }: SipAddress): string {
	return `${unfolded(name ?? "")} <${String(uri).trim()}>${entries(params)}`.trim();
}

function theirRoute({ uri, params }: SipAddress): string {
	if (uri === undefined || typeof uri === "string") return String(uri);
	const {
		schema,
		user,
		password,
		host,
		port,
		params: more,
	} = uri as SipUri & { password?: string };
	return `${schema}:${who(user, password)}${host}${port ? `:${port}` : ""}${entries(more).toLowerCase()}${entries(params)}`;
}

function who(user: string | undefined, password: string | undefined): string {
	if (user === undefined) return "";
	return password === undefined ? `${user}@` : `${user}:${password}@`;
}

function listed(params: Iterable<readonly [string, string | undefined]>): string {
	return entries(Object.fromEntries([...params].map(([name, value]) => [name, value ?? null])));
}

function entries(params: Readonly<Record<string, unknown>>): string {
	return Object.entries(params)
		.map(([name, value]) => (value === null ? `;${name}` : `;${name}=${unfolded(String(value))}`))
		.join("");
}

export function unfolded(text: string): string {
	return text.replace(/[ \t]*\r\n[ \t]+/g, " ").trim();
}

function attempt(read: () => string): string {
	try {
		return read();
	} catch (error) {
		return `malformed: ${(error as Error).message}`;
	}
}
