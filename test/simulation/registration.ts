/** A phone's registration of one device: RFC 3261 §10.2, with the digest of §22. */

import type { Milliseconds } from "../../core/base/clock.ts";
import type { Chance } from "./chance.ts";
import type { Told } from "./client-transaction.ts";
import { credentials } from "./credentials.ts";
import type { Sip } from "./sip.ts";

const EXPIRES = 3600;

/** What it needs of its phone. */
export type RegistrationHome = {
	readonly place: {
		readonly name: string;
		readonly scheme: string;
		readonly password: string | undefined;
	};
	readonly contact: string;
	readonly restarts: number;
	readonly world: { readonly domain: string; readonly chance: Chance };
	after(ms: Milliseconds, happen: () => void): void;
	request(startLine: string, headers: readonly string[], told: Told): unknown;
};

export class Registration {
	/** The proxy has said 200 to the latest request. */
	done = false;
	readonly #phone: RegistrationHome;
	readonly #device: string;
	#callId = "";
	#cseq = 0;
	#under = 0;

	constructor(phone: RegistrationHome, device: string) {
		this.#phone = phone;
		this.#device = device;
	}

	renew(): void {
		this.#send(EXPIRES, []);
	}

	end(): void {
		this.#send(0, []);
	}

	/** The phone was switched off: its next registration is a new one. */
	forget(): void {
		this.#callId = "";
		this.done = false;
	}

	#send(expires: number, headers: readonly string[]): void {
		const { world, place, contact } = this.#phone;
		if (this.#callId === "") {
			this.#callId = `reg-${this.#device}-${place.name}-${this.#phone.restarts}`;
			this.#cseq = 0;
		}
		this.#cseq += 1;
		this.#under += 1;
		const request = this.#under;
		this.done = false;
		const aor = `${place.scheme}:${this.#device}@${world.domain}`;
		this.#phone.request(
			`REGISTER ${place.scheme}:${world.domain} SIP/2.0`,
			[
				`From: <${aor}>;tag=${place.name}-r`,
				`To: <${aor}>`,
				`Call-ID: ${this.#callId}`,
				`CSeq: ${this.#cseq} REGISTER`,
				`Contact: <${contact}>`,
				`Expires: ${expires}`,
				...headers,
			],
			(response) => {
				if (request === this.#under) this.#answered(response, expires, headers.length === 0);
			},
		);
	}

	#answered(response: Sip | undefined, expires: number, first: boolean): void {
		if (response !== undefined && response.status < 200) return;
		if (response?.status === 200) {
			this.done = true;
			return;
		}
		if (response?.status === 401 && first) {
			const { scheme, password = "" } = this.#phone.place;
			const uri = `${scheme}:${this.#phone.world.domain}`;
			const secret = { user: this.#device, password };
			this.#send(expires, credentials(response, "REGISTER", uri, secret));
			return;
		}
		this.#phone.after(this.#phone.world.chance.between(500, 3_000), () => {
			if (!this.done) this.#send(expires, []);
		});
	}
}
