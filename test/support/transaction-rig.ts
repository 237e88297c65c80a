/** A transaction table on a virtual clock, with a user that writes down what it is told. */
import assert from "node:assert/strict";
import type { Flow } from "../../core/base/flow.ts";
import { TimerWheel } from "../../core/base/timer-wheel.ts";
import { Request, Response } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { buildResponse } from "../../core/message/response.ts";
import { stampVia } from "../../core/message/via-stamp.ts";
import type { ClientTransaction } from "../../core/transaction/client-transaction.ts";
import type { ServerTransaction } from "../../core/transaction/server-transaction.ts";
import {
	TransactionTable,
	type TransactionTableOptions,
} from "../../core/transaction/transaction-table.ts";
import type { TransactionUser } from "../../core/transaction/transaction-user.ts";
import { seeded } from "./seeded.ts";

export const UDP: Flow = {
	transport: "udp",
	listener: 1,
	connection: 0,
	host: "192.0.2.10",
	port: 5060,
	serverName: undefined,
};
export const TCP: Flow = { ...UDP, transport: "tcp", listener: 2, connection: 7, port: 40_001 };

export type Sent = { readonly text: string; readonly flow: Flow; readonly owner: number };

export class TransactionRig implements TransactionUser {
	now = 0;
	readonly wheel = new TimerWheel(0);
	readonly table: TransactionTable;
	/** A line of `<ms> <what>` for everything sent (`->`) and told. */
	readonly log: string[] = [];
	readonly sent: Sent[] = [];
	readonly servers: ServerTransaction[] = [];
	readonly acks: Request[] = [];
	readonly responses: Response[] = [];
	readonly failures: ClientTransaction[] = [];
	/** What the user does when it is told; set by a test that wants it to do something. */
	on: Partial<TransactionUser> = {};

	constructor(options: Partial<TransactionTableOptions> = {}) {
		this.table = new TransactionTable({
			user: this,
			send: (text, flow, owner) => {
				this.sent.push({ text, flow, owner });
				this.log.push(`${this.now} -> ${summary(text)}`);
			},
			wheel: this.wheel,
			random: seeded(1),
			limit: 1_000,
			own: (via) => via.host === "proxy.example.com",
			...options,
		});
	}

	/** A message arrives from the network, its top Via not yet stamped. */
	receive(text: string, flow: Flow = UDP): this {
		const message = parseMessage(text, "datagram");
		assert.ok(message.kind !== "malformed", text);
		const stamped = message instanceof Request ? stampVia(message, flow) : message;
		this.table.receive(stamped, flow, this.now);
		return this;
	}

	/** The user answers the newest request. */
	respond(status: number, server = this.server): boolean {
		const text = buildResponse(server.request, status, { toTag: "callee" });
		return this.table.respond(server, text ?? "", status, this.now);
	}

	/** The user sends a request of `invite` and its like, with our Via on top. */
	send(text: string, flow: Flow = UDP): ClientTransaction {
		const request = parseMessage(text, "datagram");
		assert.ok(request.kind === "request", text);
		const branch = request.head.via.params.get("branch") ?? "";
		return this.table.request(text, request.method, branch, flow, undefined, this.now);
	}

	/** The peer answers a request that we sent. */
	answer(client: { readonly text: string }, status: number, toTag = "callee"): this {
		const request = parseMessage(client.text, "datagram");
		assert.ok(request.kind === "request");
		return this.receive(buildResponse(request, status, { toTag }) ?? "");
	}

	wait(ms: number): this {
		const until = this.now + ms;
		for (let at = this.wheel.next(); at !== undefined && at <= until; at = this.wheel.next()) {
			this.now = at;
			this.wheel.advance(at);
		}
		this.now = until;
		this.wheel.advance(until);
		return this;
	}

	/** Empties what was written down, for a test that runs long. */
	forget(): this {
		for (const list of [this.log, this.servers, this.acks, this.responses, this.failures])
			list.length = 0;
		this.sent.splice(0, this.sent.length - 100);
		return this;
	}

	/** The newest server transaction. */
	get server(): ServerTransaction {
		const server = this.servers.at(-1);
		assert.ok(server);
		return server;
	}

	get lastSent(): Sent {
		const sent = this.sent.at(-1);
		assert.ok(sent);
		return sent;
	}

	request(server: ServerTransaction, now: number): void {
		this.servers.push(server);
		this.log.push(`${now} request ${server.method}`);
		this.on.request?.(server, now);
	}

	cancel(server: ServerTransaction, invite: ServerTransaction | undefined, now: number): void {
		this.servers.push(server);
		this.log.push(`${now} cancel ${invite === undefined ? "nothing" : invite.method}`);
		this.on.cancel?.(server, invite, now);
	}

	ack(request: Request, flow: Flow, now: number): void {
		this.acks.push(request);
		this.log.push(`${now} ack`);
		this.on.ack?.(request, flow, now);
	}

	response(client: ClientTransaction, response: Response, now: number): void {
		this.responses.push(response);
		this.log.push(`${now} response ${response.status} ${client.method}`);
		this.on.response?.(client, response, now);
	}

	failed(client: ClientTransaction, why: "timeout" | "transport", now: number): void {
		this.failures.push(client);
		this.log.push(`${now} failed ${client.method} ${why}`);
		this.on.failed?.(client, why, now);
	}

	unacknowledged(server: ServerTransaction, now: number): void {
		this.log.push(`${now} unacknowledged ${server.method}`);
		this.on.unacknowledged?.(server, now);
	}

	undelivered(server: ServerTransaction, now: number): void {
		this.log.push(`${now} undelivered ${server.method}`);
		this.on.undelivered?.(server, now);
	}

	ended(transaction: ServerTransaction | ClientTransaction, now: number): void {
		this.log.push(`${now} ended ${transaction.method}`);
		this.on.ended?.(transaction, now);
	}
}

export type RequestParts = {
	method?: string;
	uri?: string;
	/** The top Via, without what follows `branch`. */
	via?: string;
	branch?: string;
	from?: string;
	to?: string;
	callId?: string;
	cseq?: number;
	/** Whole lines, without line ends. */
	more?: readonly string[];
};

/** A request as a phone sends it; `ours` makes it one that the proxy forwards. */
export function request(parts: RequestParts = {}): string {
	const { method = "INVITE", uri = "sip:bob@example.com", branch = "z9hG4bKclient" } = parts;
	const { via = "SIP/2.0/UDP 192.0.2.10:5060", callId = "call-1", cseq = 1 } = parts;
	return [
		`${method} ${uri} SIP/2.0`,
		`Via: ${via}${branch === "" ? "" : `;branch=${branch}`}`,
		"Max-Forwards: 70",
		`From: ${parts.from ?? "<sip:alice@example.com>;tag=alice"}`,
		`To: ${parts.to ?? "<sip:bob@example.com>"}`,
		`Call-ID: ${callId}`,
		`CSeq: ${cseq} ${method}`,
		...(parts.more ?? []),
		"Content-Length: 0",
		"",
		"",
	].join("\r\n");
}

export function ours(parts: RequestParts = {}): string {
	return request({ via: "SIP/2.0/UDP proxy.example.com", branch: "z9hG4bKproxy", ...parts });
}

function summary(text: string): string {
	const message = parseMessage(text, "datagram");
	if (message instanceof Response) return `${message.status} ${message.head.cseq.method}`;
	return message.kind === "request" ? message.method : "?";
}
