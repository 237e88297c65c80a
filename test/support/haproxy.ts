/** HAProxy as a TLS balancer: it ends TLS on one port and passes the octets on to another, with a PROXY header; or HTTP, with X-Forwarded-For. */
import type { Certificate } from "./certificate.ts";
import { type Program, startProgram } from "./process.ts";
import { tcpClient } from "./sip-peer.ts";
import { tempFolder } from "./temp-folder.ts";

/**
 * From `port`, where it speaks TLS, to `next`. `send` is what `server` says of the PROXY header, or
 * that it is an HTTP proxy; the server is checked five times a second.
 */
export async function startHaproxy(
	port: number,
	next: number,
	send: "send-proxy" | "send-proxy-v2" | "forwardfor" | "",
	certificate: Certificate,
): Promise<{ stop(): Promise<void> }> {
	const folder = tempFolder();
	const pem = folder.write("own.pem", `${certificate.cert}\n${certificate.key}`);
	const http = send === "forwardfor";
	const file = folder.write(
		"haproxy.cfg",
		`global
  log stderr format raw local0
defaults
  mode ${http ? "http\n  option forwardfor" : "tcp"}
  log global
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend sips
  bind 127.0.0.1:${port} ssl crt ${pem}
  default_backend sipwright
backend sipwright
  server one 127.0.0.1:${next} ${http ? "" : send} check inter 200ms
`,
	);
	const program = startProgram("haproxy", ["-db", "-f", file]);
	const stop = async () => {
		await program.stop();
		folder.remove();
	};
	try {
		await listens(port, program);
	} catch (error) {
		await stop();
		throw error;
	}
	return { stop };
}

/** It says nothing when all is well. */
async function listens(port: number, program: Program): Promise<void> {
	let ended = false;
	void program.ended.then(() => {
		ended = true;
	});
	for (const until = performance.now() + PATIENCE_MS; ; ) {
		const peer = await tcpClient(port).catch(() => undefined);
		if (peer !== undefined) return peer.close();
		if (ended || performance.now() > until) throw new Error(`HAProxy: ${program.output()}`);
		await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
	}
}

const PATIENCE_MS = 30_000;
const PROBE_MS = 50;
