/** What one hook has counted with `metric`, as it crosses. */
/** Of one hook: `by` is added, `value` is what it is now. */
export type Counted = {
	readonly entries: { readonly name: string; by?: number; value?: number }[];
	/** Names beyond the limit. */
	dropped: number;
};
