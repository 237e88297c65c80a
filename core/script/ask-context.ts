/** What the engine tells a script beside the message itself. */
import type { TransportName } from "../base/flow.ts";
import type { Scheme } from "../base/scheme.ts";

export type AskContext = {
	readonly source: {
		readonly address: string;
		readonly port: number;
		readonly transport: TransportName;
		/** In one of the `trusted` networks. */
		readonly trusted: boolean;
		/** Name of the device: by authenticated user, registered flow, or configured contact. */
		readonly device: string | undefined;
		readonly authenticated: boolean;
		/** What the client's certificate proved; left out where it proved nothing. */
		readonly identities?: readonly string[] | undefined;
	};
	readonly callerScheme: Scheme;
	/** The host of the Request-URI is ours. */
	readonly ours: boolean;
};
