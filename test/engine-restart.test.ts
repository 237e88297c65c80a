/** A second start of the engine on the same state: who is registered stays so, behind a balancer too. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../core/config/load.ts";
import { type Engine, startEngine } from "../core/engine.ts";
import { closing } from "./support/cleanup.ts";
import { message } from "./support/dialog.ts";
import { freePort } from "./support/ports.ts";
import { type SipPeer, tcpClient, udpPeer } from "./support/sip-peer.ts";
import { type TempFolder, tempFolder } from "./support/temp-folder.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

test("bindings of UDP and of a TLS balancer are there after a restart; the connection is not, and its next one is called", async (t) => {
	const folder = closing(t, tempFolder(), (one) => one.remove());
	const ports = { udp: await freePort(), tls: await freePort() };
	let engine = await start(t, folder, ports);
	const plain = closing(t, await udpPeer(), (peer) => peer.close());
	plain.send(register("sip", "7001", "UDP", plain), ports.udp);
	await plain.response(200, "REGISTER");
	const first = closing(t, await tcpClient(ports.tls), (peer) => peer.close());
	first.send(HEADER + register("sips", "7002", "TLS", first));
	assert.equal((await first.response(undefined, "REGISTER")).status, 200);
	assert.equal(engine.status().bindings, 2);
	await engine.close();

	engine = await start(t, folder, ports);
	assert.equal(engine.status().bindings, 2);
	const caller = closing(t, await udpPeer(), (peer) => peer.close());
	caller.send(invite("7001", caller, "1"), ports.udp);
	await plain.request("INVITE");
	caller.send(invite("7002", caller, "2"), ports.udp);
	await caller.response(undefined, "INVITE");

	const second = closing(t, await tcpClient(ports.tls), (peer) => peer.close());
	second.send(HEADER + register("sips", "7002", "TLS", second));
	await second.response(200, "REGISTER");
	caller.send(invite("7002", caller, "3"), ports.udp);
	const came = await second.request("INVITE");
	assert.match(came.uri, /^sips:7002@/);
	assert.match(came.vias[0] ?? "", /^SIP\/2\.0\/TLS sip\.example\.com:5061;/);
});

/** The phone is at 127.0.0.24, says the balancer. */
const HEADER = "PROXY TCP4 127.0.0.24 127.0.0.1 40000 5061\r\n";

async function start(
	t: TestContext,
	folder: TempFolder,
	ports: { readonly udp: number; readonly tls: number },
): Promise<Engine> {
	const file = folder.write(
		"sipwright.yaml",
		`listen:
  - udp:127.0.0.1:${ports.udp}
  - { transport: tcp, address: "127.0.0.1:${ports.tls}", advertise: sip.example.com, tls-terminated: yes, proxy-protocol: yes }
state: ./state
devices:
  "7001": { type: Extension, contact: "*" }
  "7002": { type: Extension, contact: "*" }
`,
	);
	const loaded = await loadConfig(file);
	assert.ok(loaded.ok, JSON.stringify(loaded));
	return closing(t, await startEngine(loaded.config, SILENT), (one) => one.close());
}

function register(
	scheme: string,
	user: string,
	transport: string,
	{ host, port }: SipPeer,
): string {
	return message(`REGISTER ${scheme}:127.0.0.1 SIP/2.0`, [
		`Via: SIP/2.0/${transport} ${host}:${port};branch=z9hG4bK-${user}-${port};rport`,
		"Max-Forwards: 70",
		`From: <${scheme}:${user}@127.0.0.1>;tag=1`,
		`To: <${scheme}:${user}@127.0.0.1>`,
		`Call-ID: ${user}-${port}@127.0.0.1`,
		"CSeq: 1 REGISTER",
		`Contact: <${scheme}:${user}@${host}:${port}>`,
	]);
}

function invite(user: string, { host, port }: SipPeer, id: string): string {
	return message(`INVITE sip:${user}@127.0.0.1 SIP/2.0`, [
		`Via: SIP/2.0/UDP ${host}:${port};branch=z9hG4bK-${user}-${id};rport`,
		"Max-Forwards: 70",
		"From: <sip:6000@127.0.0.1>;tag=1",
		`To: <sip:${user}@127.0.0.1>`,
		`Call-ID: ${id}@127.0.0.1`,
		"CSeq: 1 INVITE",
		`Contact: <sip:6000@${host}:${port}>`,
	]);
}
