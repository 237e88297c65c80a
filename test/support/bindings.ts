/** A binding to start a test from: device 1001 on UDP, good for an hour from time 0. */
import type { Binding } from "../../core/base/binding.ts";
import type { Flow } from "../../core/base/flow.ts";

export const UDP_FLOW: Flow = {
	transport: "udp",
	listener: 0,
	connection: 0,
	host: "192.0.2.10",
	port: 5060,
	serverName: undefined,
};

export const tlsFlow = (connection: number): Flow => ({
	transport: "tls",
	listener: 2,
	connection,
	host: "192.0.2.10",
	port: 49_152,
	serverName: undefined,
});

export function binding(changes: Partial<Binding> = {}): Binding {
	const contact = changes.contact ?? "sip:1001@192.0.2.10:5060";
	return {
		device: "1001",
		contact,
		echoed: contact,
		display: "",
		params: "",
		scheme: "sip",
		flow: UDP_FLOW,
		expiresAt: 3_600_000,
		q: 1000,
		callId: "a@192.0.2.10",
		cseq: 1,
		instance: undefined,
		regId: undefined,
		path: [],
		userAgent: undefined,
		...changes,
	};
}
