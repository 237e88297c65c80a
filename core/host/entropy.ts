/** Randomness from node:crypto, drawn in blocks: a tag or a branch costs a slice of a string (RFC 3261 §19.3). */
import { randomBytes } from "node:crypto";
import type { Random } from "../base/random.ts";

const BLOCK_BYTES = 4_096;
/** 32 bits for one number. */
const NUMBER_DIGITS = 8;

export function entropy(): Random {
	let digits = "";
	let used = 0;
	const hex = (count: number): string => {
		if (used + count > digits.length) {
			digits = randomBytes(Math.max(BLOCK_BYTES, count)).toString("hex");
			used = 0;
		}
		used += count;
		return digits.slice(used - count, used);
	};
	return { hex, below: (limit) => Number.parseInt(hex(NUMBER_DIGITS), 16) % limit };
}
