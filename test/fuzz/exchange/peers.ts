/** Who is on the network around the core, and what they write: peers that know the grammar and no rule of conduct. */
import { credentials } from "../../auth/phone.ts";
import { answer, type DialogSide, message, uriOf } from "../../support/dialog.ts";
import type { ExchangeRig } from "../../support/exchange-rig.ts";
import type { VirtualPhone } from "../../support/virtual-phone.ts";
import { WireMessage } from "../../support/wire-message.ts";

export const YAML = `
listen:
  - tls:172.21.83.50:5314
  - udp:172.21.83.50:5060
domains: [example.com]
trusted: [172.21.83.0/24, 192.168.8.0/24, 10.0.0.0/24]
devices:
  "7789": { type: Extension, contact: "*" }
  "7790": { type: Extension, contact: "*", password: "rosebud" }
  "7791": { type: Extension, contact: "*", password: "swordfish", authenticate-requests: [REGISTER] }
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60:5060" }
  "5001": { type: Extension, contact: "sips:5001@192.168.8.57;transport=tcp" }
  "5002": { type: ACD Position, contact: "sips:192.168.8.58:5071;transport=tls" }
  "5003": { type: Extension, contact: "sip:5003@172.21.83.63:5060;transport=tcp" }
  gw:     { type: Trunk, prefix: "8", contact: "sip:gw.example.org" }
  media:  { type: Voice over IP Service, service-type: msml, contact: "sip:10.0.0.9:5061;transport=tls" }
`;

const PASSWORDS: Readonly<Record<string, string>> = { "7790": "rosebud", "7791": "swordfish" };

export function peersOf(rig: ExchangeRig): readonly VirtualPhone[] {
	return [
		rig.phone("6000", { host: "172.21.83.70" }),
		rig.phone("7789", { host: "172.21.83.24", transport: "tls" }),
		rig.phone("6001", { host: "198.51.100.7", transport: "tcp" }),
		rig.phone("7790", { host: "172.21.83.77" }),
		rig.phone("5000", { host: "172.21.83.60" }),
		rig.phone("5001", { host: "192.168.8.57", transport: "tls" }),
		rig.phone("5003", { host: "172.21.83.63", transport: "tcp" }),
		rig.phone("gw", { host: "192.0.2.77" }),
		rig.phone("gw", { host: "192.0.2.77", transport: "tcp" }),
	];
}

export type RequestParts = {
	readonly method: string;
	readonly uri: string;
	readonly headers: readonly string[];
	/** Makes branch, Call-ID and tag its own. */
	readonly id: number;
};

export function requestOf(phone: VirtualPhone, { method, uri, headers, id }: RequestParts): string {
	const contact = headers.some((line) => /^(contact|m):/i.test(line))
		? []
		: [`Contact: ${phone.contact}`];
	return message(
		`${method} ${uri} SIP/2.0`,
		[
			`Via: ${phone.via};branch=z9hG4bK-${id}${id % 3 === 0 ? ";rport" : ""}`,
			...headers,
			"Max-Forwards: 70",
			`From: <sip:${phone.name}@example.com>;tag=f${id}`,
			`To: <${uri}>`,
			`Call-ID: c${id}`,
			`CSeq: 1 ${method}`,
			...contact,
		],
		id % 4 === 0 ? "v=0\r\n" : "",
	);
}

export type RegisterParts = {
	readonly contacts: readonly string[];
	readonly expires: string;
	readonly headers: readonly string[];
	readonly id: number;
};

export function registerOf(phone: VirtualPhone, parts: RegisterParts): string {
	const { contacts, expires, id } = parts;
	const headers = [
		...parts.headers,
		...contacts.map((contact) => `Contact: ${contact}`),
		...(expires === "" ? [] : [`Expires: ${expires}`]),
	];
	const request = requestOf(phone, { method: "REGISTER", uri: "sip:example.com", headers, id });
	return request.replace("To: <sip:example.com>", `To: <sip:${phone.name}@example.com>`);
}

