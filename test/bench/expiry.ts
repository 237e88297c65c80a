/** How long requests wait for their answers while every binding of a registrar expires at once. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { RegisterLoad } from "../support/register-load.ts";
import { HOST } from "./registrar-targets.ts";
import { type Delays, type ExpiryDelays, median } from "./results.ts";

export const PER_SECOND = 200;
export const WATCHED_SECONDS = { before: 5, during: 20 };
const PATIENCE_MS = 2_000;
/** A user who is not registered: the answer to an INVITE is 480. */
export const ABSENT = "3000000";
const BUFFER = 4 * 2 ** 20;

/**
 * Registers `users` so that all expire in the same second, `seconds` from now, and asks before and from
 * then on. Throws when registering takes longer.
 */
export async function delaysAtExpiry(
	load: RegisterLoad,
	port: number,
	users: readonly string[],
	{ sequence, seconds, waitingMax }: { sequence: number; seconds: number; waitingMax: number },
): Promise<ExpiryDelays> {
	const end = performance.now() + 1000 * seconds;
	function* registers() {
		for (const user of users) {
			const expires = Math.floor((end - performance.now()) / 1000);
			yield { user, sequence, expires };
		}
	}
	let good = 0;
	const count = ({ status }: { readonly status: number }) => {
		if (status === 200) good += 1;
	};
	await load.run(registers(), count, { waitingMax });
	const { before, during } = WATCHED_SECONDS;
	const spare = end - performance.now() - 1000 * (before + 1);
	if (good < users.length || spare < 0)
		throw new Error(`${good} of ${users.length} registered, ${Math.round(spare)} ms to spare`);
	await wait(spare);
	const prober = await Prober.open(port);
	try {
		const quiet = await prober.ask(before);
		// Up to a second earlier, the first have expired.
		return { before: quiet, during: await prober.ask(during) };
	} finally {
		prober.close();
	}
}

/** OPTIONS and INVITE in turn, at a steady rate. */
class Prober {
	readonly #socket: Socket;
	readonly #port: number;
	readonly #sent = new Map<string, number>();
	#delays: number[] = [];
	#count = 0;

	private constructor(socket: Socket, port: number) {
		this.#socket = socket;
		this.#port = port;
		socket.on("message", (octets) => this.#received(octets.toString("latin1")));
	}

	static async open(port: number): Promise<Prober> {
		const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER, sendBufferSize: BUFFER });
		socket.bind(0, HOST);
		await once(socket, "listening");
		return new Prober(socket, port);
	}

	async ask(seconds: number): Promise<Delays> {
		this.#delays = [];
		this.#sent.clear();
		const start = performance.now();
		for (let sent = 0; sent < seconds * PER_SECOND; ) {
			if (performance.now() - start < (1000 * sent) / PER_SECOND) await turn();
			else {
				this.#ask();
				sent += 1;
			}
		}
		const patience = performance.now() + PATIENCE_MS;
		while (this.#sent.size > 0 && performance.now() < patience) await turn();
		return summary(this.#delays, this.#sent.size);
	}

	close(): void {
		this.#socket.close();
	}

	#ask(): void {
		this.#count += 1;
		const branch = `z9hG4bK-ask-${this.#count}-${this.#socket.address().port}`;
		this.#sent.set(branch, performance.now());
		this.#transmit(this.#text(this.#count % 2 === 0 ? "INVITE" : "OPTIONS", branch, ""));
	}

	#text(method: string, branch: string, tag: string): string {
		const own = `${HOST}:${this.#socket.address().port}`;
		const server = `${HOST}:${this.#port}`;
		const to = method === "OPTIONS" ? `sip:${server}` : `sip:${ABSENT}@${server}`;
		return `${method} ${to} SIP/2.0\r\nVia: SIP/2.0/UDP ${own};rport;branch=${branch}\r\nMax-Forwards: 70\r\nFrom: <sip:caller@${HOST}>;tag=${branch}\r\nTo: <${to}>${tag}\r\nCall-ID: ${branch}\r\nCSeq: 1 ${method}\r\nContact: <sip:caller@${own}>\r\nContent-Length: 0\r\n\r\n`;
	}

	#received(text: string): void {
		const now = performance.now();
		if (Number(text.slice(8, 11)) < 200) return;
		const branch = /;branch=([^;\r\s]+)/.exec(text)?.[1] ?? "";
		if (text.includes(" INVITE\r\n")) {
			const tag = /^To:.*(;tag=[^;\r]+)/im.exec(text)?.[1] ?? "";
			this.#transmit(this.#text("ACK", branch, tag));
		}
		const at = this.#sent.get(branch);
		if (at === undefined) return;
		this.#sent.delete(branch);
		this.#delays.push(now - at);
	}

	#transmit(text: string): void {
		this.#socket.send(Buffer.from(text, "latin1"), this.#port, HOST);
	}
}

function turn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

function summary(delays: readonly number[], missing: number): Delays {
	const sorted = delays.toSorted((a, b) => a - b);
	const tenths = (value: number) => Math.round(10 * value) / 10;
	return {
		median: tenths(median(sorted)),
		p99: tenths(sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.NaN),
		longest: tenths(sorted.at(-1) ?? Number.NaN),
		answers: sorted.length,
		missing,
	};
}
