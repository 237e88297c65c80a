/** Runs a history against the whole core in memory, and sees to it that everything comes to an end. */

import { StreamFramer } from "../../../core/message/framing.ts";
import type { DnsAnswer } from "../../../core/resolve/dns.ts";
import { mayAnswer, readDecision } from "../../../core/script/read-answer.ts";
import { ScriptError } from "../../../core/script/script-error.ts";
import { ExchangeRig } from "../../support/exchange-rig.ts";
import { mutate } from "../../support/mutate.ts";
import { rigConfig } from "../../support/rig-config.ts";
import { seeded } from "../../support/seeded.ts";
import type { VirtualPhone } from "../../support/virtual-phone.ts";
import { WireMessage } from "../../support/wire-message.ts";
import { anyMessage } from "../corpus.ts";
import { demand, type Json, same } from "../target.ts";
import { Outgoing } from "./outgoing.ts";
import {
	answerOf,
	authorized,
	calleeSide,
	callerSide,
	inDialog,
	peersOf,
	registerOf,
	requestOf,
	type Side,
	sameHop,
	YAML,
} from "./peers.ts";
import type { History, Step } from "./steps.ts";
import { SETTINGS } from "./tables.ts";

const configs = await Promise.all(
	SETTINGS.map((settings) =>
		rigConfig(YAML.replace("domains:", `secure-signaling: { ${settings} }\ndomains:`)),
	),
);

type Sent = { readonly phone: VirtualPhone; readonly text: string };
type Came = { readonly phone: VirtualPhone; readonly wire: WireMessage };

export class World {
	readonly #rig: ExchangeRig;
	readonly #phones: readonly VirtualPhone[];
	readonly #outgoing = new Outgoing();
	/** Newest first, as the steps name them. */
	readonly #sent: Sent[] = [];
	readonly #requests: Came[] = [];
	readonly #responses: Came[] = [];
	readonly #sides: Side[] = [];
	#script: Json = null;
	#ids = 0;

	constructor({ seed, limit, fallback, settings = 0 }: History) {
		const config = configs[settings];
		demand(config !== undefined, "fuzz: there are such settings");
		this.#rig = new ExchangeRig({
			config,
			seed,
			transactionsMax: limit,
			routes: () => this.#decide(this.#script),
			...(fallback === null ? {} : { fallback: () => this.#decide(fallback) }),
			// A mutation may write our Route entry twice, with another between.
			violations: ["own-route"],
			watch: (text, flow, owner) => this.#outgoing.take(text, flow, owner),
		});
		this.#phones = peersOf(this.#rig);
	}

	take(step: Step): void {
		this.#perform(step);
		const { size, exchange } = this.#rig;
		// A look-up for an ACK has no transaction.
		const idle = size === 0 && this.#rig.questions.length === 0;
		demand(!idle || exchange.next() === undefined, "timers: none without a transaction");
		this.#sort();
	}

	/** Nobody does anything any more; name servers answer when nobody waits for it, or never. */
	finish(): void {
		const rig = this.#rig;
		this.#quiet();
		while (rig.questions.length > 0) rig.answerDns(DNS[0] ?? "failed");
		this.#quiet();
		same(rig.exchange.next(), undefined, "end: no timer is armed");
		same(rig.size, 0, "end: no transaction is left");
		same(rig.retained, 0, "end: no generation of scripts is held");
		this.#outgoing.finish();
	}