/** The same request with the answer to a challenge that it got; undefined where there is none. */
export function authorized(sent: string, challenged: WireMessage, id: number): string | undefined {
	const proxy = challenged.status === 407;
	const [challenge] = challenged.values(proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
	const nonce = /nonce="([^"]*)"/.exec(challenge ?? "")?.[1];
	if (nonce === undefined) return undefined;
	const { method = "", uri } = new WireMessage(sent);
	const username = /^From: <sip:([^@]*)@/m.exec(sent)?.[1] ?? "";
	const password = PASSWORDS[username] ?? "wrong";
	const value = credentials({
		nonce,
		method,
		uri,
		username,
		password,
		realm: /realm="([^"]*)"/.exec(challenge ?? "")?.[1] ?? "",
		algorithm: "MD5",
	});
	const line = `${proxy ? "Proxy-Authorization" : "Authorization"}: ${value}`;
	return sent
		.replace(/^CSeq: (\d+)/m, (_, number) => `CSeq: ${Number(number) + 1}`)
		.replace(/branch=z9hG4bK-\d+/, `branch=z9hG4bK-${id}`)
		.replace("\r\nMax-Forwards", `\r\n${line}\r\nMax-Forwards`);
}

export function answerOf(
	phone: VirtualPhone,
	request: WireMessage,
	status: string,
	tag: string,
	headers: readonly string[],
): string {
	const contact = headers.some((line) => line.startsWith("Contact"))
		? []
		: [`Contact: ${phone.contact}`];
	return answer(request, status, {
		...(tag === "" ? {} : { tag }),
		headers: [...headers, ...contact],
	});
}

/** ACK or CANCEL of the same hop: RFC 3261 §9.1, §17.1.1.3. */
export function sameHop(
	method: string,
	invite: WireMessage,
	to: string,
	headers: readonly string[] = [],
): string {
	const copied = ["From", "Call-ID", "Route"].flatMap((name) =>
		invite.values(name).map((value) => `${name}: ${value}`),
	);
	return message(`${method} ${invite.uri} SIP/2.0`, [
		`Via: ${invite.values("Via")[0] ?? ""}`,
		"Max-Forwards: 70",
		...copied,
		`To: ${to}`,
		`CSeq: ${(invite.values("CSeq")[0] ?? "").split(" ")[0]} ${method}`,
		...headers,
	]);
}

/** What both sides know when a dialog has begun: RFC 3261 §12.1. */
export type Side = {
	readonly phone: VirtualPhone;
	readonly dialog: Pick<DialogSide, "local" | "remote" | "callId" | "target" | "routes">;
	cseq: number;
};

/** Of a 1xx or 2xx that a caller got. */
export function callerSide(phone: VirtualPhone, final: WireMessage): Side {
	const cseq = Number.parseInt(final.values("CSeq")[0] ?? "1", 10);
	return { phone, dialog: stateOf(final, "From", "To", final.recordRoutes.toReversed()), cseq };
}

/** Of a request that reached a callee, which answers with this tag. */
export function calleeSide(phone: VirtualPhone, request: WireMessage, tag: string): Side {
	const dialog = stateOf(request, "To", "From", request.recordRoutes);
	const local = dialog.local.includes(";tag=") ? dialog.local : `${dialog.local};tag=${tag}`;
	return { phone, dialog: { ...dialog, local }, cseq: 100 };
}

function stateOf(
	wire: WireMessage,
	local: string,
	remote: string,
	routes: readonly string[],
): Side["dialog"] {
	const [from = "", to = "", callId = "", contact = "sip:none"] = [
		local,
		remote,
		"Call-ID",
		"Contact",
	].map((name) => wire.values(name)[0]);
	return { local: from, remote: to, callId, target: uriOf(contact), routes };
}

export function inDialog({ phone, dialog, cseq }: Side, method: string, id: number): string {
	return message(`${method} ${dialog.target} SIP/2.0`, [
		`Via: ${phone.via};branch=z9hG4bK-${id}`,
		"Max-Forwards: 70",
		...dialog.routes.map((route) => `Route: ${route}`),
		`From: ${dialog.local}`,
		`To: ${dialog.remote}`,
		`Call-ID: ${dialog.callId}`,
		`CSeq: ${cseq} ${method}`,
		`Contact: ${phone.contact}`,
	]);
}
