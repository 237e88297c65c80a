/** The callee's side of a call: RFC 3261 §8.2, §9.2, §13.3 and RFC 3262. What it does is drawn anew for every call. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Call } from "./call.ts";
import type { Chance } from "./chance.ts";
import { T1 } from "./client-transaction.ts";
import { Dialog } from "./dialog.ts";
import { converse } from "./in-dialog.ts";
import type { Phone } from "./phone.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import type { Sip } from "./sip.ts";

export const BEHAVIOURS = {
	answers: 30,
	"answers at once": 6,
	"answers reliably": 8,
	"answers twice": 4,
	"answers when cancelled": 4,
	"ignores its CANCEL": 2,
	"rings forever": 3,
	mute: 3,
	busy: 8,
	declines: 4,
	"not available": 4,
	overloaded: 4,
	fails: 3,
	redirects: 4,
	challenges: 3,
	"not found": 3,
} as const;

export type Behaviour = keyof typeof BEHAVIOURS;

const REFUSALS: Readonly<Partial<Record<Behaviour, string>>> = {
	busy: "486 Busy Here",
	declines: "603 Decline",
	"not available": "480 Temporarily Unavailable",
	overloaded: "503 Service Unavailable",
	fails: "500 Server Internal Error",
	redirects: "302 Moved Temporarily",
	challenges: "407 Proxy Authentication Required",
	"not found": "404 Not Found",
};

/** Nobody lets it ring for longer. */
const ATTENTION: Milliseconds = 600_000;

export class Callee {
	readonly #phone: Phone;
	readonly #transaction: ServerTransaction;
	readonly #call: Call;
	readonly #chance: Chance;
	readonly #behaviour: Behaviour;
	/** When the INVITE came. */
	readonly since: Milliseconds;
	readonly #tags: string[];
	/** A CANCEL came. */
	#cancelled = false;
	#early: Dialog | undefined;
	#reliable: string | undefined;
	readonly #stuck: (callee: Callee) => void;

	/** `stuck` is told when it has rung for much longer than Timer C. */
	constructor(
		phone: Phone,
		transaction: ServerTransaction,
		call: Call,
		chance: Chance,
		stuck: (callee: Callee) => void,
	) {
		this.#phone = phone;
		this.#transaction = transaction;
		this.#call = call;
		this.#chance = chance;
		this.#behaviour = chance.weighted<Behaviour>(BEHAVIOURS);
		const tag = phone.newTag();
		this.#tags = this.#behaviour === "answers twice" ? [tag, `${tag}b`] : [tag];
		this.#stuck = stuck;
		this.since = phone.world.agenda.now;
	}

	get invite(): Sip {
		return this.#transaction.request;
	}

	/** A CANCEL does not stop it. */
	get ignores(): boolean {
		return this.#behaviour === "ignores its CANCEL";
	}

