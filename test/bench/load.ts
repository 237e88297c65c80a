/** What is asked of a load, and what came of it. */

/** Calls at a steady rate. */
export type Load = {
	readonly callsPerSecond: number;
	readonly seconds: number;
	/** How long calls may take beyond `seconds`: those that are not done by then have failed. */
	readonly patienceSeconds?: number;
};
export type Counts = {
	readonly successful: number;
	readonly failed: number;
	readonly retransmissions: number;
};
export type Traffic = { call(load: Load): Promise<Counts>; stop(): Promise<unknown> };
