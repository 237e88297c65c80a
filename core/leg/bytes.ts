/** Small binary records inside cookies and entries. Bytes are one latin1 string, as everywhere in the core. */

export function byte(value: number): string {
	return String.fromCharCode(value & 0xff);
}

export function uint16(value: number): string {
	return byte(value >>> 8) + byte(value);
}

export function uint32(value: number): string {
	return uint16(value >>> 16) + uint16(value);
}

/** A non-negative integer in groups of seven bits, the lowest first; all but the last have the top bit. */
export function varint(value: number): string {
	let text = "";
	let rest = value;
	while (rest >= 0x80) {
		text += byte((rest % 0x80) | 0x80);
		rest = Math.floor(rest / 0x80);
	}
	return text + byte(rest);
}

/** A text with its length in front. */
export function counted(text: string): string {
	return varint(text.length) + text;
}

/** Reads what the functions above wrote. Past the end everything is 0 or "", and `ok` turns false. */
export class ByteReader {
	readonly #bytes: string;
	#offset = 0;
	#ok = true;

	constructor(bytes: string) {
		this.#bytes = bytes;
	}

	/** Nothing was missing so far. */
	get ok(): boolean {
		return this.#ok;
	}

	/** Nothing was missing, and nothing is left. */
	get complete(): boolean {
		return this.#ok && this.#offset === this.#bytes.length;
	}

	byte(): number {
		if (this.#offset >= this.#bytes.length) {
			this.#ok = false;
			return 0;
		}
		this.#offset += 1;
		return this.#bytes.charCodeAt(this.#offset - 1);
	}

	uint16(): number {
		return this.byte() * 0x100 + this.byte();
	}

	uint32(): number {
		return this.uint16() * 0x10000 + this.uint16();
	}

	varint(): number {
		let value = 0;
		for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
			const next = this.byte();
			value += (next & 0x7f) * scale;
			if (next < 0x80) return value;
		}
		this.#ok = false;
		return 0;
	}

	text(length: number): string {
		const start = this.#offset;
		if (length > this.#bytes.length - start) {
			this.#ok = false;
			return "";
		}
		this.#offset += length;
		return this.#bytes.slice(start, this.#offset);
	}

	counted(): string {
		return this.text(this.varint());
	}
}
