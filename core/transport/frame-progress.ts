/**
 * Where a WebSocket connection stands: between messages, or inside one. RFC 6455 §5.2. The package
 * `ws` tells of whole messages only, and one that has begun has a time to get done.
 */

const CONTROL = 8;
const MASK = 4;
/** What stands for a longer length, and the octets that it has. */
const EXTENDED = new Map([
	[126, 2],
	[127, 8],
]);

export class FrameProgress {
	/** Octets of the frame's header that came. */
	#headerSeen = 0;
	#headerLength = 2;
	#opcode = 0;
	#final = true;
	/** Octets of the payload's length in the header, behind the first two. */
	#extended = 0;
	#payloadLength = 0;
	/** Octets of the payload still to come. */
	#missing = 0;
	/** Of the message; control frames may stand between its frames. */
	#fragmented = false;

	/** Whether a message has begun and is not whole. */
	get started(): boolean {
		if (this.#fragmented) return true;
		return this.#opcode < CONTROL && (this.#headerSeen > 0 || this.#missing > 0);
	}

	push(chunk: Uint8Array): void {
		let at = 0;
		while (at < chunk.length) {
			if (this.#missing === 0) {
				this.#header(chunk[at] ?? 0);
				at += 1;
				continue;
			}
			const taken = Math.min(this.#missing, chunk.length - at);
			this.#missing -= taken;
			at += taken;
			if (this.#missing === 0) this.#frameEnd();
		}
	}

	#header(octet: number): void {
		this.#headerSeen += 1;
		if (this.#headerSeen === 1) {
			this.#opcode = octet & 0x0f;
			this.#final = octet >= 0x80;
		} else if (this.#headerSeen === 2) this.#lengths(octet);
		else if (this.#headerSeen <= 2 + this.#extended)
			this.#payloadLength = this.#payloadLength * 256 + octet;
		if (this.#headerSeen < this.#headerLength) return;
		this.#headerSeen = 0;
		this.#headerLength = 2;
		this.#missing = this.#payloadLength;
		if (this.#missing === 0) this.#frameEnd();
	}

	#lengths(octet: number): void {
		const short = octet & 0x7f;
		this.#extended = EXTENDED.get(short) ?? 0;
		this.#payloadLength = this.#extended === 0 ? short : 0;
		this.#headerLength = 2 + this.#extended + (octet >= 0x80 ? MASK : 0);
	}

	#frameEnd(): void {
		if (this.#opcode < CONTROL) this.#fragmented = !this.#final;
	}
}
