/**
 * An OPTIONS ping: whether anybody answers at a device (RFC 3261 §11, secure signaling G2c). One
 * request to every address of the device at once, each in a transaction of its own: whichever of
 * them answers, the device is there.
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Device } from "../leg/device.ts";
import type { Response } from "../message/message.ts";
import { parseNameAddress } from "../message/name-addr.ts";
import { parseUri } from "../message/uri.ts";
import type { Via } from "../message/via.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { TransactionTable } from "../transaction/transaction-table.ts";
import type { Environment } from "./environment.ts";
import type { LegLinter } from "./leg-linter.ts";
import { optionsRequest, UNIQUE_DIGITS } from "./options-request.ts";
import { type OutgoingLeg, outgoingLeg } from "./outgoing-leg.ts";
import type { ProxyPort } from "./proxy-port.ts";
import { addressesOf, bindingTargets, contactTarget, type Hop, type Target } from "./target-set.ts";
import type { Located } from "./waiting.ts";

/** The proxy core, as far as pings need it. */
export type PingCore = {
	/** Replaced as a whole on reload: it is read when it is needed. */
	readonly environment: Environment;
	readonly transactions: TransactionTable;
	readonly linter: Pick<LegLinter, "ping">;
};

/** Told once what came of it: `reason` is undefined when somebody answered. */
export type PingOwner = { pinged(reason: string | undefined, now: Milliseconds): void };

export class Ping {
	readonly #core: PingCore;
	readonly #port: Pick<ProxyPort, "locate" | "alive">;
	readonly #owner: PingOwner;
	/** Requests without an outcome, each with its client transaction. */
	readonly #clients = new Set<ClientTransaction>();
	/** Look-ups and requests that can still bring an answer. */
	#open = 0;
	#over = false;
	#reason = "no address";

	constructor(core: PingCore, port: Pick<ProxyPort, "locate" | "alive">, owner: PingOwner) {
		this.#core = core;
		this.#port = port;
		this.#owner = owner;
	}

	begin(device: Device, now: Milliseconds): void {
		const targets = targetsOf(device, this.#core.environment, now);
		// A device that has not registered cannot be asked, and is not called either.
		if (targets.length === 0) this.#end(undefined, now);
		this.#open += targets.length;
		for (const target of targets) {
			const located = this.#locate(target, now);
			if (located !== undefined) this.#located(target, located, now);
		}
	}

	/** RFC 3261 §11.2: whatever a UAS answers, it is there. 408 is what a proxy before it says of one that is not. */
	response(client: ClientTransaction, { status }: Response, now: Milliseconds): void {
		if (status < 200) return;
		this.#clients.delete(client);
		if (status === 503 || status === 408) this.#lost(String(status), now);
		else this.#end(undefined, now);
	}

	failed(client: ClientTransaction, why: "timeout" | "transport", now: Milliseconds): void {
		this.#clients.delete(client);
		this.#lost(why, now);
	}

	/** Nothing of it is waited for any more. */
	stop(): void {
		this.#over = true;
		for (const client of this.#clients) this.#core.transactions.abandon(client);
		this.#clients.clear();
	}

	#locate(target: Target, now: Milliseconds): Located | undefined {
		const { flow, path, uri } = target;
		if (flow !== undefined && this.#port.alive(flow)) return [flow];
		const [first] = path;
		const next = first === undefined ? uri : parseNameAddress("Path", first).uri;
		const waiting = {
			located: (located: Located, at: Milliseconds) => this.#located(target, located, at),
		};
		return this.#port.locate(waiting, parseUri(next), now);
	}

	#located(target: Target, located: Located, now: Milliseconds): void {
		if (this.#over) return;
		const legs = typeof located === "number" ? [] : this.#legs(target, located);
		this.#open += legs.length;
		for (const leg of legs) this.#send(target, leg, now);
		this.#lost(this.#reason, now);
	}

	#legs({ scheme, policy }: Target, hops: readonly Hop[]): readonly OutgoingLeg[] {
		const { environment } = this.#core;
		return hops.flatMap((hop) => outgoingLeg(hop, scheme, policy, environment) ?? []);
	}

	#send(target: Target, leg: OutgoingLeg, now: Milliseconds): void {
		const { environment, transactions, linter } = this.#core;
		const branch = BRANCH + environment.random.hex(UNIQUE_DIGITS);
		const text = optionsRequest(target, leg, branch, environment.random);
		linter.ping(text, leg);
		this.#clients.add(transactions.request(text, "OPTIONS", branch, leg.flow, this, now));
	}

	/** One way less that can bring an answer. */
	#lost(reason: string, now: Milliseconds): void {
		this.#open -= 1;
		this.#reason = reason;
		if (this.#open === 0) this.#end(reason, now);
	}

	#end(reason: string | undefined, now: Milliseconds): void {
		if (this.#over) return;
		this.stop();
		this.#owner.pinged(reason, now);
	}
}

/** The branches of forwarded requests go on in hexadecimal digits: none of them is like this. */
const BRANCH = "z9hG4bKping";

/** Whether it is the Via of a ping: below it there is no other. */
export function isPing({ params }: Via): boolean {
	return params.get("branch")?.startsWith(BRANCH) === true;
}

function targetsOf(
	device: Device,
	{ directory }: Environment,
	now: Milliseconds,
): readonly Target[] {
	const { contact } = device;
	return contact === "*"
		? bindingTargets(device, directory, now)
		: addressesOf(contactTarget(device, contact, undefined));
}
