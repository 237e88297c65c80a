/**
 * TCP connections as a recording shows them, each way by itself: segments in the order of their sequence
 * numbers (RFC 9293 §3.4), and the messages in what they carry (RFC 3261 §18.3). Where segments are
 * missing, or the recording begins within a message, it goes on with the next segment that begins one.
 */
import { BoundedMap } from "../base/bounded-map.ts";
import { StreamFramer } from "../message/framing.ts";
import { looksLikeSip, type Tally } from "./captured.ts";
import { SEGMENTS_AHEAD_MAX, STREAM_AHEAD_MAX, STREAMS_MAX } from "./limits.ts";

const FIN = 1;
const SYN = 2;
const RST = 4;
const SEQUENCE_NUMBERS = 2 ** 32;
/** The first octets of a TLS record of a handshake. */
const TLS_HANDSHAKE = "\x16\x03";

export class TcpReader {
	readonly #tally: Tally;
	readonly #streams = new BoundedMap<string, Stream>("TCP connections", STREAMS_MAX);

	constructor(tally: Tally) {
		this.#tally = tally;
	}

	/** The messages that this segment makes whole. `way`: between whom, and in which direction. */
	read(way: string, segment: Buffer): readonly string[] {
		if (segment.length < 20) return [];
		const header = (segment.readUInt8(12) >> 4) * 4;
		if (header < 20 || segment.length < header) return [];
		const flags = segment.readUInt8(13);
		const payload = segment.subarray(header);
		const sequence = segment.readUInt32BE(4);
		let stream = flags & SYN ? undefined : this.#streams.get(way);
		if (stream === undefined) {
			const first = flags & SYN ? (sequence + 1) % SEQUENCE_NUMBERS : sequence;
			stream = new Stream(first, (flags & SYN) === 0, this.#tally);
			this.#streams.push(way, stream);
		}
		const start = flags & SYN ? sequence + 1 : sequence;
		const messages = payload.length === 0 ? [] : stream.take(start % SEQUENCE_NUMBERS, payload);
		if (flags & (FIN | RST)) stream.end();
		if (flags & RST) this.#streams.delete(way);
		return messages;
	}

	end(): void {
		for (const stream of this.#streams.values()) stream.end();
	}
}

class Stream {
	readonly #tally: Tally;
	/** The sequence number that comes next. */
	#next: number;
	/** What came too early, by its sequence number. */
	readonly #ahead = new Map<number, Buffer>();
	#aheadLength = 0;
	#framer = new StreamFramer();
	/** Where a message begins is not known: octets are missing, or it is no SIP. */
	#lost: boolean;
	#encrypted = false;

	constructor(first: number, lost: boolean, tally: Tally) {
		this.#next = first;
		this.#lost = lost;
		this.#tally = tally;
	}

	take(sequence: number, payload: Buffer): readonly string[] {
		const ahead = distance(this.#next, sequence);
		if (ahead > 0) return this.#keep(sequence, payload);
		// What was sent again: the part that is new.
		const fresh = payload.subarray(Math.min(-ahead, payload.length));
		if (fresh.length === 0) return [];
		return [...this.#push(fresh), ...this.#early()];
	}

	end(): void {
		if (this.#framer.started) this.#tally.add("messages on TCP that are not whole");
		this.#framer = new StreamFramer();
	}

	#keep(sequence: number, payload: Buffer): readonly string[] {
		const before = this.#ahead.get(sequence);
		if (before !== undefined && before.length >= payload.length) return [];
		this.#aheadLength += payload.length - (before?.length ?? 0);
		this.#ahead.set(sequence, payload);
		if (this.#aheadLength <= STREAM_AHEAD_MAX && this.#ahead.size <= SEGMENTS_AHEAD_MAX) return [];
		// What is missing does not come any more.
		const first = [...this.#ahead.keys()].sort((a, b) => distance(b, a))[0] ?? sequence;
		this.#tally.add("gaps in TCP connections");
		this.#next = first;
		this.#restart();
		return this.#early();
	}

	/** What came before its time, as far as it follows now. */
	#early(): readonly string[] {
		const messages: string[] = [];
		for (;;) {
			const found = [...this.#ahead].find(([sequence]) => distance(this.#next, sequence) <= 0);
			if (found === undefined) return messages;
			const [sequence, payload] = found;
			this.#ahead.delete(sequence);
			this.#aheadLength -= payload.length;
			const before = -distance(this.#next, sequence);
			const fresh = payload.subarray(Math.min(before, payload.length));
			if (fresh.length > 0) messages.push(...this.#push(fresh));
		}
	}

	#push(octets: Buffer): readonly string[] {
		this.#next = (this.#next + octets.length) % SEQUENCE_NUMBERS;
		const text = octets.toString("latin1");
		this.#noteEncrypted(text);
		if (this.#lost && !begins(text)) return [];
		this.#lost = false;
		this.#framer.push(text);
		const messages: string[] = [];
		for (let frame = this.#framer.next(); frame !== undefined; frame = this.#framer.next()) {
			if (frame.kind === "message") messages.push(frame.text);
			if (frame.kind !== "error") continue;
			if (looksLikeSip(frame.text)) this.#tally.add("messages on TCP that cannot be read");
			this.#restart();
			break;
		}
		return messages;
	}

	#noteEncrypted(text: string): void {
		if (this.#encrypted || this.#framer.started || !text.startsWith(TLS_HANDSHAKE)) return;
		this.#encrypted = true;
		this.#tally.add("encrypted connections, which nobody can read");
	}

	#restart(): void {
		this.#framer = new StreamFramer();
		this.#lost = true;
	}
}

/** Whether a message begins here, or nothing but the pings between two (RFC 5626 §4.4.1). */
function begins(text: string): boolean {
	return looksLikeSip(text.trimStart()) || text.trim() === "";
}

/** How far `to` is behind `from`, across the end of the numbers; negative where it is in front of it. */
function distance(from: number, to: number): number {
	return ((to - from + SEQUENCE_NUMBERS * 1.5) % SEQUENCE_NUMBERS) - SEQUENCE_NUMBERS / 2;
}
