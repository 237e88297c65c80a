/** Plays a random dialog on the whole core, and holds every message to what has to be true of it (RFC 3261 §12.2). */
import assert from "node:assert/strict";
import { assertCrossed, assertSecureSocket } from "../../support/crossing.ts";
import { relay } from "../../support/decisions.ts";
import { DialogSide, uriOf } from "../../support/dialog.ts";
import type { Seeded } from "../../support/each-seed.ts";
import { ExchangeRig } from "../../support/exchange-rig.ts";
import type { VirtualPhone } from "../../support/virtual-phone.ts";
import type { WireMessage } from "../../support/wire-message.ts";
import type { Party, Plan, Step } from "./random-dialog.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

type Config = ConstructorParameters<typeof ExchangeRig>[0]["config"];
/** Done between two transactions. */
export type Between = (rig: ExchangeRig, at: number) => void;

/** One side, as its phone keeps it. */
class Side {
	readonly party: Party;
	readonly phone: VirtualPhone;
	/** What its requests say in Contact; DialogSide reads it each time. */
	readonly endpoint: { peer: VirtualPhone; via: string; contact: string };
	/** The Request-URI that requests to it have to have: its Contact, as the other side last accepted it. */
	target: string;
	dialog: DialogSide | undefined;

	constructor(rig: ExchangeRig, party: Party) {
		const { name, transport, host, port, contact } = party;
		this.party = party;
		this.phone = rig.phone(name, { transport, host, port, contact: `<${contact}>` });
		this.endpoint = { peer: this.phone, via: this.phone.via, contact: `<${contact}>` };
		this.target = contact;
	}

	get side(): DialogSide {
		assert.ok(this.dialog);
		return this.dialog;
	}
}

export class Played {
	readonly plan: Plan;
	readonly rig: ExchangeRig;
	readonly #a: Side;
	readonly #b: Side;
	/** From and To as b saw them first: every request of a has to bring the same. */
	#seen: readonly [from: string, to: string] = ["", ""];

	constructor(plan: Plan, config: Config) {
		this.plan = plan;
		this.rig = new ExchangeRig({ config, routes: () => relay("b"), watch: assertSecureSocket });
		this.#a = new Side(this.rig, plan.a);
		this.#b = new Side(this.rig, plan.b);
	}

	/** Everything that the phones were sent, with what is random in each run taken out. */
	get wire(): string[] {
		return [this.#a, this.#b].flatMap(({ phone }) =>
			phone.received.map(({ text }) => text.replaceAll(/branch=z9hG4bK[^;\r]*/g, "branch=B")),
		);
	}

	play(between: Between = () => {}): this {
		this.#call();
		for (const [at, step] of this.plan.steps.entries()) {
			between(this.rig, at);
			this.#step(step);
		}
		return this;
	}

	/**
	 * A request in the dialog with one letter changed, in a cookie of ours or in an entry of ours;
	 * undefined where the plan has none. Nothing that was not signed may be followed.
	 */
	forge(random: Seeded) {
		this.#call();
		const [from, to] = random.pick([
			[this.#a, this.#b],
			[this.#b, this.#a],
		]);
		const honest = from.side.write("OPTIONS");
		const cookie = random.pick([...honest.matchAll(/;x5=([\w-]+)/g)]);
		const entry = honest.match(/;x5c=([\w-]{24,})/);
		const place = entry ?? cookie;
		if (place?.index === undefined) return undefined;
		const at = place.index + place[0].indexOf("=") + 1 + random.below(place[1]?.length ?? 0);
		const other = random.pick([...LETTERS].filter((letter) => letter !== honest[at]));
		const sent = honest.slice(0, at) + other + honest.slice(at + 1);
		const before = to.phone.received.length;
		from.phone.unread.length = 0;
		from.phone.send(sent);
		return {
			...{ sent, rig: this.rig, cookie: place[0].startsWith(";x5=") },
			changed: sent.slice(place.index, place.index + place[0].length),
			statuses: from.phone.unread.map(({ status }) => status),
			came: to.phone.received.slice(before),
		};
	}

	#call(): void {
		const { plan } = this;
		const [a, b] = [this.#a, this.#b];
		const text = a.phone
			.write("INVITE", `${plan.a.scheme}:b@172.21.83.50`, { callId: plan.callId })
			.replace(/^From: .*$/m, `From: ${plan.from}`)
			.replace(/^To: .*$/m, `To: ${plan.to}`);
		const sent = a.phone.send(text);
		const invite = assertCrossed(sent, b.phone.take("INVITE"));
		this.#seen = [invite.value("From"), `${invite.value("To")};tag=b`];
		assertLeg(invite, plan.b, true);
		if (plan.rings) this.#answered(b.phone.answer(invite, "180 Ringing"), sent, a, 180);
		const final = this.#answered(b.phone.answer(invite, "200 OK"), sent, a, 200);
		a.dialog = DialogSide.caller(a.endpoint, final);
		b.dialog = DialogSide.callee(b.endpoint, invite, `${invite.value("To")};tag=b`);
		this.#acknowledge(a, b);
	}

	#answered(answer: WireMessage, sent: WireMessage, to: Side, status: number): WireMessage {
		const got = assertCrossed(answer, to.phone.take(status, sent.method));
		assert.equal(got.value("From"), sent.value("From"));
		const tag = sent.value("To").includes(";tag=") ? "" : ";tag=b";
		assert.equal(got.value("To"), sent.value("To") + tag);
		assertLeg(got, to.party, false);
		return got;
	}

	#acknowledge(from: Side, to: Side): void {
		const came = assertCrossed(from.side.send("ACK"), to.phone.take("ACK"));
		this.#assertRequest(came, from, to);
	}

