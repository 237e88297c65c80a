/** A packet as it was captured. */
import type { Milliseconds } from "../base/clock.ts";

export type Packet = {
	/** Of the epoch; undefined in a pcapng block that has none. */
	readonly time: Milliseconds | undefined;
	/** LINKTYPE_…, as in the registry of tcpdump.org. */
	readonly linkType: number;
	readonly octets: Buffer;
};
