/** A Request-URI with a maddr that is ours: RFC 3261 §16.4. It was a way to us, and has served. */
import type { Flow } from "../base/flow.ts";
import type { Request } from "../message/message.ts";
import { parseMessage } from "../message/parse-message.ts";
import { Patch } from "../message/patch.ts";
import { type Uri, uriParam } from "../message/uri.ts";
import { type Environment, listenerOf } from "./environment.ts";

/**
 * The request without it, when it came on the port and transport that the Request-URI asks for.
 *
 * Deviates from RFC 3261 §16.4: one that came on another is ours to route as it stands, instead of going
 * to our own other port first: the outcome is the same. Test: RFC 3261 §16.4 PX-12: one that asks.
 */
export function withoutOwnMaddr(request: Request, came: Flow, environment: Environment): Request {
	const { parsedUri: uri } = request;
	if (uri.params.length === 0) return request;
	const maddr = uriParam(uri, "maddr")?.value;
	if (maddr === undefined || !environment.own.ownsHost(maddr, uri.port)) return request;
	const secure = uri.scheme === "sips";
	const transport = uriParam(uri, "transport")?.value?.toLowerCase() ?? (secure ? "tls" : "udp");
	const arrived = secure && transport === "tcp" ? "tls" : transport;
	const port = uri.port ?? defaultPort(secure || transport === "tls");
	const listener = listenerOf(came.listener, environment);
	if (arrived !== came.transport || listener?.port !== port) return request;
	const plain = parseMessage(new Patch(request).requestUri(stripped(uri)).text(), "datagram");
	return plain.kind === "request" ? plain : request;
}

/** Without maddr, and without a port or transport that is not the usual one. */
function stripped({ text, scheme, port, params, hostEnd }: Uri): string {
	const usual = port === undefined || port === defaultPort(scheme === "sips");
	const host = usual ? text.slice(0, hostEnd) : text.slice(0, text.lastIndexOf(":", hostEnd));
	const kept = params.filter(({ name }) => name !== "maddr" && name !== "transport");
	return host + kept.map((param) => `;${param.text}`).join("");
}

function defaultPort(secure: boolean): number {
	return secure ? 5061 : 5060;
}
