/**
 * The package `sip` as a user agent with one call, which it ends where a message shows the other scheme: in Contact
 * or in the top Record-Route, as pjsip does in a call by sips, or in Request-URI, From or To.
 */
import { EventEmitter, once } from "node:events";
import type { Certificate } from "./certificate.ts";
import { type SipAgent, type SipMessage, type SipUri, sip } from "./npm-sip.ts";

type Scheme = "sip" | "sips";
type Headers = SipMessage["headers"];
type Address = Headers["to"];

export type StrictOptions = {
	readonly scheme: Scheme;
	readonly user: string;
	/** The package tells itself from others by host alone. */
	readonly host: string;
	readonly port: number;
	/** With one it speaks TLS, else UDP. */
	readonly certificate?: Certificate;
};

type Dialog = {
	readonly local: Address;
	readonly remote: Address;
	readonly callId: string;
	readonly routes: readonly string[];
	target: string;
	seq: number;
};

const PATIENCE_MS = 20_000;

export class StrictUserAgent {
	readonly scheme: Scheme;
	/** Why it refused a message: `INVITE: Contact sip:a@b`. */
	readonly refusals: string[] = [];
	readonly #options: StrictOptions;
	readonly #agent: SipAgent;
	readonly #events = new EventEmitter();
	readonly #contact: string;
	#dialog: Dialog | undefined;

