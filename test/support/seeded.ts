/** mulberry32. A failing run names its seed, and the seed alone reproduces it. */
export function seeded(seed: number) {
	let a = seed;
	const next = () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
	const below = (limit: number) => Math.floor(next() * limit);
	return {
		below,
		/** With `below`, the port `Random` of core/base/random.ts. */
		hex: (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join(""),
		pick: <V>(values: readonly V[]): V => values[below(values.length)] as V,
	};
}
