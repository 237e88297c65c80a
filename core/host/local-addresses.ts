/** The machine's own addresses: what a listener on 0.0.0.0 or [::] can be reached at. */
import { networkInterfaces } from "node:os";

export function localAddresses(): readonly string[] {
	return Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.map(({ address }) => address);
}
