/**
 * A simulated user agent: its address, its connection to the proxy, its transactions and dialogs
 * (RFC 3261 §17, §18, §12). What it does in a call is in caller.ts, callee.ts and in-dialog.ts.
 */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import { ClientTransaction, type Told } from "./client-transaction.ts";
import { type Dialog, dialogKey } from "./dialog.ts";
import type { Address, Network } from "./network.ts";
import type { ProxyHost } from "./proxy-host.ts";
import { Registration } from "./registration.ts";
import { ServerTransaction } from "./server-transaction.ts";
import { type Sip, sentByOf, write } from "./sip.ts";
import type { Stream, StreamUser } from "./stream.ts";
import type { Watch } from "./watch.ts";

export type PhonePlace = {
	readonly name: string;
	readonly transport: "udp" | "tcp" | "tls";
	readonly scheme: "sip" | "sips";
	readonly host: string;
	/** Takes connections at the port of its Contact; one behind a NAT does not. */
	readonly accepts: boolean;
	/** The devices it registers as: its own, and those it shares. */
	readonly registers: readonly string[];
	readonly password: string | undefined;
};

export type PhoneWorld = {
	readonly agenda: Agenda;
	readonly network: Network;
	readonly proxy: ProxyHost;
	readonly watch: Watch;
	readonly chance: Chance;
	readonly domain: string;
	/** A request that begins something: an INVITE without a tag in To. */
	invited(phone: Phone, transaction: ServerTransaction): void;
	/** In a dialog of the phone. */
	inDialog(dialog: Dialog, transaction: ServerTransaction): void;
	note(from: string, to: string, sip: Sip): void;
};

export class Phone implements StreamUser {
	readonly place: PhonePlace;
	readonly world: PhoneWorld;
	readonly address: Address;
	/** URI of its Contact. */
	readonly contact: string;
	readonly clients = new Map<string, ClientTransaction>();
	readonly servers = new Map<string, ServerTransaction>();
	readonly dialogs = new Map<string, Dialog>();
	readonly registrations: readonly Registration[];
	up = true;
	/** How often it was switched off. */
	restarts = 0;
	/** When it last had reason to be unreachable or to miss something. */
	troubledAt: Milliseconds = 0;
	#stream: Stream | undefined;
	#leaving = false;
	#lastBranch = 0;
	#lastTag = 0;
	#lastPort = 30_000;

	constructor(world: PhoneWorld, place: PhonePlace) {
		const { transport, scheme, host, name } = place;
		const port = transport === "tls" ? 5061 : 5060;
		this.world = world;
		this.place = place;
		this.address = { host, port };
		const parameter = transport === "tcp" ? ";transport=tcp" : "";
		this.contact = `${scheme}:${name}@${host}:${port}${parameter}`;
		this.registrations = place.registers.map((device) => new Registration(this, device));
		if (transport === "udp")
			world.network.bind(this.address, (sip) => {
				if (this.up) this.#receive(sip, undefined);
			});
	}

	get name(): string {
		return this.place.name;
	}

	get reliable(): boolean {
		return this.place.transport !== "udp";
	}

	/** Once, unless it is switched off before. */
	after(ms: Milliseconds, happen: () => void): void {
		const { restarts } = this;
		this.world.agenda.after(ms, () => {
			if (this.restarts === restarts) happen();
		});
	}

	newBranch(): string {
		this.#lastBranch += 1;
		return `z9hG4bK${this.name}-${this.#lastBranch}`;
	}

	newTag(): string {
		this.#lastTag += 1;
		return `${this.name}-t${this.#lastTag}`;
	}

	/** Value of Via. */
	via(branch: string): string {
		const { host, port } = this.address;
		return `SIP/2.0/${this.place.transport.toUpperCase()} ${host}:${port};branch=${branch};rport`;
	}

	/** Writes a request with a Via of its own and sends it in a client transaction. */
	request(startLine: string, headers: readonly string[], told: Told, body = ""): ClientTransaction {
		const via = `Via: ${this.via(this.newBranch())}`;
		const sip = write(startLine, [via, "Max-Forwards: 70", ...headers], body);
		const transaction = new ClientTransaction(this, sip, told);
		transaction.start();
		return transaction;
	}