	#step({ by, method, contact, status, headers, body }: Step): void {
		const [from, to] = by === "a" ? [this.#a, this.#b] : [this.#b, this.#a];
		const before = from.endpoint.contact;
		if (contact !== undefined) from.endpoint.contact = `<${contact}>`;
		const sent = from.side.send(method, headers, body);
		const came = assertCrossed(sent, to.phone.take(method));
		this.#assertRequest(came, from, to);
		const answer = to.phone.answer(came, status, { tag: "b", contact: to.endpoint.contact });
		const got = assertCrossed(answer, from.phone.take(Number(status.slice(0, 3)), method));
		for (const name of ["From", "To"])
			assert.equal(got.value(name), /^(?:From|To): .*$/gm.test(sent) ? line(sent, name) : "");
		assertLeg(got, from.party, false);
		if (method !== "INVITE" && method !== "UPDATE") return;
		if (status.startsWith("2")) this.#refresh(from, to, came, got);
		else from.endpoint.contact = before;
		if (method === "INVITE" && status.startsWith("2")) this.#acknowledge(from, to);
		else if (method === "INVITE") to.phone.take("ACK");
	}

	/** Both sides have taken a new remote target (RFC 3261 §12.2.1.2). */
	#refresh(from: Side, to: Side, came: WireMessage, got: WireMessage): void {
		to.dialog = to.side.refreshed(came.value("Contact"));
		from.dialog = from.side.refreshed(got.value("Contact"));
		from.target = uriOf(from.endpoint.contact);
	}

	#assertRequest(came: WireMessage, from: Side, to: Side): void {
		assert.equal(came.uri, to.target, "its own Contact, byte for byte");
		assert.deepEqual(came.values("Route"), []);
		const { from: caller, to: callee } = this.plan;
		const seen = from === this.#a ? this.#seen : [`${callee};tag=b`, caller];
		assert.deepEqual([came.value("From"), came.value("To")], seen);
		assertLeg(came, to.party, to === this.#b);
	}
}

function line(text: string, name: string): string {
	return new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1]?.trimEnd() ?? "";
}

/** The scheme of a leg in all four places, and in our Record-Route; the caller's own From and To are as it chose. */
function assertLeg(message: WireMessage, { scheme, transport }: Party, identities: boolean): void {
	const own = message.recordRoutes.filter((entry) => entry.includes("172.21.83.50"));
	const targets = [
		...(message.method === undefined ? [] : [message.uri]),
		...message.values("Contact").map(uriOf),
		...own.map(uriOf),
	];
	const said = identities ? ["From", "To"].map((name) => uriOf(unquoted(message.value(name)))) : [];
	for (const uri of [...targets, ...said])
		if (/^sips?:/i.test(uri)) assert.equal(/^sips:/i.test(uri), scheme === "sips", message.text);
	if (scheme !== "sips") return;
	assert.ok(transport === "tls", "sips by TLS only");
	for (const uri of targets) assert.doesNotMatch(uri.replace(/^[^@]*@/, ""), /;transport=udp/i);
}

function unquoted(value: string): string {
	return value.replace(/^"(?:[^"\\]|\\.)*"/, "");
}
