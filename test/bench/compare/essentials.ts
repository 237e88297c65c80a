/** What a proxy needs of a message, read by either parser; undefined where the parser refuses the message. */
import type { NameAddress } from "../../../core/message/name-addr.ts";
import { parseMessage } from "../../../core/message/parse-message.ts";
import { type SipAddress, type SipMessage, type SipUri, sip } from "../../support/npm-sip.ts";

export type Essentials = {
	readonly start: string;
	readonly via: { readonly transport: string; readonly host: string; readonly branch: string };
	readonly vias: number;
	readonly from: string;
	readonly fromTag: string;
	readonly to: string;
	readonly toTag: string;
	readonly callId: string;
	readonly cseq: string;
};

export function ours(text: string): Essentials | undefined {
	const message = parseMessage(text, "datagram");
	if (message.kind === "malformed") return undefined;
	const { via, from, to, callId, cseq } = message.head;
	return {
		start: message.kind === "request" ? `${message.method} ${message.uri}` : `${message.status}`,
		via: { transport: via.transport, host: via.host, branch: via.params.get("branch") ?? "" },
		vias: message.head.elements("via").length,
		...addresses(ofOurs(from), ofOurs(to)),
		callId,
		cseq: `${cseq.number} ${cseq.method}`,
	};
}

/** With the package's own check of what it parsed: it drops a message without these headers. */
export function theirs(text: string): Essentials | undefined {
	const message = parseTheirs(text);
	if (message === undefined || !checked(message)) return undefined;
	const { via, from, to, cseq } = message.headers;
	const top = via[0];
	return {
		start: message.method ? `${message.method} ${textOf(message.uri)}` : `${message.status}`,
		via: {
			transport: top?.protocol ?? "",
			host: top?.host ?? "",
			branch: String(top?.params.branch ?? ""),
		},
		vias: via.length,
		...addresses(ofTheirs(from), ofTheirs(to)),
		callId: message.headers["call-id"],
		cseq: `${cseq.seq} ${cseq.method}`,
	};
}

export function parseTheirs(text: string): SipMessage | undefined {
	try {
		return sip.parse(Buffer.from(text, "latin1"));
	} catch {
		return undefined;
	}
}

function checked(message: SipMessage): boolean {
	const { via, to, from, cseq } = message.headers;
	const started = message.method !== undefined || (message.status ?? 0) >= 100;
	const present = [to, from, cseq, message.headers["call-id"]].every(
		(value) => value !== undefined,
	);
	return started && present && Array.isArray(via) && via.length > 0;
}

type Party = { readonly uri: string; readonly tag: string };

function addresses(from: Party, to: Party) {
	return { from: from.uri, fromTag: from.tag, to: to.uri, toTag: to.tag };
}

function ofOurs(address: NameAddress): Party {
	return { uri: address.uri, tag: address.params.get("tag") ?? "" };
}

function ofTheirs(address: SipAddress): Party {
	return { uri: textOf(address.uri), tag: address.params.tag ?? "" };
}

function textOf(uri: string | SipUri | undefined): string {
	return typeof uri === "string" ? uri : "";
}
