/** Canned requests that every script must be able to answer before it gets traffic. */
import type { AskContext } from "./ask-context.ts";

const CONTEXT: AskContext = {
	source: {
		address: "127.0.0.1",
		port: 5060,
		transport: "udp",
		trusted: true,
		device: undefined,
		authenticated: false,
	},
	callerScheme: "sip",
	ours: true,
};

export const PROBES: readonly { readonly text: string; readonly context: AskContext }[] = [
	{ text: probe("OPTIONS", "sip:127.0.0.1"), context: CONTEXT },
	{ text: probe("INVITE", "sip:probe@127.0.0.1"), context: CONTEXT },
];

function probe(method: string, uri: string): string {
	const lines = [
		`${method} ${uri} SIP/2.0`,
		"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKprobe",
		"Max-Forwards: 70",
		"From: <sip:probe@127.0.0.1>;tag=probe",
		`To: <${uri}>`,
		"Contact: <sip:probe@127.0.0.1:5060>",
		"Call-ID: probe",
		`CSeq: 1 ${method}`,
		"Content-Length: 0",
	];
	return `${lines.join("\r\n")}\r\n\r\n`;
}
