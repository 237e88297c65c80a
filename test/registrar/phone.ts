/** A device that registers at a registrar and the bindings it then has: requests as text, a clock that is set by hand. */
import type { Binding } from "../../core/base/binding.ts";
import type { Flow } from "../../core/base/flow.ts";
import { MemoryStore } from "../../core/location/memory.ts";
import type { Request } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import {
	type RegisterOptions,
	type RegisterResult,
	register,
} from "../../core/registrar/register.ts";
import { tlsFlow, UDP_FLOW } from "../support/bindings.ts";

export const OPTIONS: RegisterOptions = {
	minExpiresSeconds: 60,
	maxExpiresSeconds: 7200,
	defaultExpiresSeconds: 3600,
	register: "lenient",
	maxBindings: 10,
	full: "refuse",
	path: "supported",
	flowTimerSeconds: 120,
	gruu: true,
	serviceRoute: [],
};

export type Sent = {
	readonly callId?: string;
	readonly cseq?: number;
	readonly uri?: string;
	readonly to?: string;
	readonly vias?: number;
	/** What the route script made of the Contacts. */
	readonly edited?: readonly string[];
	readonly flow?: Flow;
	/** Unless given: yes. */
	readonly pathTrusted?: boolean;
};

/** A REGISTER with these header lines. */
export function registerRequest(lines: readonly string[], sent: Sent = {}): Request {
	const vias = Array.from(
		{ length: sent.vias ?? 1 },
		(_, index) => `Via: SIP/2.0/TLS 192.0.2.${10 + index};branch=z9hG4bK${index}`,
	);
	const text = [
		`REGISTER ${sent.uri ?? "sip:sip.example.com"} SIP/2.0`,
		...vias,
		"Max-Forwards: 70",
		"From: <sip:1001@sip.example.com>;tag=a",
		`To: ${sent.to ?? "<sip:1001@sip.example.com>"}`,
		`Call-ID: ${sent.callId ?? "a@192.0.2.10"}`,
		`CSeq: ${sent.cseq ?? 1} REGISTER`,
		...lines,
		"Content-Length: 0",
		"",
		"",
	].join("\r\n");
	const message = parseMessage(text, "stream");
	if (message.kind !== "request") throw new Error(`no request: ${text}`);
	return message;
}

/** One device and its registrar. Unless said otherwise each request has the next CSeq and comes over UDP. */
export class Registration {
	readonly store = new MemoryStore();
	readonly options: RegisterOptions;
	now = 0;
	#cseq = 0;

	constructor(options: Partial<RegisterOptions> = {}) {
		this.options = { ...OPTIONS, ...options };
	}

	send(lines: readonly string[], sent: Sent = {}): RegisterResult {
		this.#cseq = sent.cseq ?? this.#cseq + 1;
		const flow = sent.flow ?? UDP_FLOW;
		const result = register({
			request: registerRequest(lines, { ...sent, cseq: this.#cseq }),
			device: "1001",
			flow,
			secure: flow.transport === "tls" || flow.transport === "wss",
			pathTrusted: sent.pathTrusted ?? true,
			contacts: sent.edited,
			current: this.store.bindings("1001", this.now),
			options: this.options,
			now: this.now,
		});
		this.store.apply("1001", result.put, result.remove);
		return result;
	}

	/** Over TLS connection 7. */
	sendSecure(lines: readonly string[], sent: Sent = {}): RegisterResult {
		return this.send(lines, { flow: tlsFlow(7), uri: "sips:sip.example.com", ...sent });
	}

	get bindings(): readonly Binding[] {
		return this.store.bindings("1001", this.now);
	}

	/** The URIs that calls go to. */
	get contacts(): readonly string[] {
		return this.bindings.map(({ contact }) => contact);
	}
}

export function headers(result: RegisterResult, name: string): readonly string[] {
	return result.headers.filter(([one]) => one === name).map(([, value]) => value);
}

/** Status, and the reason where one is given. */
export function answer({ status, reason }: RegisterResult): string {
	return reason === undefined ? String(status) : `${status} ${reason}`;
}
