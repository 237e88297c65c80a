/** The word that was probably meant: for unknown keys, values and commands. */

/** The candidate that takes the fewest edits, if they are few for the length of the word. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
	const wanted = word.toLowerCase();
	let best: string | undefined;
	let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
	for (const candidate of candidates) {
		const steps = edits(wanted, candidate.toLowerCase());
		if (steps >= least) continue;
		least = steps;
		best = candidate;
	}
	return best;
}

/** Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment). */
function edits(a: string, b: string): number {
	let older: number[] = [];
	let old = Array.from({ length: b.length + 1 }, (_, column) => column);
	for (let i = 1; i <= a.length; i += 1) {
		const row = [i];
		for (let j = 1; j <= b.length; j += 1) {
			const same = a[i - 1] === b[j - 1];
			const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			row[j] = Math.min(
				at(old, j) + 1,
				at(row, j - 1) + 1,
				at(old, j - 1) + (same ? 0 : 1),
				swapped ? at(older, j - 2) + 1 : Number.POSITIVE_INFINITY,
			);
		}
		older = old;
		old = row;
	}
	return at(old, b.length);
}

function at(row: readonly number[], index: number): number {
	return row[index] ?? Number.POSITIVE_INFINITY;
}
