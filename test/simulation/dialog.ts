/** One end of a dialog: RFC 3261 §12. It sends requests along its route set, and repeats a 2xx until the ACK comes. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Call } from "./call.ts";
import type { Chance } from "./chance.ts";
import { type ClientTransaction, T1, T2, type Told } from "./client-transaction.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import { type Sip, tagOf, uriOf, write } from "./sip.ts";
import { Violation } from "./watch.ts";

/** What it needs of its phone. */
export type DialogHome = {
	readonly name: string;
	readonly place: { readonly name: string; readonly scheme: string };
	readonly contact: string;
	readonly dialogs: Map<string, Dialog>;
	readonly world: { readonly chance: Chance };
	after(ms: Milliseconds, happen: () => void): void;
	newBranch(): string;
	via(branch: string): string;
	transmit(sip: Sip): void;
	request(startLine: string, headers: readonly string[], told: Told): ClientTransaction;
};

export type DialogStart = {
	readonly phone: DialogHome;
	readonly call: Call;
	readonly side: "caller" | "callee";
	readonly callId: string;
	/** Values of From and To of what this end sends. */
	readonly local: string;
	readonly remote: string;
	readonly target: string;
	readonly routes: readonly string[];
	readonly cseq: number;
	readonly remoteCseq: number;
};

export class Dialog {
	readonly phone: DialogHome;
	readonly call: Call;
	readonly side: "caller" | "callee";
	readonly callId: string;
	readonly localTag: string;
	readonly remoteTag: string;
	readonly key: string;
	/** URIs that this end has given as its own. */
	readonly contacts: string[];
	state: "early" | "confirmed" | "ended" = "early";
	target: string;
	routes: readonly string[];
	remoteCseq: number;
	/** An INVITE in the dialog is under way, in that direction. */
	inviting = false;
	invited = false;
	/** What a PRACK is answered with. */
	onPrack: ((request: Sip) => string) | undefined;
	readonly #local: string;
	readonly #remote: string;
	#cseq: number;
	readonly #acks = new Map<number, Sip>();
	readonly #unacknowledged = new Set<number>();

	constructor(start: DialogStart) {
		this.phone = start.phone;
		this.call = start.call;
		this.side = start.side;
		this.callId = start.callId;
		this.#local = start.local;
		this.#remote = start.remote;
		this.localTag = tagOf(start.local);
		this.remoteTag = tagOf(start.remote);
		this.target = start.target;
		this.routes = start.routes;
		this.#cseq = start.cseq;
		this.remoteCseq = start.remoteCseq;
		this.key = dialogKey(this.callId, this.localTag, this.remoteTag);
		this.contacts = [this.phone.contact];
		this.phone.dialogs.set(this.key, this);
		this.#seesItsScheme();
	}

	/** §12.1.2. */
	static ofCaller(phone: DialogHome, call: Call, response: Sip): Dialog {
		return new Dialog({
			phone,
			call,
			side: "caller",
			callId: response.callId,
			local: response.from,
			remote: response.to,
			target: uriOf(response.contact),
			routes: response.recordRoutes.toReversed(),
			cseq: response.cseq,
			remoteCseq: 0,
		});
	}

	/** §12.1.1. */
	static ofCallee(phone: DialogHome, call: Call, invite: Sip, tag: string): Dialog {
		return new Dialog({
			phone,
			call,
			side: "callee",
			callId: invite.callId,
			local: `${invite.to};tag=${tag}`,
			remote: invite.from,
			target: uriOf(invite.contact),
			routes: invite.recordRoutes,
			cseq: 100,
			remoteCseq: invite.cseq,
		});
	}

	/** The newest Contact of this end. */
	get contact(): string {
		return this.contacts.at(-1) ?? this.phone.contact;
	}

	/** The route set is that of the 2xx (§13.2.2.4). */
	confirm(response?: Sip): void {
		if (this.state === "confirmed") return;
		this.state = "confirmed";
		if (response === undefined) return;
		this.target = uriOf(response.contact);
		this.routes = response.recordRoutes.toReversed();
	}

	send(method: string, headers: readonly string[], told: Told): ClientTransaction {
		this.#cseq += 1;
		return this.phone.request(
			`${method} ${this.target} SIP/2.0`,
			[...this.#headers(`${this.#cseq} ${method}`), ...headers],
			told,
		);
	}

	/** For a 2xx with this number: the first one is kept, and sent again for every repeat. */
	acknowledge(cseq: number): void {
		let ack = this.#acks.get(cseq);
		if (ack === undefined) {
			const via = `Via: ${this.phone.via(this.phone.newBranch())}`;
			const headers = [via, "Max-Forwards: 70", ...this.#headers(`${cseq} ACK`)];
			ack = write(`ACK ${this.target} SIP/2.0`, headers);
			this.#acks.set(cseq, ack);
		}
		this.phone.transmit(ack);
	}

	acknowledged(ack: Sip): void {
		this.#unacknowledged.delete(ack.cseq);
	}

	/** §13.3.1.4: until 64*T1 have passed; then it hangs up. */
	repeatUntilAcknowledged(response: Sip, transaction: ServerTransaction): void {
		this.#unacknowledged.add(response.cseq);
		this.#repeat(response, transaction, T1, 0);
	}

	hangUp(): void {
		if (this.state === "ended") return;
		this.end();
		this.send("BYE", [], () => undefined);
	}

	end(): void {
		this.state = "ended";
		this.#unacknowledged.clear();
		if (this.phone.dialogs.get(this.key) === this) this.phone.dialogs.delete(this.key);
	}

	#repeat(
		response: Sip,
		transaction: ServerTransaction,
		interval: Milliseconds,
		passed: Milliseconds,
	) {
		this.phone.after(interval, () => {
			if (this.state === "ended" || !this.#unacknowledged.has(response.cseq)) return;
			if (passed + interval > 64 * T1) {
				this.call.count("2xx never acknowledged");
				this.hangUp();
				return;
			}
			transaction.send(response);
			this.#repeat(response, transaction, Math.min(2 * interval, T2), passed + interval);
		});
	}

	/** §12.1.1: whoever speaks `sips` is shown a `sips` peer and route, whoever does not is shown neither. */
	#seesItsScheme(): void {
		const { scheme, name } = this.phone.place;
		for (const uri of [this.target, ...this.routes.slice(0, 1).map(uriOf)])
			if (!uri.startsWith(`${scheme}:`))
				throw new Violation(`${name} is shown the scheme of its leg: ${uri}`, this.callId);
	}

	#headers(cseq: string): readonly string[] {
		return [
			...this.routes.map((route) => `Route: ${route}`),
			`From: ${this.#local}`,
			`To: ${this.#remote}`,
			`Call-ID: ${this.callId}`,
			`CSeq: ${cseq}`,
		];
	}
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
	return `${callId} ${localTag} ${remoteTag}`;
}
