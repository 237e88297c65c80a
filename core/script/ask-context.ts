/** What the engine tells a script beside the message itself. */
import type { Handshake, TransportName } from "../base/flow.ts";
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
		/** The user that its credentials name, and in which realm; left out where they name none. Octets. */
		readonly credentials?: { readonly user: string; readonly realm: string } | undefined;
		/** What a WebSocket client said when it connected; left out for others. Octets. */
		readonly handshake?: Handshake | undefined;
	};
	readonly callerScheme: Scheme;
	/** The host of the Request-URI is ours. */
	readonly ours: boolean;
};

/** Where no request is behind the question. */
export const NOBODY: AskContext = {
	source: {
		address: "",
		port: 0,
		transport: "udp",
		trusted: false,
		device: undefined,
		authenticated: false,
	},
	callerScheme: "sip",
	ours: false,
};

/**
 * An AskContext as it crosses into an isolate: one text, since each value that crosses costs, and
 * since the same text comes again with every request of the same sender. The name of a device may
 * hold anything, and so it stands last.
 */
export function contextText({ source, callerScheme, ours }: AskContext): string {
	const { address, port, transport, trusted, device, authenticated } = source;
	const { identities, credentials, handshake } = source;
	// Only a certificate, a password and a WebSocket bring any.
	const plain = identities === undefined && credentials === undefined && handshake === undefined;
	const proofs = plain ? "" : JSON.stringify({ identities, credentials, handshake });
	const flags = (trusted ? 1 : 0) | (authenticated ? 2 : 0) | (ours ? 4 : 0);
	const first = `${address}\n${port}\n${transport}\n${callerScheme}\n${flags}\n${proofs}`;
	return device === undefined ? first : `${first}\n${device}`;
}

/** The AskContext of a `contextText`. `parse` is the isolate's own, kept from before the script ran. */
export function readContext(text: string, parse: typeof JSON.parse): AskContext {
	const [address = "", port, transport, callerScheme, flags, proved, ...name] = text.split("\n");
	const bits = Number(flags);
	const proofs = proved === "" || proved === undefined ? {} : parse(proved);
	return {
		source: {
			address,
			port: Number(port),
			transport: transport as TransportName,
			trusted: (bits & 1) !== 0,
			device: name.length === 0 ? undefined : name.join("\n"),
			authenticated: (bits & 2) !== 0,
			identities: proofs.identities,
			credentials: proofs.credentials,
			handshake: proofs.handshake,
		},
		callerScheme: callerScheme as Scheme,
		ours: (bits & 4) !== 0,
	};
}
