/** Runs a history against a transaction table and keeps count of what its user is told: RFC 3261 §17. */
import type { Flow } from "../../../core/base/flow.ts";
import type { ClientTransaction } from "../../../core/transaction/client-transaction.ts";
import type { ServerTransaction } from "../../../core/transaction/server-transaction.ts";
import { ours, request, TCP, TransactionRig, UDP } from "../../support/transaction-rig.ts";
import { demand, same } from "../target.ts";
import type { Step } from "./steps.ts";
import { Told } from "./told.ts";

export class TransactionWorld {
	readonly #rig: TransactionRig;
	readonly #told = new Told();
	/** Newest first, as the steps name them. */
	readonly #servers: ServerTransaction[] = [];
	readonly #clients: ClientTransaction[] = [];
	/** What was sent, for failures: the ids of its senders. */
	readonly #owners: number[] = [];
	readonly #reactions: Step[];
	#branches = 0;

	constructor(limit: number, reactions: readonly Step[]) {
		this.#reactions = [...reactions];
		this.#rig = new TransactionRig({
			limit,
			send: (text, _flow, owner) => {
				this.#told.sent(text, owner);
				if (owner !== 0) this.#owners.unshift(owner);
			},
		});
		this.#listen();
	}

	take(step: Step): void {
		this.#perform(step);
		const { table, wheel } = this.#rig;
		demand(table.size > 0 || wheel.size === 0, "timers: none without a transaction");
		for (const list of [this.#servers, this.#clients, this.#owners]) list.splice(KEPT_MAX);
	}

	/** A user of good manners ends what it has begun; then nothing may be left. */
	finish(): void {
		const rig = this.#rig;
		this.#reactions.length = 0;
		for (const server of this.#told.openServers()) rig.respond(500, server);
		for (const client of this.#told.openClients()) rig.table.cancel(client, undefined, rig.now);
		rig.wait(QUIET_MS);
		same(rig.table.size, 0, "end: no transaction is left");
		same(rig.wheel.size, 0, "end: no timer is armed");
		this.#told.finish();
	}

	#listen(): void {
		const told = this.#told;
		const react = () => this.#react();
		this.#rig.on = {
			request: (server) => {
				told.request(server);
				this.#servers.unshift(server);
				react();
			},
			cancel: (server, invite) => {
				told.cancel(server, invite);
				this.#servers.unshift(server);
				react();
			},
			ack: react,
			response: (client, response) => {
				told.response(client, response);
				react();
			},
			failed: (client) => {
				told.failed(client);
				react();
			},
			unacknowledged: (server) => {
				told.unacknowledged(server);
				react();
			},
			undelivered: (server) => {
				told.alive(server);
				react();
			},
			ended: (transaction) => {
				told.ended(transaction);
				react();
			},
		};
	}

	#react(): void {
		const reaction = this.#reactions.shift();
		if (reaction !== undefined) this.#perform(reaction);
	}

	#perform(step: Step): void {
		const { table, now } = this.#rig;
		switch (step.do) {
			case "request":
				return this.#request(step);
			case "answer":
				return this.#answer(step);
			case "respond":
				return this.#respond(step);
			case "send":
				return this.#send(step);
			case "wait":
				return void this.#rig.wait(step.ms);
			case "fail":
				return table.transportFailed(pick(this.#owners, step.at) ?? 0, now);
			default:
				return this.#act(step);
		}
	}

	#act({
		do: what,
		at,
	}: Extract<Step, { do: "drop" | "redirect" | "abandon" | "abandonClient" | "cancel" }>): void {
		const { table, now } = this.#rig;
		const [server, client] = [pick(this.#servers, at), pick(this.#clients, at)];
		if (what === "cancel" && client?.method === "INVITE")
			table.cancel(client, "SIP;cause=200", now);
		if (what === "abandonClient" && client !== undefined) this.#abandon(client);
		if (server === undefined) return;
		if (what === "drop") {
			table.drop(server, now);
			if (!server.terminated) this.#told.dropped(server);
		}
		if (what === "redirect" && !server.terminated)
			table.redirect(server, { ...UDP, host: "192.0.2.99" }, now);
		if (what === "abandon") this.#abandon(server);
	}

	#abandon(transaction: ServerTransaction | ClientTransaction): void {
		this.#rig.table.abandon(transaction);
		this.#told.abandoned(transaction);
		demand(transaction.terminated, "abandon: it is over");
	}

	#request({ method, branch, transport, toTag, call }: Extract<Step, { do: "request" }>): void {
		const to = `<sip:bob@example.com>${toTag === 0 ? "" : `;tag=${TAGS[toTag]}`}`;
		const name = branch === 3 ? "" : `z9hG4bK${branch}`;
		const flow: Flow = transport === "tcp" ? TCP : UDP;
		this.#rig.receive(request({ method, branch: name, to, callId: `call-${call}` }), flow);
	}

	#answer({ at, status, toTag, method }: Extract<Step, { do: "answer" }>): void {
		const client = pick(this.#clients, at);
		if (client === undefined) return;
		const cseq = method === "" ? client.method : method;
		const to = `<sip:bob@example.com>;tag=${TAGS[toTag]}`;
		const text = ours({ method: cseq, branch: client.branch, to }).replace(
			/^.*\r\n/,
			`SIP/2.0 ${status} Because\r\n`,
		);
		this.#rig.receive(text);
	}

	#respond({ at, status }: Extract<Step, { do: "respond" }>): void {
		const server = pick(this.#servers, at);
		if (server === undefined) return;
		const taken = this.#rig.respond(status, server);
		if (taken && status >= 200) this.#told.answered(server);
	}

	#send({ method, transport }: Extract<Step, { do: "send" }>): void {
		this.#branches += 1;
		const text = ours({ method, branch: `z9hG4bKours${this.#branches}` });
		const client = this.#rig.send(text, transport === "tcp" ? TCP : UDP);
		this.#told.begun(client);
		this.#clients.unshift(client);
	}
}

function pick<V>(list: readonly V[], at: number): V | undefined {
	return list[at % Math.max(1, list.length)];
}

const TAGS = ["callee", "callee", "other"];
const KEPT_MAX = 12;
const QUIET_MS = 200_000;