	#quiet(): void {
		const rig = this.#rig;
		for (let round = 0; round < ROUNDS_MAX && rig.exchange.next() !== undefined; round += 1)
			rig.wait(QUIET_MS);
	}

	#perform(step: Step): void {
		switch (step.do) {
			case "request":
				return this.#send(
					this.#phone(step.from),
					requestOf(this.#phone(step.from), { ...step, id: this.#id() }),
					step,
				);
			case "register":
				return this.#send(
					this.#phone(step.from),
					registerOf(this.#phone(step.from), { ...step, id: this.#id() }),
					step,
				);
			case "raw":
				return this.#raw(this.#phone(step.from), anyMessage(seeded(step.seed)));
			case "again":
				return this.#again(step);
			case "answer":
				return this.#answer(step);
			case "ack":
			case "cancel":
			case "dialog":
			case "authorize":
				return this.#goOn(step);
			case "wait":
				return void this.#rig.wait(step.ms);
			case "dns":
				return this.#dns(step);
			case "disconnect":
				return this.#phone(step.phone).disconnect();
			case "reachable":
				this.#phone(step.phone).reachable = step.value;
				return;
			case "reload":
				this.#rig.exchange.configure(this.#rig.settings(), this.#rig.now);
		}
	}

	/** What comes on a stream is cut into messages, and ends it where that is not possible. */
	#raw(phone: VirtualPhone, text: string): void {
		if (phone.transport === "udp") {
			this.#send(phone, text);
			return;
		}
		const framer = new StreamFramer();
		framer.push(text);
		for (let frame = framer.next(); frame !== undefined; frame = framer.next())
			if (frame.kind === "message") this.#send(phone, frame.text);
			else if (frame.kind === "error") {
				this.#rig.exchange.framingError(frame.text, frame.error, phone.flow);
				phone.disconnect();
			}
	}

	#again({ at, elsewhere }: Extract<Step, { do: "again" }>): void {
		const sent = pick(this.#sent, at);
		if (sent === undefined) return;
		const phone = elsewhere ? this.#phone(at) : sent.phone;
		this.#receive(phone, sent.text);
	}

	#answer({ at, status, headers, tag, mutate }: Extract<Step, { do: "answer" }>): void {
		const came = pick(this.#requests, at);
		if (came === undefined || came.wire.method === "ACK") return;
		const { phone, wire } = came;
		this.#sides.unshift(calleeSide(phone, wire, tag));
		this.#send(phone, answerOf(phone, wire, status, tag, headers), { mutate });
	}

	/** What follows on something that came. */
	#goOn(step: Extract<Step, { do: "ack" | "cancel" | "dialog" | "authorize" }>): void {
		if (step.do === "dialog") return this.#inDialog(step);
		if (step.do === "cancel") {
			const sent = pick(
				this.#sent.filter(({ text }) => text.startsWith("INVITE")),
				step.at,
			);
			const wire = sent && new WireMessage(sent.text);
			if (sent && wire)
				this.#send(
					sent.phone,
					sameHop("CANCEL", wire, wire.values("To")[0] ?? "", step.headers),
					step,
				);
			return;
		}
		const came = pick(this.#responses, step.at);
		const sent = came && this.#sent.find(({ text }) => belongs(text, came.wire));
		if (came === undefined || sent === undefined) return;
		if (step.do === "ack") this.#acknowledge(came, sent.text, step);
		else this.#authorize(came, sent.text, step);
	}

	#acknowledge({ phone, wire }: Came, sent: string, step: { readonly mutate: number }): void {
		const text =
			(wire.status ?? 0) < 300
				? inDialog(callerSide(phone, wire), "ACK", this.#id())
				: sameHop("ACK", new WireMessage(sent), wire.values("To")[0] ?? "");
		this.#send(phone, text, step);
	}

	#authorize({ phone, wire }: Came, sent: string, step: { readonly script: Json }): void {
		const text = authorized(sent, wire, this.#id());
		if (text !== undefined) this.#send(phone, text, { ...step, mutate: 0 });
	}

	#inDialog(step: Extract<Step, { do: "dialog" }>): void {
		const side = pick(this.#sides, step.at);
		if (side === undefined) return;
		if (step.method !== "ACK" && step.method !== "CANCEL") side.cseq += 1;
		this.#send(side.phone, inDialog(side, step.method, this.#id()), step);
	}

	#dns({ at, answer }: Extract<Step, { do: "dns" }>): void {
		const { questions } = this.#rig;
		const [asked] = questions.splice(at % Math.max(1, questions.length), 1);
		if (asked === undefined) return;
		questions.unshift(asked);
		this.#rig.answerDns(DNS[answer % DNS.length] ?? "failed");
	}

	#send(
		phone: VirtualPhone,
		text: string,
		how: { readonly mutate?: number; readonly script?: Json } = {},
	): void {
		const { mutate: seed = 0 } = how;
		if (how.script !== undefined) this.#script = how.script;
		const sent = seed === 0 ? text : mutate(text, seeded(seed));
		this.#sent.unshift({ phone, text: sent });
		this.#receive(phone, sent);
	}

	#receive(phone: VirtualPhone, text: string): void {
		this.#outgoing.duringAck = /^(\r\n)*ACK /.test(text);
		this.#outgoing.received.push(text);
		this.#rig.receive(text, phone.flow);
		this.#outgoing.duringAck = false;
	}

	/** What has come since the last step goes where later steps find it. */
	#sort(): void {
		for (const phone of this.#phones)
			for (const wire of phone.unread.splice(0)) this.#came({ phone, wire });
		for (const list of [this.#sent, this.#requests, this.#responses, this.#sides])
			list.splice(KEPT_MAX);
		this.#rig.transcript.length = 0;
	}

	#came(came: Came): void {
		const { status } = came.wire;
		(status === undefined ? this.#requests : this.#responses).unshift(came);
		if (status !== undefined && status > 100 && status < 300)
			this.#sides.unshift(callerSide(came.phone, came.wire));
	}

	/** As the host takes an answer of an isolate. */
	#decide(script: Json) {
		const read = script === null ? "it threw" : readDecision(script);
		const decision =
			typeof read === "string" || mayAnswer("onRequest", read) ? read : "no answer to a request";
		if (typeof decision === "string")
			return new ScriptError(
				"SCRIPT_DECISION",
				{ script: "a.ts", place: undefined, generation: 1 },
				decision,
			);
		if (decision.kind === "drop") this.#outgoing.dropped += 1;
		return decision;
	}

	#phone(at: number): VirtualPhone {
		const phone = pick(this.#phones, at);
		demand(phone !== undefined, "fuzz: there are phones");
		return phone;
	}

	#id(): number {
		this.#ids += 1;
		return this.#ids;
	}
}

function pick<V>(list: readonly V[], at: number): V | undefined {
	return list[at % Math.max(1, list.length)];
}

function belongs(sent: string, response: WireMessage): boolean {
	const callId = response.values("Call-ID")[0] ?? "";
	return sent.includes(`Call-ID: ${callId}\r\n`) && sent.startsWith(`${response.cseqMethod} `);
}

/** As `steps.ts` counts them. */
const DNS: readonly DnsAnswer[] = [
	[{ type: "A", address: "192.0.2.77" }],
	[],
	"failed",
	[{ type: "SRV", priority: 1, weight: 1, port: 5060, target: "a.example.org" }, { type: "SRV", priority: 2, weight: 0, port: 5060, target: "." }],
	[{ type: "NAPTR", order: 1, preference: 1, flags: "s", service: "SIP+D2T", replacement: "_sip._tcp.example.org" }],
	[{ type: "A", address: "192.0.2.98" }, { type: "A", address: "192.0.2.77" }, { type: "A", address: "224.0.0.1" }],
]; // biome-ignore format: a table

/** Longer than any timer of ours. */
const QUIET_MS = 4_000_000;
/** More than there are targets and addresses to try. */
const ROUNDS_MAX = 200;
const KEPT_MAX = 40;
