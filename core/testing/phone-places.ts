/** Where phones are, and the name service that leads there. */
import { type Handshake, type TransportName, webSocket } from "../base/flow.ts";
import { parseNetwork } from "../base/networks.ts";
import type { Scheme } from "../base/scheme.ts";
import type { Config } from "../config/config.ts";
import { parseAddress, parseHostPort } from "../config/host.ts";
import type { Device, DeviceContact } from "../leg/device.ts";
import type { DnsAnswer, DnsQuestion } from "../resolve/dns.ts";
import type { PeerPlace } from "./peer.ts";
import type { PhoneOptions } from "./sipwright-test.d.ts";
import { TestingError } from "./testing-error.ts";

export type Placed = { readonly scheme: Scheme; readonly place: PeerPlace };

/** Networks for documentation (RFC 5737): strangers are in one, names lead to the other. */
const STRANGERS = "203.0.113.";
const NAMED = "198.51.100.";
const FIRST_HOST = 10;
const HOST_MAX = 250;
const PORT_STEP = 10;

export class PhonePlaces {
	readonly #config: Config;
	/** Addresses by name. */
	readonly #named = new Map<string, string>();
	/** By type and name: what a test says. */
	readonly #told = new Map<string, DnsAnswer>();
	readonly #taken = new Set<string>();
	#trusted = FIRST_HOST;
	#strangers = FIRST_HOST;

	constructor(config: Config) {
		this.#config = config;
	}

	of(name: string, device: Device | undefined, options: PhoneOptions): Placed {
		const contact = device?.contact === "*" ? undefined : device?.contact;
		const { scheme = contact?.scheme ?? "sip" } = options;
		const transport = options.transport ?? this.#transportOf(contact, scheme);
		if (scheme === "sips" && transport !== "tls" && transport !== "wss")
			throw new TestingError(`phone ${name}: sips needs tls or wss, not ${transport}`);
		const where = this.#where(name, device, contact, options);
		const port = where.port ?? this.#freePort(where.host, transport === "tls" ? 5061 : 5060);
		const user = encodeURIComponent(contact?.user ?? name);
		const written = `${where.host}:${port}${parameterOf(scheme, transport)}`;
		const shown = options.contact ?? `<${scheme}:${user}@${written}>`;
		return {
			scheme,
			place: {
				...{ transport, host: this.#addressOf(where.host), port, contact: shown },
				handshake: handshakeOf(name, transport, options),
			},
		};
	}

	/** In a small network several phones share an address. */
	#freePort(host: string, usual: number): number {
		let port = usual;
		while (this.#taken.has(`${host}:${port}`)) port += PORT_STEP;
		this.#taken.add(`${host}:${port}`);
		return port;
	}

	tell(type: DnsQuestion["type"], name: string, answer: DnsAnswer): void {
		this.#told.set(`${type} ${name.toLowerCase()}`, answer);
	}

	/** Every name that a phone has, or may get, has one address and no SRV. */
	records({ type, name }: DnsQuestion): DnsAnswer {
		const told = this.#told.get(`${type} ${name.toLowerCase()}`);
		if (told !== undefined) return told;
		const address = this.#named.get(name.toLowerCase());
		if (type !== "A" || address === undefined) return [];
		return [{ type, address }];
	}

	#transportOf(contact: DeviceContact | undefined, scheme: Scheme): TransportName {
		if (contact !== undefined)
			return contact.scheme === "sips" ? "tls" : (contact.transport ?? "udp");
		if (scheme === "sips") return "tls";
		const { listen } = this.#config;
		return (
			listen.find(({ transport }) => transport === "udp")?.transport ??
			listen[0]?.transport ??
			"udp"
		);
	}

	/** IPv6 in brackets. */
	#where(
		name: string,
		device: Device | undefined,
		contact: DeviceContact | undefined,
		{ at }: PhoneOptions,
	): { readonly host: string; readonly port: number | undefined } {
		if (at !== undefined) {
			const parsed = parseHostPort(at);
			if (parsed !== undefined) return parsed;
			throw new TestingError(
				`phone ${name}: at: "${at}" is no address; write 203.0.113.9, [2001:db8::9]:5070 or carrier.example.com`,
			);
		}
		if (contact !== undefined) return contact;
		return { host: device === undefined ? this.#strange() : this.#trust(), port: undefined };
	}

	#strange(): string {
		this.#strangers = this.#strangers < HOST_MAX ? this.#strangers + 1 : FIRST_HOST;
		return `${STRANGERS}${this.#strangers}`;
	}

	/** An address that we trust, and that is not our own. */
	#trust(): string {
		const own = this.#config.listen.map(({ address }) => address);
		for (const text of this.#config.trusted.texts) {
			const address = this.#within(parseNetwork(text)?.address ?? "", own);
			if (address !== undefined) return address;
		}
		return this.#strange();
	}

	/** The next address of the network that begins there; of one that is too small its first. */
	#within(base: string, own: readonly string[]): string | undefined {
		const first = /^(\d+\.\d+\.\d+)\.\d+$/.exec(base)?.[1];
		if (first === undefined) return undefined;
		const { trusted } = this.#config;
		const isFree = (address: string) => trusted.contains(address) && !own.includes(address);
		do this.#trusted += 1;
		while (own.includes(`${first}.${this.#trusted}`));
		const next = `${first}.${this.#trusted}`;
		return this.#trusted <= HOST_MAX && isFree(next) ? next : [base].find(isFree);
	}

	/** The address that stands for a host. */
	#addressOf(host: string): string {
		const literal = parseAddress(host)?.address;
		if (literal !== undefined) return literal;
		const name = host.toLowerCase();
		const known = this.#named.get(name);
		if (known !== undefined) return known;
		const address = `${NAMED}${this.#named.size + 1}`;
		this.#named.set(name, address);
		return address;
	}
}

function handshakeOf(
	name: string,
	transport: TransportName,
	{ handshake }: PhoneOptions,
): Handshake | undefined {
	if (handshake !== undefined && !webSocket(transport))
		throw new TestingError(`phone ${name}: a handshake is for ws and wss, not ${transport}`);
	return handshake && { origin: undefined, path: "/", cookie: undefined, ...handshake };
}

/** What makes a URI lead to this transport (RFC 3263 §4.1). */
function parameterOf(scheme: Scheme, transport: TransportName): string {
	const said = scheme === "sips" ? { wss: "ws" } : { tcp: "tcp", tls: "tls", ws: "ws", wss: "ws" };
	const value = (said as Partial<Record<TransportName, string>>)[transport];
	return value === undefined ? "" : `;transport=${value}`;
}
