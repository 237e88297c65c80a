/** A phone's side of a dialog, for what is said within it: RFC 3261 §12.2, RFC 3515. */
import type { DialogSide } from "./dialog.ts";
import { headerLines, withContact } from "./header-lines.ts";
import { OutgoingRequest, type OwnSide, type Sender } from "./outgoing.ts";
import type { RequestOptions } from "./sipwright-test.d.ts";
import type { WireMessage } from "./wire-message.ts";

export class InDialog implements OwnSide {
	readonly #sender: Sender;
	readonly #uri: (to: string) => string;
	readonly #contact: string;
	#side: DialogSide;

	/** `uri` makes a URI of what a test calls somebody. */
	constructor(sender: Sender, side: DialogSide, uri: (to: string) => string) {
		this.#sender = sender;
		this.#side = side;
		this.#uri = uri;
		this.#contact = side.endpoint.contact;
	}

	request(method: string, options: RequestOptions = {}): OutgoingRequest {
		const { contact = CONTACTS.includes(method) ? this.#contact : "", body } = options;
		return new OutgoingRequest(this.#sender, (headers) => {
			const lines = [...headers, ...headerLines(options.headers)];
			return withContact(this.#side.write(method, lines, body), contact);
		}).begin();
	}

	hangUp(): OutgoingRequest {
		return this.request("BYE");
	}

	reinvite(options?: RequestOptions): OutgoingRequest {
		return this.request("INVITE", options);
	}

	refer(to: string): OutgoingRequest {
		return this.request("REFER", { headers: { "Refer-To": `<${this.#uri(to)}>` } });
	}

	/** The ACK for a 2xx, whose Contact is where the other side is now (RFC 3261 §12.2.1.2). */
	acknowledge(final: WireMessage): void {
		const contact = final.value("Contact");
		if (contact !== "") this.refresh(contact);
		const number = Number.parseInt(final.value("CSeq"), 10);
		const text = this.#side.write("ACK").replace(/^CSeq: \d+/m, `CSeq: ${number}`);
		this.#side.endpoint.peer.send(text);
	}

	/** The other side has moved. */
	refresh(contact: string): void {
		this.#side = this.#side.refreshed(contact);
	}
}

/** Whose Contact is where this side is reached. */
const CONTACTS: readonly string[] = ["INVITE", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY"];
