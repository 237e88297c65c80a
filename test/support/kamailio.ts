/** Kamailio as another proxy: stateful, record-routing, loose-routing, every number but its own dialogs to one next hop. */
import type { Certificate } from "./certificate.ts";
import { message } from "./dialog.ts";
import { freePort } from "./ports.ts";
import { type Program, startProgram } from "./process.ts";
import { udpPeer } from "./sip-peer.ts";
import { tempFolder } from "./temp-folder.ts";

export type Kamailio = {
	readonly udp: number;
	readonly tls: number;
	readonly program: Program;
	stop(): Promise<void>;
};

const PROBE_MS = 100;

/** `next`: the host and port, with parameters, that takes the place of those of a Request-URI; its scheme stays. */
export async function startKamailio(next: string, certificate: Certificate): Promise<Kamailio> {
	const folder = tempFolder();
	const ports = { udp: await freePort(), tls: await freePort() };
	const text = config(
		next,
		folder.write("own.pem", certificate.cert),
		folder.write("own.key", certificate.key),
	);
	const file = folder.write("kamailio.cfg", text);
	const listen = ["-l", `udp:127.0.0.1:${ports.udp}`, "-l", `tls:127.0.0.1:${ports.tls}`];
	const args = ["-f", file, "-DD", "-E", "-Y", folder.path, ...listen];
	const program = startProgram("kamailio", args);
	const stop = async () => {
		await program.stop();
		folder.remove();
	};
	try {
		await program.printed(/Listening on[\s\S]*Aliases/);
		await answers(ports.udp);
	} catch (error) {
		await stop();
		throw error;
	}
	return { ...ports, program, stop };
}

/** It says that it listens before it does; a request without hops left gets 483. */
async function answers(port: number): Promise<void> {
	const peer = await udpPeer();
	const probe = message(`OPTIONS sip:127.0.0.1:${port} SIP/2.0`, [
		`Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKprobe`,
		"Max-Forwards: 0",
		"From: <sip:probe@127.0.0.1>;tag=p",
		"To: <sip:127.0.0.1>",
		`Call-ID: probe-${port}`,
		"CSeq: 1 OPTIONS",
	]);
	const repeating = setInterval(() => peer.send(probe, port), PROBE_MS);
	try {
		await peer.response(483);
	} finally {
		clearInterval(repeating);
		await peer.close();
	}
}

function config(next: string, certificate: string, key: string): string {
	const modules = ["tm", "sl", "rr", "maxfwd", "siputils", "textops", "pv", "tls"];
	return `#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
enable_tls=yes
dns=no
rev_dns=no
auto_aliases=no
${modules.map((name) => `loadmodule "${name}.so"`).join("\n")}
modparam("rr", "enable_full_lr", 0)
modparam("rr", "append_fromtag", 1)
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${certificate}")
modparam("tls", "private_key", "${key}")
modparam("tls", "verify_certificate", 0)
modparam("tls", "require_certificate", 0)
request_route {
	if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
	if (has_totag()) {
		if (loose_route()) t_relay();
		else if (is_method("ACK") && t_check_trans()) t_relay();
		else if (!is_method("ACK")) sl_send_reply("404", "Not here");
		exit;
	}
	if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
	t_check_trans();
	record_route();
	$ru = $(ru{uri.scheme}) + ":" + $rU + "@${next}";
	t_relay();
}
`;
}
