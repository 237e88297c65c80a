/** A SIP peer in memory: what it sends becomes an input of the proxy, and what is sent to its flow is kept. */
import {
	type Flow,
	type Handshake,
	type Listener,
	type TransportName,
	webSocket,
} from "../base/flow.ts";
import { bracketed } from "../base/ip-address.ts";
import { answer, DialogSide, type Endpoint, message } from "./dialog.ts";
import { WireMessage } from "./wire-message.ts";

export type PeerPlace = {
	readonly transport?: TransportName;
	/** IP address, without brackets. */
	readonly host: string;
	readonly port?: number;
	/** Value of its Contact; `<sip:NAME@host:port>` unless given. */
	readonly contact?: string;
	/** What its certificate has proved, where it connects over TLS. */
	readonly identities?: readonly string[];
	/** What it says when it connects, over WebSocket. */
	readonly handshake?: Handshake | undefined;
	/** Id of our listener that it sends to; the first of its transport unless given. */
	readonly listener?: number;
};

export type RequestGiven = {
	/** URI of From; its number at its own address unless given. */
	readonly from?: string;
	readonly to?: string;
	readonly callId?: string;
	readonly cseq?: number;
	/** Whole lines, above the others. */
	readonly headers?: readonly string[];
	/** Replaces the Contact line; "" for none. */
	readonly contact?: string;
	readonly body?: string;
	/** Text behind the branch of its Via. */
	readonly via?: string;
};

/** The world that a peer is part of: a ProxyInMemory. */
export type PeerWorld = {
	listener(transport: TransportName, id?: number): Listener;
	/** The id of a new connection. */
	connect(): number;
	closed(connection: number): void;
	receive(text: string, flow: Flow): void;
	note(phone: string, arrow: "<" | ">", text: string): void;
};

const NO_BROWSER: Handshake = { origin: undefined, path: "/", cookie: undefined };

/** It does nothing by itself: what it sends is written here, when it sends it is for others to say. */
export class Peer implements Endpoint {
	readonly name: string;
	readonly transport: TransportName;
	readonly host: string;
	readonly port: number;
	readonly contact: string;
	readonly via: string;
	/** 0 while nothing is connected, and for UDP. */
	connection = 0;
	/** False: sending to it fails, as to a closed port. */
	reachable = true;
	/** Everything that came, in order. */
	readonly received: WireMessage[] = [];
	protected readonly world: PeerWorld;
	readonly identities: readonly string[] | undefined;
	readonly handshake: Handshake | undefined;
	readonly #listener: number;

	constructor(world: PeerWorld, name: string, place: PeerPlace) {
		const { transport = "udp", host, port = transport === "tls" ? 5061 : 5060 } = place;
		const address = `${bracketed(host)}:${port}`;
		this.world = world;
		this.#listener = world.listener(transport, place.listener).id;
		this.identities = place.identities;
		this.handshake = webSocket(transport) ? (place.handshake ?? NO_BROWSER) : undefined;
		this.name = name;
		this.transport = transport;
		this.host = host;
		this.port = port;
		this.contact = place.contact ?? `<sip:${name}@${address}>`;
		this.via = `SIP/2.0/${transport.toUpperCase()} ${address}`;
	}

	get peer(): this {
		return this;
	}

