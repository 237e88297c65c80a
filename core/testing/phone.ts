/** A phone of the kit: what a test tells it, and what it does by itself. */
import type { Scheme } from "../base/scheme.ts";
import { credentialsLine, type Login } from "./credentials.ts";
import { headerLines, withContact } from "./header-lines.ts";
import { InDialog } from "./in-dialog.ts";
import { IncomingRequest, type Receiver } from "./incoming.ts";
import { OutgoingCall, OutgoingRequest, type Sender } from "./outgoing.ts";
import { Peer, type PeerPlace, type PeerWorld } from "./peer.ts";
import type * as Public from "./sipwright-test.d.ts";
import { TestingError } from "./testing-error.ts";
import type { WireMessage } from "./wire-message.ts";

export type PhoneWorld = PeerWorld & {
	/** Does it when the input under way has been taken. */
	later(action: () => void): void;
	/** What stands behind the @ of our URIs. */
	domain(scheme: Scheme): string;
};

export type PhoneIdentity = {
	readonly name: string;
	readonly scheme: Scheme;
	/** What it answers challenges with. */
	readonly login: Login | undefined;
};

const REGISTER_SECONDS = 3600;

export class Phone implements Public.Phone, Sender, Receiver {
	readonly name: string;
	readonly peer: Peer;
	readonly #world: PhoneWorld;
	readonly #identity: PhoneIdentity;
	/** By branch and method: what a response belongs to. */
	readonly #sent = new Map<string, OutgoingRequest>();
	/** By branch and method: what came before. */
	readonly #came = new Map<string, IncomingRequest>();
	readonly #dialogs = new Map<string, InDialog>();
	readonly #untaken: IncomingRequest[] = [];

	constructor(world: PhoneWorld, identity: PhoneIdentity, place: PeerPlace) {
		this.name = identity.name;
		this.#world = world;
		this.#identity = identity;
		this.peer = new HeardPeer(world, tokenOf(identity.name), place, (message) =>
			this.#hear(message),
		);
	}

	get contact(): string {
		return this.peer.contact;
	}

	get received(): readonly WireMessage[] {
		return this.peer.received;
	}

	get reachable(): boolean {
		return this.peer.reachable;
	}

	set reachable(reachable: boolean) {
		this.peer.reachable = reachable;
	}

	/** Whether a request has come. */
	get isCalled(): boolean {
		return this.#came.size > 0;
	}

	/** What came until now does not count. */
	forget(): void {
		this.peer.received.splice(0);
	}

	register(options: Public.RegisterOptions = {}): OutgoingRequest {
		const { expires = REGISTER_SECONDS, q, contact = this.contact, ...others } = options;
		const own = this.#uri(this.name);
		const parameters = `;expires=${expires}${q === undefined ? "" : `;q=${q}`}`;
		const bound = contact === "" || contact === "*" ? contact : `${contact}${parameters}`;
		const [, domain] = own.split("@");
		const uri = `${this.#identity.scheme}:${domain}`;
		return this.#begin(OutgoingRequest, "REGISTER", uri, { to: own, ...others, contact: bound });
	}

	invite(to: string, options: Public.RequestOptions = {}): OutgoingCall {
		return this.#begin(OutgoingCall, "INVITE", this.#uri(to), options);
	}

	request(method: string, to: string, options: Public.RequestOptions = {}): OutgoingRequest {
		return this.#begin(OutgoingRequest, method, this.#uri(to), options);
	}

	receive(method?: string): IncomingRequest {
		const at = this.#untaken.findIndex((one) => method === undefined || one.method === method);
		const [found] = at < 0 ? [] : this.#untaken.splice(at, 1);
		if (found !== undefined) return found;
		const others = this.#untaken.map((one) => one.inShort);
		const instead = others.length === 0 ? "" : `, but ${others.join(", ")}`;
		throw new TestingError(`${this.name} got no ${method ?? "request"}${instead}`);
	}

	receiveNothing(method?: string): void {
		const found = this.#untaken.find((one) => method === undefined || one.method === method);
		if (found !== undefined) throw new TestingError(`${this.name} got ${found.inShort}`);
	}

	transmit(text: string, to: OutgoingRequest): WireMessage {
		const branch = /^Via:.*;branch=([^;\s]+)/m.exec(text)?.[1] ?? "";
		const method = text.slice(0, text.indexOf(" "));
		this.#sent.set(`${branch} ${method}`, to);
		return this.peer.send(text);
	}

	later(action: () => void): void {
		this.#world.later(action);
	}

	credentials(sent: WireMessage, challenge: WireMessage): string | undefined {
		const { login } = this.#identity;
		return login && credentialsLine(sent, challenge, login);
	}

	acknowledge(invite: WireMessage, final: WireMessage): void {
		this.peer.acknowledge(invite, final);
	}

