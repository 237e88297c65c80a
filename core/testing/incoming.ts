/** A request that came to a phone of the kit, to be answered: the server side of RFC 3261 §8.2. */
import { reasonPhrase } from "../message/statuses.ts";
import { headerLines } from "./header-lines.ts";
import type { InDialog } from "./in-dialog.ts";
import type { Peer } from "./peer.ts";
import type * as Public from "./sipwright-test.d.ts";
import { TestingError } from "./testing-error.ts";
import { WireMessage } from "./wire-message.ts";

/** What it needs of the phone. */
export type Receiver = {
	readonly peer: Peer;
	/** The phone's side of the dialog that the request belongs to, or would make. */
	dialogFor(request: WireMessage): InDialog;
};

export class IncomingRequest extends WireMessage implements Public.Incoming {
	cancelled = false;
	/** What was answered last: a request that comes again gets it again. */
	answered: WireMessage | undefined;
	readonly #receiver: Receiver;

	constructor(text: string, receiver: Receiver) {
		super(text);
		this.#receiver = receiver;
	}

	get isFinal(): boolean {
		return (this.answered?.status ?? 0) >= 200;
	}

	reply(status: number, options: Public.ReplyOptions = {}): WireMessage {
		const { peer } = this.#receiver;
		const what = `${peer.name} cannot answer ${this.method} with ${status}`;
		if (!Number.isInteger(status) || status < 100 || status > 699)
			throw new TestingError(`${what}: a status is a number from 100 to 699`);
		if (this.method === "ACK") throw new TestingError(`${what}: nobody answers an ACK`);
		if (this.isFinal)
			throw new TestingError(`${what}: it has answered ${this.answered?.status} already`);
		const { reason = reasonPhrase(status), contact, headers, body } = options;
		const redirects = status >= 300 && contact !== undefined && contact !== "";
		const lines = [...(redirects ? [`Contact: ${contact}`] : []), ...headerLines(headers)];
		this.answered = peer.answer(this, `${status} ${reason}`, {
			headers: lines,
			...(contact !== undefined && { contact }),
			...(body !== undefined && { body }),
		});
		if (status >= 200 && status < 300 && this.method !== "REGISTER") this.#refresh();
		return this.answered;
	}

	request(method: string, options?: Public.RequestOptions): Public.Outgoing {
		return this.#dialog.request(method, options);
	}

	hangUp(): Public.Outgoing {
		return this.#dialog.hangUp();
	}

	reinvite(options?: Public.RequestOptions): Public.Outgoing {
		return this.#dialog.reinvite(options);
	}

	refer(to: string): Public.Outgoing {
		return this.#dialog.refer(to);
	}

	/** A target refresh that this side has accepted (RFC 3261 §12.2.2). */
	#refresh(): void {
		const contact = this.value("Contact");
		if (contact === "" || (this.method !== "INVITE" && this.method !== "UPDATE")) return;
		this.#dialog.refresh(contact);
	}

	get #dialog(): InDialog {
		return this.#receiver.dialogFor(this);
	}
}
