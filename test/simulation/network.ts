/** Datagrams between the proxy and the phones: lost, doubled, late and out of order, as the weather has it. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { Sip } from "./sip.ts";

export type Address = { readonly host: string; readonly port: number };

/** Shares are of 1. */
export type Weather = {
	/** Of datagrams. */
	readonly loss: number;
	readonly twice: number;
	/** On the way, at least and at most. */
	readonly delay: Milliseconds;
	readonly jitter: Milliseconds;
	/** Of messages: those that take a second more. */
	readonly astray: number;
	/** Of writes to a stream: those that are read in pieces. */
	readonly pieces: number;
};

export const FINE: Weather = { loss: 0, twice: 0, delay: 2, jitter: 0, astray: 0, pieces: 0 };

export const WEATHERS: Readonly<
	Record<"fine" | "office" | "wireless" | "storm" | "hurricane", Weather>
> = {
	fine: FINE,
	office: { loss: 0.002, twice: 0.002, delay: 1, jitter: 10, astray: 0, pieces: 0.05 },
	wireless: { loss: 0.03, twice: 0.01, delay: 5, jitter: 120, astray: 0.005, pieces: 0.2 },
	storm: { loss: 0.12, twice: 0.06, delay: 10, jitter: 600, astray: 0.02, pieces: 0.5 },
	hurricane: { loss: 0.35, twice: 0.1, delay: 20, jitter: 1500, astray: 0.05, pieces: 0.7 },
};

/** With all else, nothing stays in the network for longer than transactions reckon with (T4, RFC 3261 §17.1.2.2). */
const ASTRAY_MAX: Milliseconds = 1_500;

export type WeatherName = keyof typeof WEATHERS;
type Socket = (sip: Sip, from: Address) => void;

export class Network {
	weather: Weather = FINE;
	/** Hosts that nothing reaches or leaves. */
	readonly cutOff = new Set<string>();
	readonly #agenda: Agenda;
	readonly #chance: Chance;
	readonly #sockets = new Map<string, Socket>();

	constructor(agenda: Agenda, chance: Chance) {
		this.#agenda = agenda;
		this.#chance = chance;
	}

	bind({ host, port }: Address, socket: Socket): void {
		this.#sockets.set(`${host}:${port}`, socket);
	}

	datagram(from: Address, to: Address, sip: Sip): void {
		const { loss, twice } = this.weather;
		if (this.#chance.yes(loss)) return;
		this.#carry(from, to, sip);
		if (this.#chance.yes(twice)) this.#carry(from, to, sip);
	}

	/** How long the next message takes. */
	delay(): Milliseconds {
		const { delay, jitter, astray } = this.weather;
		const late = this.#chance.yes(astray) ? this.#chance.between(300, ASTRAY_MAX) : 0;
		return delay + (jitter > 0 ? this.#chance.between(0, jitter) : 0) + late;
	}

	/** How much of these octets comes at once. */
	piece(octets: number): number {
		return this.#chance.yes(this.weather.pieces) ? this.#chance.between(1, octets) : octets;
	}

	isCutOff(host: string): boolean {
		return this.cutOff.size > 0 && this.cutOff.has(host);
	}

	#carry(from: Address, to: Address, sip: Sip): void {
		this.#agenda.after(this.delay(), () => {
			if (this.isCutOff(from.host) || this.isCutOff(to.host)) return;
			this.#sockets.get(`${to.host}:${to.port}`)?.(sip, from);
		});
	}
}
