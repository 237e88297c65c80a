/** A hash of a few texts for branch parameters: RFC 3261 §16.6 step 8, §16.11. Not for security. */

/** 64 bits: two FNV-1a lanes, stirred at the end. */
export class Fingerprint {
	#a = 0x811c9dc5;
	#b = 0x1b873593;

	/** From `start` on. A text is told from its neighbours: "ab", "c" is not "a", "bc". */
	add(text: string, start = 0): this {
		let a = this.#a;
		let b = this.#b;
		for (let at = start; at < text.length; at += 1) {
			const code = text.charCodeAt(at);
			a = Math.imul(a ^ code, 0x01000193);
			b = Math.imul(b ^ code, 0x85ebca6b);
		}
		return this.#separate(a, b);
	}

	addNumber(value: number): this {
		return this.#separate(
			Math.imul(this.#a ^ value, 0x01000193),
			Math.imul(this.#b ^ value, 0x85ebca6b),
		);
	}

	/** In lower-case hexadecimal. */
	hex(): string {
		return hex(stir(this.#a ^ (this.#b >>> 15))) + hex(stir(this.#b ^ (this.#a >>> 13)));
	}

	/** By what no octet is. */
	#separate(a: number, b: number): this {
		this.#a = Math.imul(a ^ 0x100, 0x01000193);
		this.#b = Math.imul(b ^ 0x100, 0x85ebca6b);
		return this;
	}
}

function stir(value: number): number {
	const once = Math.imul(value ^ (value >>> 16), 0x2c1b3c6d);
	return once ^ (once >>> 13);
}

/** At once: a text that is put together of digits leaves each step behind. */
function hex(value: number): string {
	return String.fromCharCode(
		digit(value >>> 28),
		digit(value >>> 24),
		digit(value >>> 20),
		digit(value >>> 16),
		digit(value >>> 12),
		digit(value >>> 8),
		digit(value >>> 4),
		digit(value),
	);
}

function digit(value: number): number {
	const low = value & 15;
	return low < 10 ? low + 48 : low + 87;
}
