/**
 * The whole core against one message: registrar, proxy, transactions and framing, no socket. A caller
 * sends the octets; whoever is sent anything else is the far side, at whatever address.
 */
import type { Flow } from "../../core/base/flow.ts";
import type { Config } from "../../core/config/config.ts";
import { StreamFramer } from "../../core/message/framing.ts";
import type { Decision } from "../../core/proxy/decision.ts";
import { type Decide, ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import { WireLines } from "./wire-lines.ts";

export const SOURCE = "192.0.2.99";
/** The address of every name. */
export const FAR = "203.0.113.9";

const YAML = `
listen:
  - udp:198.51.100.1:5060
  - tcp:198.51.100.1:5060
  - "udp:[2001:db8::ffff]:5060"
  - "tcp:[2001:db8::ffff]:5060"
domains: [example.com]
devices:
  user: { type: Extension, contact: "*" }
  j.user: { type: Extension, contact: "*" }
  watson: { type: Extension, contact: "*" }
  null-: { type: Extension, contact: "*" }
`;

const config = await rigConfig(YAML).then(withNul);

/** No configuration can name it, and no AOR may be cut at its NUL either. */
function withNul(read: Config): Config {
	const plain = read.devices.get("user");
	if (plain === undefined) throw new Error("no device");
	const name = "null-\0-null";
	return { ...read, devices: new Map([...read.devices, [name, { ...plain, name }]]) };
}

export type Sent = { readonly lines: WireLines; readonly text: string; readonly flow: Flow };

export class TortureEngine {
	readonly rig: ExchangeRig;
	readonly caller: VirtualPhone;
	/** What anybody but the caller was sent. */
	readonly far: Sent[] = [];
	/** What the caller's address was sent over UDP, or the caller on its connection. */
	readonly answers: Sent[] = [];
	/** Names that were looked up. */
	readonly asked: string[] = [];
	/** Whether the stream can no longer be read: the transport closes it. */
	closed = false;
	/** Octets of a message that is not whole. */
	buffered = 0;
	readonly #framer = new StreamFramer();
	readonly #names: "udp" | "tcp";

	/** `names` says over which transport a host name is reached. */
	constructor(transport: "udp" | "tcp", names: "udp" | "tcp" = transport, routes: Decide = decide) {
		this.rig = new ExchangeRig({ config, routes });
		this.#names = names;
		this.rig.phones.push(this.#everybody());
		this.caller = this.rig.phone("caller", { host: SOURCE, port: 40_000, transport });
	}

	/** Over UDP one datagram; on the stream as much as there is. */
	send(text: string): this {
		if (this.caller.transport === "udp") this.receive(text, this.caller.flow);
		else this.#stream(text);
		return this;
	}

	/** A message of the far side, from the address that `to` was sent to. */
	reply(to: Sent, text: string): this {
		this.receive(text, to.flow);
		return this;
	}

	#stream(text: string): void {
		this.#framer.push(text);
		for (let frame = this.#framer.next(); frame !== undefined; frame = this.#framer.next()) {
			if (frame.kind === "message" || frame.kind === "error")
				this.receive(frame.text, this.caller.flow);
			if (frame.kind === "error") this.closed = true;
		}
		this.buffered = this.#framer.buffered;
	}

	/** From anywhere. */
	receive(text: string, flow: Flow): void {
		this.rig.receive(text, flow);
		while (this.rig.questions.length > 0) this.#resolve();
	}

	#resolve(): void {
		const { type, name } = this.rig.questions[0]?.question ?? {};
		this.asked.push(name ?? "");
		if (type === "A") this.rig.answerDns([{ type, address: FAR }]);
		else if (type === "SRV" && name?.startsWith(`_sip._${this.#names}.`))
			this.rig.answerDns([{ type, priority: 1, weight: 1, port: 5060, target: "far.example.org" }]);
		else this.rig.answerDns([]);
	}

	/** Takes what is sent, wherever to. */
	#everybody(): VirtualPhone {
		let flow: Flow | undefined;
		const taker = {
			reachable: true,
			connection: 0,
			isAt: (to: Flow) => {
				flow = to;
				return true;
			},
			deliver: (text: string) => {
				if (flow === undefined) return;
				const sent = { lines: new WireLines(text), text, flow };
				(flow.host === SOURCE ? this.answers : this.far).push(sent);
			},
		};
		return taker as unknown as VirtualPhone;
	}
}

/** A registrar for its domain, a proxy for everything else: nothing is refused that the messages do not ask for. */
export function decide({ ours }: Parameters<Decide>[0], text: string): Decision {
	if (text.startsWith("REGISTER ") && ours)
		return /\r\nAuthorization *:/i.test(text)
			? { kind: "challenge" }
			: { kind: "save", contacts: undefined };
	return { kind: "relay", targets: [{ kind: "request-uri" }], callee: undefined, edits: [] };
}
