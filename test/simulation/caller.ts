/** The caller's side of a call: RFC 3261 §8.1, §9.1, §13.2, §22 and RFC 3262. */
import type { Call } from "./call.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import { T1 } from "./client-transaction.ts";
import { credentials } from "./credentials.ts";
import { Dialog } from "./dialog.ts";
import { converse } from "./in-dialog.ts";
import type { Phone } from "./phone.ts";
import { type Sip, uriOf, userOf } from "./sip.ts";

/** Longer than Timer C and a branch that is mute after its CANCEL, several times over. */
const PATIENCE = 900_000;

export class Caller {
	readonly #phone: Phone;
	readonly #call: Call;
	readonly #tag: string;
	#cseq = 0;
	#transaction: ClientTransaction | undefined;
	#provisional = false;
	#tried = 0;
	#wantsToCancel = false;
	#cancelled = false;
	#final = false;
	/** By the tag of the callee. */
	readonly #dialogs = new Map<string, Dialog>();
	/** Reliable provisional responses that have their PRACK. */
	readonly #confirmed = new Set<string>();
	#talking: Dialog | undefined;

	constructor(phone: Phone, call: Call) {
		this.#phone = phone;
		this.#call = call;
		this.#tag = `${phone.name}-${call.plan.id}`;
	}

	start(): void {
		const { cancelAfter } = this.#call.plan;
		this.#invite(this.#call.plan.dialled, []);
		if (cancelAfter !== undefined) this.#phone.after(cancelAfter, () => this.#giveUp());
		this.#phone.after(PATIENCE, () => {
			if (this.#final) return;
			this.#call.count("caller heard no end");
			this.#end();
		});
	}

	#invite(dialled: string, headers: readonly string[]): void {
		const { place, world, contact } = this.#phone;
		const { plan, callId } = this.#call;
		const uri = `${place.scheme}:${dialled}@${world.domain}`;
		this.#cseq += 1;
		this.#tried += 1;
		this.#provisional = false;
		const transaction = this.#phone.request(
			`INVITE ${uri} SIP/2.0`,
			[
				`From: <${place.scheme}:${place.name}@${world.domain}>;tag=${this.#tag}`,
				`To: <${uri}>`,
				`Call-ID: ${callId}`,
				`CSeq: ${this.#cseq} INVITE`,
				`Contact: <${contact}>`,
				...(plan.reliableProvisional ? ["Supported: 100rel"] : []),
				...headers,
			],
			(response) => {
				if (transaction === this.#transaction) this.#told(response);
				else if (response !== undefined && isSuccess(response)) this.#accepted(response);
			},
			plan.body,
		);
		this.#transaction = transaction;
	}

	#told(response: Sip | undefined): void {
		if (response === undefined) {
			this.#call.count("caller timed out");
			this.#end();
		} else if (response.status < 200) this.#rings(response);
		else if (isSuccess(response)) this.#accepted(response);
		else this.#refused(response);
	}

	#rings(response: Sip): void {
		this.#provisional = true;
		if (this.#wantsToCancel) this.#cancel();
		if (this.#final || response.status === 100 || response.toTag === "" || response.contact === "")
			return;
		const dialog = this.#dialogWith(response);
		const number = response.value("RSeq");
		const seen = `${response.toTag} ${number}`;
		if (number === "" || this.#confirmed.has(seen)) return;
		this.#confirmed.add(seen);
		this.#call.count("PRACK");
		const rack = `RAck: ${number} ${response.cseq} INVITE`;
		dialog.send("PRACK", [rack], () => undefined);
	}

	#accepted(response: Sip): void {
		const first = !this.#final;
		this.#final = true;
		const known = this.#dialogs.get(response.toTag);
		const dialog = known ?? this.#dialogWith(response);
		const confirmed = dialog.state !== "early";
		if (!confirmed) dialog.confirm(response);
		dialog.acknowledge(response.cseq);
		// A BYE may have overtaken it.
		if (first) this.#forgetEarly();
		if (confirmed) return;
		if (first && !this.#wantsToCancel) {
			this.#call.count("answered");
			this.#talking = dialog;
			converse(dialog);
		} else {
			this.#call.count(first ? "answered after CANCEL" : "answered by a second callee");
			this.#phone.after(10, () => dialog.hangUp());
		}
	}

	#refused(response: Sip): void {
		const { status } = response;
		const { password, name, scheme } = this.#phone.place;
		this.#forgetEarly();
		const again = this.#tried < 3 && !this.#wantsToCancel;
		if (status === 407 && again && password !== undefined && this.#asksUs(response)) {
			const { dialled } = this.#call.plan;
			const uri = `${scheme}:${dialled}@${this.#phone.world.domain}`;
			this.#invite(dialled, credentials(response, "INVITE", uri, { user: name, password }));
			return;
		}
		if (status === 302 && again && response.contact !== "") {
			this.#call.count("followed a 302");
			this.#invite(userOf(uriOf(response.contact)), []);
			return;
		}
		this.#call.count(`refused ${status}`);
		this.#end();
	}

	#asksUs(response: Sip): boolean {
		return response.value("Proxy-Authenticate").includes(`realm="${this.#phone.world.domain}"`);
	}

	#giveUp(): void {
		if (this.#final) return;
		this.#wantsToCancel = true;
		if (this.#provisional || this.#call.plan.rude) this.#cancel();
	}

	/** Nothing within 64*T1 after the CANCEL: the call is over all the same (§9.1). */
	#cancel(): void {
		if (this.#cancelled || this.#final) return;
		this.#cancelled = true;
		this.#call.count("cancelled");
		this.#transaction?.cancel();
		this.#phone.after(64 * T1 + 1_000, () => {
			if (this.#final) return;
			this.#call.count("no end after CANCEL");
			this.#end();
		});
	}

	#dialogWith(response: Sip): Dialog {
		const known = this.#dialogs.get(response.toTag);
		if (known !== undefined) return known;
		const dialog = Dialog.ofCaller(this.#phone, this.#call, response);
		this.#dialogs.set(response.toTag, dialog);
		return dialog;
	}

	#forgetEarly(): void {
		for (const [tag, dialog] of this.#dialogs) {
			if (dialog.state !== "early") continue;
			dialog.end();
			this.#dialogs.delete(tag);
		}
	}

	#end(): void {
		this.#final = true;
		this.#forgetEarly();
		this.#transaction?.abandon();
		this.#talking?.hangUp();
	}
}

function isSuccess({ status }: Sip): boolean {
	return status >= 200 && status < 300;
}