	/** On the connection given while it is open; on its own otherwise. */
	transmit(sip: Sip, stream?: Stream): void {
		if (!this.up) return;
		this.world.note(this.name, "", sip);
		if (!this.reliable) {
			const { address, port } = this.world.proxy.address("udp");
			this.world.network.datagram(this.address, { host: address, port }, sip);
		} else if (stream?.open) stream.fromPhone(sip.text);
		else this.connect()?.fromPhone(sip.text);
	}

	connect(): Stream | undefined {
		const { transport, host } = this.place;
		if (transport === "udp") return undefined;
		if (this.#stream?.open) return this.#stream;
		this.#lastPort += 1;
		this.#stream = this.world.proxy.accept(this, transport, { host, port: this.#lastPort });
		return this.#stream;
	}

	/** Its own connection, the one that it registered on. */
	get stream(): Stream | undefined {
		return this.#stream;
	}

	streamReceived(stream: Stream, sip: Sip): boolean {
		// After a restart it knows nothing of the connections it had before.
		if (!this.up || (stream.accepted && stream !== this.#stream)) return false;
		this.#receive(sip, stream);
		return true;
	}

	streamClosed(stream: Stream): void {
		this.troubledAt = this.world.agenda.now;
		if (stream !== this.#stream) return;
		this.#stream = undefined;
		if (this.#leaving) return;
		this.after(this.world.chance.between(10, 2_000), () => this.register());
	}

	register(): void {
		this.#leaving = false;
		for (const registration of this.registrations) registration.renew();
	}

	/** Signs off; what it loses from now on it does not miss. */
	leave(): void {
		this.#leaving = true;
		for (const registration of this.registrations) registration.end();
	}

	/** Switched off, and on again after a while: everything is forgotten, nothing is said. */
	restart(off: Milliseconds): void {
		this.up = false;
		this.restarts += 1;
		this.troubledAt = this.world.agenda.now + off;
		this.#stream = undefined;
		this.clients.clear();
		this.servers.clear();
		this.dialogs.clear();
		for (const registration of this.registrations) registration.forget();
		this.after(off, () => {
			this.up = true;
			this.register();
		});
	}

	#receive(sip: Sip, stream: Stream | undefined): void {
		this.world.note("", this.name, sip);
		if (sip.status !== 0) this.clients.get(`${sip.branch} ${sip.cseqMethod}`)?.receive(sip);
		else if (sip.method === "ACK") this.#acknowledged(sip);
		else this.#requested(sip, stream);
	}

	#acknowledged(ack: Sip): void {
		const found = this.servers.get(keyOf(ack, "INVITE"));
		// Within its transaction for a refusal, in its dialog for a 2xx.
		if (found !== undefined) found.acknowledged = true;
		else this.dialogs.get(dialogKey(ack.callId, ack.toTag, ack.fromTag))?.acknowledged(ack);
	}

	#requested(sip: Sip, stream: Stream | undefined): void {
		const key = keyOf(sip, sip.method);
		const found = this.servers.get(key);
		if (found !== undefined) return found.repeat();
		const transaction = new ServerTransaction(this, sip, stream);
		this.servers.set(key, transaction);
		if (sip.method === "CANCEL") this.#cancelled(sip, transaction);
		else if (sip.toTag === "") this.#begun(transaction);
		else {
			const dialog = this.dialogs.get(dialogKey(sip.callId, sip.toTag, sip.fromTag));
			if (dialog === undefined) transaction.respond("481 Call/Transaction Does Not Exist");
			else this.world.inDialog(dialog, transaction);
		}
	}

	#begun(transaction: ServerTransaction): void {
		if (transaction.request.method === "INVITE") this.world.invited(this, transaction);
		else transaction.respond("200 OK", { tag: this.world.chance.hex(8) });
	}

	/** RFC 3261 §9.2. */
	#cancelled(sip: Sip, transaction: ServerTransaction): void {
		const invite = this.servers.get(keyOf(sip, "INVITE"));
		if (invite === undefined) transaction.respond("481 Call/Transaction Does Not Exist");
		else {
			transaction.respond("200 OK", { tag: invite.tag });
			invite.cancelled?.();
		}
	}
}

/** RFC 3261 §17.2.3. */
function keyOf(request: Sip, method: string): string {
	return `${request.branch} ${sentByOf(request.vias[0] ?? "")} ${method}`;
}
