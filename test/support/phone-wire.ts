/** What a softphone sent and received, read from the trace that it prints itself: TLS shows nothing to others. */
import type { Program } from "./process.ts";
import { WireMessage, WireReader } from "./wire-message.ts";

export type Seen = { readonly sent: boolean; readonly message: WireMessage };
/** The messages of a trace so far, in order. */
export type ReadTrace = (output: string) => Seen[];
type Match = (message: WireMessage) => boolean;

/** Each message is taken once: what comes later is a later message. */
export class PhoneWire {
	readonly #program: Program;
	readonly #read: ReadTrace;
	readonly #taken = new Set<number>();

	constructor(program: Program, read: ReadTrace) {
		this.#program = program;
		this.#read = read;
	}

	get all(): Seen[] {
		return this.#read(this.#program.output());
	}

	/** The first request not yet taken with this method, and that matches, that reached the phone. */
	request(method: string, match: Match = () => true): Promise<WireMessage> {
		return this.#take(false, (one) => one.method === method && match(one), `incoming ${method}`);
	}

	/** The first response not yet taken with this status that reached the phone. */
	response(status: number, method: string, match: Match = () => true): Promise<WireMessage> {
		const fits: Match = (one) => one.status === status && one.cseqMethod === method && match(one);
		return this.#take(false, fits, `incoming ${status} to ${method}`);
	}

	/** The first request not yet taken with this method that the phone sent. */
	sent(method: string, match: Match = () => true): Promise<WireMessage> {
		return this.#take(true, (one) => one.method === method && match(one), `sent ${method}`);
	}

	#take(sent: boolean, match: Match, what: string): Promise<WireMessage> {
		return this.#program.until((output) => {
			const seen = this.#read(output);
			const at = seen.findIndex(
				(one, index) => !this.#taken.has(index) && one.sent === sent && match(one.message),
			);
			if (at < 0) return undefined;
			this.#taken.add(at);
			return seen[at]?.message;
		}, what);
	}
}

/** The log of belle-sip, level 6: a line with the size, then the bytes; what came is cut as the socket cut it. */
export function linphoneTrace(output: string): Seen[] {
	const readers = new Map<string, WireReader>();
	const entry =
		/channel \[(\w+)\]: (?:message (sent) to \[[^\]]*\], size: \[(\d+)\] bytes|received \[(\d+)\] new bytes from \[[^\]]*\]:)\r?\n/g;
	const seen: Seen[] = [];
	for (const found of output.matchAll(entry)) {
		const [whole, channel = "", sent, sentSize, receivedSize] = found;
		const start = found.index + whole.length;
		const size = Number(sentSize ?? receivedSize);
		if (output.length < start + size) break;
		const bytes = output.slice(start, start + size);
		const key = `${channel} ${sent ?? "received"}`;
		const reader = readers.get(key) ?? new WireReader();
		readers.set(key, reader);
		for (const message of reader.push(bytes)) seen.push({ sent: sent !== undefined, message });
	}
	return seen;
}

/** Of `baresip -s`: in colour, a line `UDP from -> to`, and the message. */
export function baresipTrace(proxyHost: string): ReadTrace {
	const [start, end] = ["\u001b[36;1m#\n", "\u001b[;m"];
	return (output) =>
		output.split(start).flatMap((entry) => {
			const [, to = ""] = /^(?:UDP|TCP|TLS) \S+ -> (\S+)\n/.exec(entry) ?? [];
			const text = entry.slice(entry.indexOf("\n") + 1, entry.indexOf(end));
			const whole = to !== "" && entry.includes(end);
			return whole
				? [{ sent: to.startsWith(`${proxyHost}:`), message: new WireMessage(text) }]
				: [];
		});
}