	/** As the exchange sees it. A stream is connected if it was not. */
	get flow(): Flow {
		const { transport, host, port } = this;
		if (transport !== "udp" && this.connection === 0) this.connection = this.world.connect();
		const { connection } = this;
		const path = { transport, listener: this.#listener, connection, host, port };
		const { identities, handshake } = this;
		const said = { ...(identities && { identities }), ...(handshake && { handshake }) };
		return { ...path, serverName: undefined, ...said };
	}

	isAt({ transport, host, port, connection }: Flow): boolean {
		if (transport !== this.transport || host !== this.host || port !== this.port) return false;
		return connection === 0 || connection === this.connection;
	}

	/** Its connection is gone, whoever ended it. */
	disconnect(): void {
		const { connection } = this;
		this.connection = 0;
		if (connection !== 0) this.world.closed(connection);
	}

	/** Sends a whole message as it is. */
	send(text: string): WireMessage {
		this.world.note(this.name, ">", text);
		this.world.receive(text, this.flow);
		return new WireMessage(text);
	}

	/** Something was sent to it. */
	deliver(text: string): WireMessage {
		if (this.transport !== "udp" && this.connection === 0) this.connection = this.world.connect();
		this.world.note(this.name, "<", text);
		const came = new WireMessage(text);
		this.received.push(came);
		return came;
	}

	/** Sends a request outside any dialog. */
	request(method: string, uri: string, given: RequestGiven = {}): WireMessage {
		return this.send(this.write(method, uri, given));
	}

	write(method: string, uri: string, given: RequestGiven = {}): string {
		const { from = `sip:${this.name}@${bracketed(this.host)}`, to = uri, cseq = 1 } = given;
		const { contact = this.contact, headers = [], body = "", via = "" } = given;
		const id = ids++;
		return message(
			`${method} ${uri} SIP/2.0`,
			[
				...headers,
				`Via: ${this.via};branch=z9hG4bK-${this.name}-${id}${via}`,
				"Max-Forwards: 70",
				`From: <${from}>;tag=${this.name}`,
				`To: <${to}>`,
				`Call-ID: ${given.callId ?? `${id}@${this.host}`}`,
				`CSeq: ${cseq} ${method}`,
				...(contact === "" ? [] : [`Contact: ${contact}`]),
			],
			body,
		);
	}

	/** Answers a request, its own tag in To; a Contact goes with what can make a dialog. */
	answer(request: WireMessage, status: string, given: AnswerGiven = {}): WireMessage {
		const { tag = this.name, contact = this.contact, headers = [], body = "" } = given;
		const dialog = /^(1[1-9]|2)/.test(status) && DIALOGS.includes(request.method ?? "");
		const more = dialog && contact !== "" ? [`Contact: ${contact}`, ...headers] : headers;
		return this.send(answer(request, status, { tag, headers: more, body }));
	}

	/** The ACK for a final response of 300 or more: hop by hop, on the INVITE's branch (RFC 3261 §17.1.1.3). */
	acknowledge(invite: WireMessage, final: WireMessage): WireMessage {
		return this.send(this.#again("ACK", invite, final.value("To")));
	}

	/** RFC 3261 §9.1. */
	cancel(invite: WireMessage, ...headers: readonly string[]): WireMessage {
		return this.send(this.writeCancel(invite, headers));
	}

	writeCancel(invite: WireMessage, headers: readonly string[] = []): string {
		return this.#again("CANCEL", invite, invite.value("To"), headers);
	}

	/** Its side of the dialog, when it called; `final` is the 2xx, or a 1xx of an early dialog. */
	caller(final: WireMessage): DialogSide {
		return DialogSide.caller(this, final);
	}

	/** Its side of the dialog, when it was called and answered with its tag. */
	callee(invite: WireMessage): DialogSide {
		const to = invite.value("To");
		return DialogSide.callee(this, invite, to.includes(";tag=") ? to : `${to};tag=${this.name}`);
	}

	#again(method: string, invite: WireMessage, to: string, headers: readonly string[] = []): string {
		const lines = [
			`Via: ${invite.vias[0]}`,
			"Max-Forwards: 70",
			...invite.values("Route").map((route) => `Route: ${route}`),
			`From: ${invite.value("From")}`,
			`To: ${to}`,
			`Call-ID: ${invite.value("Call-ID")}`,
			`CSeq: ${invite.value("CSeq").split(" ")[0]} ${method}`,
			...headers,
		];
		return message(`${method} ${invite.uri} SIP/2.0`, lines);
	}
}

export type AnswerGiven = {
	readonly tag?: string;
	/** "" for none. */
	readonly contact?: string;
	readonly headers?: readonly string[];
	readonly body?: string;
};

const DIALOGS = ["INVITE", "UPDATE", "SUBSCRIBE", "REFER"];
let ids = 1;