	constructor(options: StrictOptions) {
		const { scheme, user, host, port, certificate } = options;
		this.scheme = scheme;
		this.#options = options;
		this.#contact = `${scheme}:${user}@${host}:${port}`;
		const network =
			certificate === undefined
				? { udp: true, tcp: false }
				: { udp: false, tcp: false, tls_port: port, tls: untrusting(certificate) };
		this.#agent = sip.create({ address: host, port, ...network }, (request) =>
			this.#asked(request),
		);
	}

	stop(): void {
		this.#agent.destroy();
	}

	/** Calls, and acknowledges the answer; a 2xx that it refuses is acknowledged and ended. */
	async call(uri: string): Promise<number> {
		const local = { uri: this.#contact, params: { tag: `from-${this.#options.user}` } };
		const to = { uri: uri.replace(/;.*/, ""), params: {} };
		const answer = await this.#send({
			...this.#request("INVITE", uri, 1, local, to),
			content: "",
		});
		return this.#answered(answer, () => {
			this.#dialog = {
				local,
				remote: answer.headers.to,
				callId: answer.headers["call-id"],
				routes: routesOf(answer).toReversed(),
				target: contactOf(answer),
				seq: 1,
			};
		});
	}

	/** A request in the call; the ACK to a re-INVITE goes by itself. */
	async request(method: string): Promise<number> {
		const dialog = this.#inCall();
		dialog.seq += 1;
		const answer = await this.#send(this.#within(dialog, method));
		return this.#answered(answer, () => {
			if (isRefresh(method)) dialog.target = contactOf(answer);
		});
	}

	/** The next request with that method. */
	async asked(method: string): Promise<void> {
		const signal = AbortSignal.timeout(PATIENCE_MS);
		await once(this.#events, method, { signal });
	}

	async #answered(answer: SipMessage, taken: () => void): Promise<number> {
		const { method, seq } = answer.headers.cseq;
		const status = answer.status ?? 0;
		if (status >= 300) return status;
		const refused = this.#refuses(answer);
		taken();
		const dialog = this.#inCall();
		if (method === "INVITE") this.#agent.send(this.#within({ ...dialog, seq }, "ACK"));
		if (refused) {
			dialog.seq += 1;
			await this.#send(this.#within(dialog, "BYE"));
		}
		return status;
	}

	#asked(request: SipMessage): void {
		const { method = "" } = request;
		if (method !== "ACK") this.#agent.send(this.#answerTo(request));
		else this.#refuses(request);
		this.#events.emit(method);
	}

	#answerTo(request: SipMessage): SipMessage {
		const { method = "", headers } = request;
		const to = { ...headers.to, params: { tag: `to-${this.#options.user}`, ...headers.to.params } };
		if (this.#refuses(request)) {
			const warning =
				this.scheme === "sips" ? '381 agent "SIPS Required"' : '380 agent "SIPS Not Allowed"';
			const refusal = sip.makeResponse(request, 480, "Temporarily Unavailable");
			return withHeaders(refusal, { to, warning });
		}
		if (this.#dialog === undefined && method === "INVITE")
			this.#dialog = {
				local: to,
				remote: headers.from,
				callId: headers["call-id"],
				routes: routesOf(request),
				target: contactOf(request),
				seq: 100,
			};
		else if (isRefresh(method)) this.#inCall().target = contactOf(request);
		const own = isRefresh(method) ? { contact: [{ uri: this.#contact, params: {} }] } : {};
		const route = headers["record-route"] ? { "record-route": headers["record-route"] } : {};
		return withHeaders(sip.makeResponse(request, 200, "OK"), { to, ...own, ...route });
	}

	#refuses(message: SipMessage): boolean {
		const wrong = this.#places(message).filter(([, uri]) => schemeOf(uri) !== this.scheme);
		const what = message.method ?? `${message.status} ${message.headers.cseq.method}`;
		this.refusals.push(...wrong.map(([place, uri]) => `${what}: ${place} ${uri}`));
		return wrong.length > 0;
	}

	#places({ method, uri, headers }: SipMessage): [place: string, uri: string][] {
		const [contact] = headers.contact ?? [];
		const [route] = headers["record-route"] ?? [];
		const all: [string, string | SipUri | undefined][] = [
			["Request-URI", uri],
			["From", headers.from.uri],
			["To", headers.to.uri],
			["Contact", isRefresh(method ?? headers.cseq.method) ? (contact?.uri ?? "") : contact?.uri],
			["Record-Route", route?.uri],
		];
		return all.flatMap(([place, shown]) =>
			shown === undefined ? [] : [[place, sip.stringifyUri(shown)]],
		);
	}

	#within(dialog: Dialog, method: string): SipMessage {
		const { target, seq, local, remote, routes, callId } = dialog;
		const request = this.#request(method, target, seq, local, remote);
		const route = routes.map((uri) => ({ uri: this.#reached(uri), params: {} }));
		return withHeaders(request, { "call-id": callId, ...(route.length > 0 && { route }) });
	}

	#request(method: string, uri: string, seq: number, from: Address, to: Address): SipMessage {
		return {
			method,
			uri: this.#reached(uri),
			headers: {
				via: [],
				from: { ...from, params: { ...from.params } },
				to: { ...to, params: { ...to.params } },
				"call-id": `${this.#options.user}-${this.#options.port}`,
				cseq: { seq, method },
				"max-forwards": 70,
				...((isRefresh(method) || method === "ACK") && {
					contact: [{ uri: this.#contact, params: {} }],
				}),
			},
		};
	}

	/** The package goes by the transport parameter alone, even for sips: it reads one that is not written. */
	#reached(uri: string): SipUri {
		const parsed = sip.parseUri(uri);
		if (parsed === undefined) throw new Error(`the package cannot read ${uri}`);
		const value = this.#options.certificate === undefined ? "UDP" : "TLS";
		if (parsed.params.transport === undefined)
			Object.defineProperty(parsed.params, "transport", { value, enumerable: false });
		return parsed;
	}

	#send(message: SipMessage): Promise<SipMessage> {
		return new Promise((resolve) => {
			this.#agent.send(message, (response) => {
				if ((response.status ?? 0) >= 200) resolve(response);
			});
		});
	}

	#inCall(): Dialog {
		if (this.#dialog === undefined) throw new Error(`${this.#options.user} is in no call`);
		return this.#dialog;
	}
}

function isRefresh(method: string): boolean {
	return method === "INVITE" || method === "UPDATE";
}

function routesOf(message: SipMessage): string[] {
	return (message.headers["record-route"] ?? []).map(({ uri }) => sip.stringifyUri(uri));
}

function contactOf(message: SipMessage): string {
	return sip.stringifyUri(message.headers.contact?.[0]?.uri ?? "");
}

function schemeOf(uri: string): string {
	return uri.slice(0, uri.indexOf(":"));
}

function withHeaders(message: SipMessage, headers: Partial<Headers>): SipMessage {
	return { ...message, headers: { ...message.headers, ...headers } as Headers };
}

function untrusting({ cert, key }: Certificate): object {
	return { cert, key, rejectUnauthorized: false };
}
