/** Randomness as the core sees it: a port. The engine draws from node:crypto, tests from a seed. */
export type Random = {
	/** That many lower-case hexadecimal digits: unique under case folding, as tags and branches must be. */
	hex(digits: number): string;
	/** An integer from 0 up to, but not including, `limit`. */
	below(limit: number): number;
};
