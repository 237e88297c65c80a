/** An edge as the example has it, with a registrar behind it, and a phone that registers through it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { closing } from "./cleanup.ts";
import { message } from "./dialog.ts";
import { freePort } from "./ports.ts";
import { tcpClient } from "./sip-peer.ts";
import { startSipwright } from "./sipwright-process.ts";

const SCRIPT = join(import.meta.dirname, "../../examples/edge/routes/default.ts");

/** Behind a NAT: nobody can send there. */
export const CONTACT = "<sip:1001@192.0.2.77:5060;ob>";
export const INSTANCE = '"<urn:uuid:00000000-0000-1000-8000-0242ac120002>"';

/** On 127.0.0.1. `core`: host and port of the registrar, another host than the phones'. */
export async function startEdge(
	t: TestContext,
	core: string,
): Promise<{ readonly udp: number; readonly tls: number }> {
	const [udp, tls] = [await freePort(), await freePort()];
	const sipwright = await startSipwright({
		config: [
			`listen: [ udp:127.0.0.1:${udp}, tls:127.0.0.1:${tls} ]`,
			"routes: ./default.ts",
			"edge: { path: any }",
			`devices: { core: { type: Voice over IP Service, service-type: softswitch, contact: "sip:${core}" } }`,
		].join("\n"),
		files: { "default.ts": readFileSync(SCRIPT, "utf8") },
	});
	closing(t, sipwright, (one) => one.stop());
	return { udp, tls };
}

/** A flow of the phone, over TCP, and the answer to its REGISTER. */
export async function registered(t: TestContext, port: number, cseq: number, regId = 1) {
	const peer = closing(t, await tcpClient(port), (one) => one.close());
	const contact = `${CONTACT};reg-id=${regId};+sip.instance=${INSTANCE}`;
	peer.send(register("TCP 192.0.2.77:5060", cseq, { contact, port }));
	return { peer, ok: await peer.response(200, "REGISTER") };
}

type Given = { readonly contact: string; readonly port: number; readonly supported?: string };

export function register(via: string, cseq: number, { contact, port, supported }: Given): string {
	return message(`REGISTER sip:127.0.0.1:${port} SIP/2.0`, [
		`Via: SIP/2.0/${via};branch=z9hG4bKr${cseq}`,
		"Max-Forwards: 70",
		"From: <sip:1001@example.com>;tag=r",
		"To: <sip:1001@example.com>",
		"Call-ID: registers",
		`CSeq: ${cseq} REGISTER`,
		`Supported: ${supported ?? "path, outbound"}`,
		`Contact: ${contact};expires=600`,
	]);
}

/** `host`: where it is sent. */
export function invite(caller: { readonly port: number }, host: string, number: number): string {
	return message(`INVITE sip:1001@${host} SIP/2.0`, [
		`Via: SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bKi${number}`,
		"Max-Forwards: 70",
		"From: <sip:ann@example.com>;tag=a",
		"To: <sip:1001@example.com>",
		`Call-ID: call-${number}`,
		"CSeq: 1 INVITE",
		`Contact: <sip:ann@127.0.0.1:${caller.port}>`,
	]);
}
