/** One call for each pair of legs, on the whole engine: what stands on both wires. */
import type { Config } from "../../core/config/config.ts";
import { stripTransport } from "../../core/leg/strip-transport.ts";
import type { Decision } from "../../core/proxy/decision.ts";
import { relay } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

export type Caller = {
	readonly name: string;
	readonly transport: "udp" | "tcp" | "tls" | "wss";
	readonly scheme: "sip" | "sips";
	readonly contact: string;
};

const caller = (
	scheme: Caller["scheme"],
	transport: Caller["transport"],
	contact: string,
): Caller => ({ name: `${scheme} over ${transport.toUpperCase()}`, transport, scheme, contact });

export const CALLERS: readonly Caller[] = [
	caller("sip", "udp", "<sip:a@10.0.0.2>"),
	caller("sip", "tcp", "<sip:a@10.0.0.2;transport=tcp>"),
	caller("sip", "tls", "<sip:a@10.0.0.2:5061;transport=tls>"),
	caller("sips", "tls", "<sips:a@10.0.0.2:5061;transport=tcp>"),
	caller("sip", "wss", "<sip:a@a.invalid;transport=ws>"),
	caller("sips", "wss", "<sips:a@a.invalid;transport=ws>"),
];

export type Callee = {
	readonly number: string;
	/** Of its entry: `contact`. */
	readonly contact: string;
	readonly transport: "udp" | "tcp" | "tls";
	/** The Contact that it registers with, where it does. */
	readonly registers?: string;
};

export const CALLEES: readonly Callee[] = [
	{ number: "1", transport: "udp", contact: "sip:10.0.0.3" },
	{ number: "2", transport: "tcp", contact: "sip:10.0.0.3;transport=tcp" },
	{ number: "3", transport: "tls", contact: "sip:10.0.0.3;transport=tls" },
	{ number: "4", transport: "tls", contact: "*", registers: "<sip:4@10.0.0.3;transport=tls>" },
	{ number: "5", transport: "tls", contact: "*", registers: "<sips:5@10.0.0.3;transport=tcp>" },
	{ number: "6", transport: "tls", contact: "sips:10.0.0.3" },
	{ number: "7", transport: "tls", contact: "sips:10.0.0.3;transport=tcp" },
	{ number: "8", transport: "tls", contact: "sips:10.0.0.3;transport=tls" },
];

/** A call that was answered, or the answer to one that was refused. */
export type Call =
	| { readonly kind: "answered"; readonly invite: WireMessage; readonly ok: WireMessage }
	| { readonly kind: "refused"; readonly answer: WireMessage };

/** What all calls under the same settings share: what stands in the block `secure-signaling`. */
export async function configOf(settings: string): Promise<Config> {
	const devices = CALLEES.map(
		({ number, contact }) => `  "${number}": { type: Extension, contact: "${contact}" }`,
	);
	return rigConfig(
		[
			"listen: [udp:10.0.0.1:5060, tls:10.0.0.1:5061]",
			"trusted: [10.0.0.0/8]",
			`secure-signaling: { ${settings} }`,
			"devices:",
			...devices,
		].join("\n"),
	);
}

export function call(config: Config, from: Caller, to: Callee): Call {
	const wss = { transport: "wss", address: "10.0.0.1", host: "10.0.0.1", port: 443 } as const;
	const rig = new ExchangeRig({ config, routes: (_, text) => route(text, to), listeners: [wss] });
	const { transport, scheme, contact } = from;
	const port = transport === "udp" || transport === "tcp" ? 5060 : 5061;
	const a = rig.phone("a", { transport, host: "10.0.0.2", port, contact });
	const b = rig.phone(to.number, { transport: to.transport, host: "10.0.0.3" });
	if (to.registers !== undefined) register(b, to.number, to.registers);

	const uri = `${scheme}:${to.number}@10.0.0.1`;
	a.request("INVITE", uri, { from: `${scheme}:a@10.0.0.1` });
	const invite = b.received.find(({ method }) => method === "INVITE");
	if (invite === undefined) return { kind: "refused", answer: lastOf(a) };
	b.answer(invite, "200 OK", { contact: answered(invite, to) });
	return { kind: "answered", invite, ok: a.take(200, "INVITE") };
}

/** As the built-in routes decide. */
function route(text: string, { number, registers = "" }: Callee): Decision {
	if (!text.startsWith("REGISTER ")) return relay(number);
	return { kind: "save", contacts: [stripTransport(registers).stored] };
}

/** A UA's Contact has the scheme of the Request-URI that it was called by (RFC 5630 §5.1.2). */
function answered(invite: WireMessage, { number, transport }: Callee): string {
	const sips = invite.uri.startsWith("sips:");
	const parameter = sips || transport === "udp" ? "" : `;transport=${transport}`;
	return `<${sips ? "sips" : "sip"}:${number}@10.0.0.3${parameter}>`;
}

function register(phone: VirtualPhone, number: string, contact: string): void {
	const scheme = contact.startsWith("<sips:") ? "sips" : "sip";
	const address = `${scheme}:${number}@10.0.0.1`;
	phone.request("REGISTER", `${scheme}:10.0.0.1`, { from: address, to: address, contact });
	phone.take(200, "REGISTER");
}

function lastOf({ name, received }: VirtualPhone): WireMessage {
	const last = received.at(-1);
	if (last === undefined) throw new Error(`${name} got no answer`);
	return last;
}