	start(): void {
		const phone = this.#phone;
		this.#call.count(`callee ${this.#behaviour}`);
		this.#transaction.cancelled = () => this.#cancel();
		if (this.#behaviour === "mute") return;
		if (this.#behaviour === "answers at once") return this.#answer();
		const refusal = REFUSALS[this.#behaviour];
		if (refusal === undefined || this.#chance.yes(0.5))
			phone.after(this.#chance.between(0, 2_000), () => this.#ring(2));
		const later = this.#chance.between(2_000, 12_000);
		if (refusal !== undefined)
			phone.after(this.#chance.yes(0.5) ? 5 : later, () => this.#refuse(refusal));
		else if (this.#behaviour.startsWith("answers") && this.#behaviour !== "answers reliably")
			phone.after(later, () => this.#answer());
		phone.after(ATTENTION, () => {
			if (this.#open) this.#stuck(this);
		});
	}

	get #open(): boolean {
		return this.#transaction.status === 0;
	}

	#ring(again: number): void {
		if (!this.#open || this.#cancelled) return;
		const wants = this.invite.value("Supported").includes("100rel");
		if (this.#behaviour === "answers reliably" && wants) return this.#progress();
		for (const tag of this.#tags) this.#provisional("180 Ringing", tag, []);
		if (this.#behaviour === "answers reliably") this.#phone.after(2_000, () => this.#answer());
		// Whoever keeps saying so is never given up by Timer C (§16.7 step 2).
		if (again > 0) this.#phone.after(60_000, () => this.#ring(again - 1));
	}

	#provisional(status: string, tag: string, headers: readonly string[]): Sip {
		const contact = `Contact: <${this.#phone.contact}>`;
		return this.#transaction.respond(status, { tag, headers: [contact, ...headers] });
	}

	/** RFC 3262 §3: 183 again and again until its PRACK has come. */
	#progress(): void {
		const [tag = ""] = this.#tags;
		this.#reliable = "1";
		this.#early = this.#dialog(tag);
		this.#early.onPrack = (request) => this.#confirmed(request);
		const headers = ["Require: 100rel", "RSeq: 1"];
		const progress = this.#provisional("183 Session Progress", tag, headers);
		this.#repeat(progress, T1, 0);
	}

	#repeat(progress: Sip, interval: Milliseconds, passed: Milliseconds): void {
		this.#phone.after(interval, () => {
			if (this.#reliable === undefined || !this.#open) return;
			if (passed + interval > 64 * T1) return this.#refuse("500 No PRACK");
			this.#transaction.send(progress);
			this.#repeat(progress, 2 * interval, passed + interval);
		});
	}

	#confirmed(request: Sip): string {
		if (!request.value("RAck").startsWith("1 ")) return "481 No Such Response";
		if (this.#reliable !== undefined) {
			this.#reliable = undefined;
			this.#phone.after(this.#chance.between(100, 4_000), () => this.#answer());
		}
		return "200 OK";
	}

	#answer(): void {
		if (!this.#open) return;
		const [first = "", second] = this.#tags;
		this.#accept(first);
		if (second !== undefined) this.#phone.after(300, () => this.#accept(second));
	}

	#accept(tag: string): void {
		const phone = this.#phone;
		const known = this.#early?.localTag === tag ? this.#early : undefined;
		const dialog = known ?? this.#dialog(tag);
		if (dialog.state !== "early") return;
		const headers = [`Contact: <${phone.contact}>`];
		const response = this.#transaction.respond("200 OK", { tag, headers, body: "v=0" });
		dialog.confirm();
		dialog.repeatUntilAcknowledged(response, this.#transaction);
		converse(dialog);
	}

	#refuse(status: string): void {
		if (!this.#open) return;
		const [tag = ""] = this.#tags;
		this.#early?.end();
		this.#transaction.respond(status, { tag, headers: this.#explain() });
	}

	#explain(): readonly string[] {
		const { place, world } = this.#phone;
		if (this.#behaviour === "redirects")
			return [`Contact: <${place.scheme}:${this.#chance.between(1000, 1005)}@${world.domain}>`];
		if (this.#behaviour === "overloaded") return ["Retry-After: 5"];
		if (this.#behaviour === "challenges")
			return [
				`Proxy-Authenticate: Digest realm="callee", nonce="${this.#chance.hex(8)}", algorithm=MD5`,
			];
		return [];
	}

	#cancel(): void {
		if (!this.#open) return;
		this.#call.count("callee cancelled");
		this.#cancelled = true;
		if (this.#behaviour === "answers when cancelled") this.#answer();
		else if (this.#behaviour !== "ignores its CANCEL") this.#refuse("487 Request Terminated");
	}

	#dialog(tag: string): Dialog {
		const phone = this.#phone;
		const known = phone.dialogs.get(`${this.invite.callId} ${tag} ${this.invite.fromTag}`);
		return known ?? Dialog.ofCallee(phone, this.#call, this.invite, tag);
	}
}