	cancel(invite: WireMessage): string {
		return this.peer.writeCancel(invite);
	}

	dialogOf(response: WireMessage): InDialog {
		const key = dialogKey(response, "From", "To");
		const known = this.#dialogs.get(key);
		if (known !== undefined) return known;
		const side = this.peer.caller(response);
		const target = side.target === "" ? side.refreshed(response.value("To")) : side;
		return this.#keep(key, new InDialog(this, target, (to) => this.#uri(to)));
	}

	dialogFor(request: WireMessage): InDialog {
		const own = request.value("To").includes(";tag=") ? "" : `;tag=${this.peer.name}`;
		const key = dialogKey(request, "To", "From", own);
		const known = this.#dialogs.get(key);
		if (known !== undefined) return known;
		const side = this.peer.callee(request);
		return this.#keep(key, new InDialog(this, side, (to) => this.#uri(to)));
	}

	#keep(key: string, dialog: InDialog): InDialog {
		this.#dialogs.set(key, dialog);
		return dialog;
	}

	/** `5000`, `alice@example.com` and `tel:+4930123` are all somebody. */
	#uri(to: string): string {
		if (/^[a-z][a-z0-9+.-]*:/i.test(to)) return to;
		const { scheme } = this.#identity;
		if (to.includes("@")) return `${scheme}:${to}`;
		return `${scheme}:${encodeURIComponent(to)}@${this.#world.domain(scheme)}`;
	}

	#begin<T extends OutgoingRequest>(
		kind: new (sender: Sender, again: (headers: readonly string[]) => string) => T,
		method: string,
		uri: string,
		{
			from = this.#uri(this.name),
			to = uri,
			contact = this.contact,
			headers,
			body,
		}: Public.RequestOptions,
	): T {
		let callId: string | undefined;
		let cseq = 0;
		const write = (more: readonly string[]): string => {
			cseq += 1;
			const lines = [...more, ...headerLines(headers)];
			const again = callId === undefined ? {} : { callId };
			const given = { from, to, cseq, headers: lines, contact, ...again };
			const text = this.peer.write(method, uri, { ...given, ...(body !== undefined && { body }) });
			callId = /^Call-ID: (.*)\r$/m.exec(text)?.[1];
			return withContact(text, contact);
		};
		return new kind(this, write).begin();
	}

	#hear(message: WireMessage): void {
		const branch = /;branch=([^;\s]+)/.exec(message.vias[0] ?? "")?.[1] ?? "";
		if (message.method === undefined)
			this.#sent.get(`${branch} ${message.cseqMethod}`)?.came(message);
		else this.#take(new IncomingRequest(message.text, this), branch);
	}

	#take(request: IncomingRequest, branch: string): void {
		const { method } = request;
		const key = `${branch} ${method}`;
		const before = this.#came.get(key);
		if (before !== undefined) return this.#repeat(before);
		this.#came.set(key, request);
		const invite = this.#came.get(`${branch} INVITE`);
		// The ACK of a final response that is none of 2xx belongs to the transaction (RFC 3261 §17.1.1.3).
		if (method === "ACK" && invite !== undefined) return;
		if (method === "CANCEL" && invite !== undefined) this.#cancelled(request, invite);
		if (method === "OPTIONS" && !request.value("To").includes(";tag="))
			return this.later(() => void request.reply(200));
		this.#untaken.push(request);
	}

	#repeat({ answered }: IncomingRequest): void {
		if (answered !== undefined) this.later(() => void this.peer.send(answered.text));
	}

	/** RFC 3261 §9.2. */
	#cancelled(cancel: IncomingRequest, invite: IncomingRequest): void {
		invite.cancelled = true;
		this.later(() => {
			cancel.reply(200);
			if (!invite.isFinal) invite.reply(487);
		});
	}
}

class HeardPeer extends Peer {
	readonly #hear: (message: WireMessage) => void;

	constructor(
		world: PeerWorld,
		name: string,
		place: PeerPlace,
		hear: (message: WireMessage) => void,
	) {
		super(world, name, place);
		this.#hear = hear;
	}

	override deliver(text: string): WireMessage {
		const came = super.deliver(text);
		this.#hear(came);
		return came;
	}
}

/** A name as a tag and in a branch. */
function tokenOf(name: string): string {
	return name.replaceAll(/[^\w.-]/g, "-");
}

/** RFC 3261 §12: the Call-ID and both tags, our own first. */
function dialogKey(
	message: WireMessage,
	local: "From" | "To",
	remote: "From" | "To",
	more = "",
): string {
	const tag = (name: string, text = message.value(name)) => /;tag=([^;\s]+)/.exec(text)?.[1] ?? "";
	const own = tag(local, `${message.value(local)}${more}`);
	return `${message.value("Call-ID")} ${own} ${tag(remote)}`;
}
