/** A request that a phone of the kit sent, and what came back: the client side of RFC 3261 §8.1, §13.2 and §22. */
import type * as Public from "./sipwright-test.d.ts";
import { TestingError } from "./testing-error.ts";
import { WireMessage } from "./wire-message.ts";

/** A phone's side of a dialog. */
export type OwnSide = Public.Dialog & {
	/** The ACK for a 2xx. */
	acknowledge(final: WireMessage): void;
};

/** What a request needs of the phone that sends it. */
export type Sender = {
	readonly name: string;
	/** Sends it and has responses to it brought here. */
	transmit(text: string, to: OutgoingRequest): WireMessage;
	/** When the input under way has been taken. */
	later(action: () => void): void;
	/** The header line that answers a challenge; undefined where there is nothing to answer with. */
	credentials(sent: WireMessage, challenge: WireMessage): string | undefined;
	acknowledge(invite: WireMessage, final: WireMessage): void;
	cancel(invite: WireMessage): string;
	/** The phone's side of the dialog that this response makes. */
	dialogOf(response: WireMessage): OwnSide;
};

export class OutgoingRequest implements Public.Outgoing {
	sent: WireMessage;
	readonly responses: WireMessage[] = [];
	protected readonly sender: Sender;
	readonly #untaken: WireMessage[] = [];
	/** Writes the request once more, with these header lines. */
	readonly #again: (headers: readonly string[]) => string;
	#challenged = false;

	/** `again` writes the request, the first time without further header lines. */
	constructor(sender: Sender, again: (headers: readonly string[]) => string) {
		this.sender = sender;
		this.#again = again;
		this.sent = new WireMessage(again([]));
	}

	/** Sends it. Responses may be there when it returns. */
	begin(): this {
		this.sender.transmit(this.sent.text, this);
		return this;
	}

	get status(): number | undefined {
		return this.responses.at(-1)?.status;
	}

	expect(status: number): WireMessage {
		const at = this.#untaken.findIndex((response) => response.status === status);
		const [found] = at < 0 ? [] : this.#untaken.splice(0, at + 1).slice(-1);
		if (found !== undefined) return found;
		const came = this.responses.map((response) => response.startLine.slice("SIP/2.0 ".length));
		const instead = came.length === 0 ? "no response at all" : `but ${came.join(", ")}`;
		const { method, uri } = this.sent;
		throw new TestingError(`${this.sender.name} got no ${status} to ${method} ${uri}, ${instead}`);
	}

	cancel(): Public.Outgoing {
		const { sender, sent } = this;
		return new OutgoingRequest(sender, () => sender.cancel(sent)).begin();
	}

	/** A response came. */
	came(response: WireMessage): void {
		const { status = 0 } = response;
		const invite = this.sent.method === "INVITE";
		if (invite && status >= 200) this.sender.later(() => this.acknowledge(response));
		if (this.#isRepeated(response)) return;
		this.responses.push(response);
		this.#untaken.push(response);
		if (status === 401 || status === 407) this.#authenticate(response);
	}

	protected acknowledge(final: WireMessage): void {
		const { status = 0 } = final;
		if (status >= 300) this.sender.acknowledge(this.sent, final);
		else this.sender.dialogOf(final).acknowledge(final);
	}

	/** A final response that is sent again. */
	#isRepeated(response: WireMessage): boolean {
		const { status = 0 } = response;
		return status >= 200 && this.responses.some((one) => one.text === response.text);
	}

	/** Once: who is asked a second time has the wrong password. */
	#authenticate(challenge: WireMessage): void {
		const line = this.#challenged ? undefined : this.sender.credentials(this.sent, challenge);
		if (line === undefined) return;
		this.#challenged = true;
		this.sender.later(() => {
			this.sent = new WireMessage(this.#again([line]));
			this.begin();
		});
	}
}

/** An INVITE outside a dialog: the dialog comes with the first response that has a tag and a Contact. */
export class OutgoingCall extends OutgoingRequest implements Public.Call {
	#dialog: OwnSide | undefined;

	override came(response: WireMessage): void {
		super.came(response);
		const { status = 0 } = response;
		const early = this.#dialog === undefined && response.value("Contact") !== "";
		const makesOne = status > 100 && status < 300 && response.value("To").includes(";tag=");
		if (makesOne && (early || status >= 200)) this.#dialog = this.sender.dialogOf(response);
	}

	request(method: string, options?: Public.RequestOptions): Public.Outgoing {
		return this.#inDialog(method).request(method, options);
	}

	hangUp(): Public.Outgoing {
		return this.#inDialog("BYE").hangUp();
	}

	reinvite(options?: Public.RequestOptions): Public.Outgoing {
		return this.#inDialog("INVITE").reinvite(options);
	}

	refer(to: string): Public.Outgoing {
		return this.#inDialog("REFER").refer(to);
	}

	#inDialog(method: string): OwnSide {
		if (this.#dialog !== undefined) return this.#dialog;
		throw new TestingError(
			`${this.sender.name} cannot send ${method}: nobody has answered its INVITE, so there is no dialog`,
		);
	}
}
