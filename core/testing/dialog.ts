/** One end of a dialog, as RFC 3261 §12 says an endpoint keeps it: enough to send requests in it and to answer them. */
import type { WireMessage } from "./wire-message.ts";

export type Endpoint = {
	/** What sends its messages: a phone in memory, or a socket. */
	readonly peer: { send(text: string): unknown };
	/** `SIP/2.0/TLS host:port` of its Via. */
	readonly via: string;
	/** Value of its Contact header. */
	readonly contact: string;
};

export class DialogSide {
	readonly endpoint: Endpoint;
	/** Values of From and To of the requests that this side sends. */
	readonly local: string;
	readonly remote: string;
	readonly callId: string;
	readonly target: string;
	readonly routes: readonly string[];
	#cseq: number;

	private constructor(
		endpoint: Endpoint,
		state: Pick<DialogSide, "local" | "remote" | "callId" | "target" | "routes">,
		cseq: number,
	) {
		this.endpoint = endpoint;
		this.local = state.local;
		this.remote = state.remote;
		this.callId = state.callId;
		this.target = state.target;
		this.routes = state.routes;
		this.#cseq = cseq;
	}

	/** §12.1.2: the caller's side, from the 2xx that it got. */
	static caller(endpoint: Endpoint, answer: WireMessage): DialogSide {
		return new DialogSide(
			endpoint,
			{
				local: answer.value("From"),
				remote: answer.value("To"),
				callId: answer.value("Call-ID"),
				target: uriOf(answer.value("Contact")),
				routes: answer.recordRoutes.toReversed(),
			},
			Number.parseInt(answer.value("CSeq"), 10),
		);
	}

	/** §12.1.1: the callee's side, from the INVITE it got and the To it answered with. */
	static callee(endpoint: Endpoint, invite: WireMessage, to: string): DialogSide {
		return new DialogSide(
			endpoint,
			{
				local: to,
				remote: invite.value("From"),
				callId: invite.value("Call-ID"),
				target: uriOf(invite.value("Contact")),
				routes: invite.recordRoutes,
			},
			100,
		);
	}

	/** After a target refresh that this side has accepted (§12.2.1.2). */
	refreshed(contact: string): DialogSide {
		return new DialogSide(this.endpoint, { ...this, target: uriOf(contact) }, this.#cseq);
	}

	/** With another route set: a proxy on its way has taken itself off. */
	through(...routes: readonly string[]): DialogSide {
		return new DialogSide(this.endpoint, { ...this, routes }, this.#cseq);
	}

	/** With other URIs in From and To, as RFC 4916 allows: the tags have to stay. */
	named(names: { readonly local?: string; readonly remote?: string }): DialogSide {
		return new DialogSide(this.endpoint, { ...this, ...names }, this.#cseq);
	}

	/** Sends a request in the dialog and returns the text sent. An ACK repeats the number of the INVITE. */
	send(method: string, headers: readonly string[] = [], body = ""): string {
		const text = this.write(method, headers, body);
		this.endpoint.peer.send(text);
		return text;
	}

	/** The same without sending it. */
	write(method: string, headers: readonly string[] = [], body = ""): string {
		if (method !== "ACK") this.#cseq += 1;
		const target =
			method === "INVITE" || method === "UPDATE" ? [`Contact: ${this.endpoint.contact}`] : [];
		return message(
			`${method} ${this.target} SIP/2.0`,
			[
				`Via: ${this.endpoint.via};branch=z9hG4bK-${method}-${this.#cseq}-${branchCount++}`,
				"Max-Forwards: 70",
				...this.routes.map((route) => `Route: ${route}`),
				`From: ${this.local}`,
				`To: ${this.remote}`,
				`Call-ID: ${this.callId}`,
				`CSeq: ${this.#cseq} ${method}`,
				...target,
				...headers,
			],
			body,
		);
	}
}

let branchCount = 1;

/** A response as a user agent makes it: §8.2.6. A tag is added to a To that has none. */
export function answer(
	request: WireMessage,
	status: string,
	options: { tag?: string; headers?: readonly string[]; body?: string } = {},
): string {
	const { tag, headers = [], body = "" } = options;
	const to = request.value("To");
	const copied = ["Via", "Record-Route"].flatMap((name) =>
		request.values(name).map((value) => `${name}: ${value}`),
	);
	return message(
		`SIP/2.0 ${status}`,
		[
			...copied,
			`From: ${request.value("From")}`,
			`To: ${tag === undefined || to.includes(";tag=") ? to : `${to};tag=${tag}`}`,
			`Call-ID: ${request.value("Call-ID")}`,
			`CSeq: ${request.value("CSeq")}`,
			...headers,
		],
		body,
	);
}

/** Adds Content-Length and the empty line. */
export function message(startLine: string, headers: readonly string[], body = ""): string {
	return [startLine, ...headers, `Content-Length: ${body.length}`, "", body].join("\r\n");
}

export function uriOf(nameAddress: string): string {
	return /<([^>]*)>/.exec(nameAddress)?.[1] ?? nameAddress.split(";")[0] ?? "";
}
