/** One address to try: what RFC 3263 §4 calls the IP address, port and transport of a server. */
import type { TransportName } from "../base/flow.ts";

export type Hop = {
	readonly transport: TransportName;
	/** IP address, without brackets. */
	readonly host: string;
	readonly port: number;
	/** What a TLS server has to prove: the host of the URI, not what it resolved to (RFC 5922 §7.3). */
	readonly serverName: string | undefined;
};
