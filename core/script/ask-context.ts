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

/** An AskContext as it crosses into an isolate: primitive values are copied without being written and parsed. */
export type PlainContext = readonly [
	address: string,
	port: number,
	transport: TransportName,
	trusted: boolean,
	device: string | undefined,
	authenticated: boolean,
	/** JSON: only a certificate brings any. */
	identities: string | undefined,
	callerScheme: Scheme,
	ours: boolean,
];

export function toPlain({ source, callerScheme, ours }: AskContext): PlainContext {
	const { address, port, transport, trusted, device, authenticated } = source;
	const identities = source.identities && JSON.stringify(source.identities);
	return [address, port, transport, trusted, device, authenticated, identities, callerScheme, ours];
}

/** `parse` is the isolate's own, kept from before the script ran. */
export function fromPlain(plain: PlainContext, parse: typeof JSON.parse): AskContext {
	const [address, port, transport, trusted, device, authenticated, proved, callerScheme, ours] =
		plain;
	const identities: readonly string[] | undefined =
		proved === undefined ? undefined : parse(proved);
	const source = { address, port, transport, trusted, device, authenticated, identities };
	return { source, callerScheme, ours };
}
