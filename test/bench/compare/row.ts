/** One row of the comparison of core/message with npm `sip`. */
export type Row = { readonly what: string; readonly ours: string; readonly theirs: string };

export function count(what: string, ours: readonly boolean[], theirs: readonly boolean[]): Row {
	const share = (all: readonly boolean[]) => `${all.filter(Boolean).length} of ${all.length}`;
	return { what, ours: share(ours), theirs: share(theirs) };
}
