/**
 * Kamailio as another proxy: stateful, record-routing, loose-routing, every number but its own dialogs to
 * one next hop. Or as the registrar behind us, which calls its phones through their Path; or as the edge before us.
 */
import type { Certificate } from "./certificate.ts";
import { message } from "./dialog.ts";
import { freePort } from "./ports.ts";
import { type Program, startProgram } from "./process.ts";
import { udpPeer } from "./sip-peer.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

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
	const text = proxyConfig(
		next,
		folder.write("own.pem", certificate.cert),
		folder.write("own.key", certificate.key),
	);
	const listen = [`udp:127.0.0.1:${ports.udp}`, `tls:127.0.0.1:${ports.tls}`];
	return { ...ports, ...(await start(text, listen, folder, "127.0.0.1", ports.udp)) };
}

/** Keeps Path with its bindings, and writes `reply STATUS METHOD` for every final response that it gets. */
export async function startKamailioRegistrar(host: string): Promise<Omit<Kamailio, "tls">> {
	const udp = await freePort(host);
	return {
		udp,
		...(await start(registrarConfig(), [`udp:${host}:${udp}`], tempFolder(), host, udp)),
	};
}

/** Puts its Path into a REGISTER and sends it to `next`, a host and port; calls follow the Path back to the phone. */
export async function startKamailioEdge(next: string): Promise<Omit<Kamailio, "tls">> {
	const host = "127.0.0.1";
	const udp = await freePort();
	return {
		udp,
		...(await start(edgeConfig(next), [`udp:${host}:${udp}`], tempFolder(), host, udp)),
	};
}

async function start(
	text: string,
	listen: readonly string[],
	folder: TempFolder,
	host: string,
	udp: number,
): Promise<Pick<Kamailio, "program" | "stop">> {
	const file = folder.write("kamailio.cfg", text);
	const args = ["-f", file, "-DD", "-E", "-Y", folder.path, ...listen.flatMap((at) => ["-l", at])];
	const program = startProgram("kamailio", args);
	const stop = async () => {
		await program.stop();
		folder.remove();
	};
	try {
		await program.printed(/Listening on[\s\S]*Aliases/);
		await answers(host, udp);
	} catch (error) {
		await stop();
		throw error;
	}
	return { program, stop };
}

/** It says that it listens before it does; a request without hops left gets 483. */
async function answers(host: string, port: number): Promise<void> {
	const peer = await udpPeer(host);
	const probe = message(`OPTIONS sip:${host}:${port} SIP/2.0`, [
		`Via: SIP/2.0/UDP ${host}:${peer.port};branch=z9hG4bKprobe`,
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

const MODULES = ["tm", "sl", "rr", "maxfwd", "siputils", "textops", "pv"];

function head(...modules: readonly string[]): string {
	return `#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
${modules.includes("tls") ? "enable_tls=yes\n" : ""}dns=no
rev_dns=no
auto_aliases=no
${[...MODULES, ...modules].map((name) => `loadmodule "${name}.so"`).join("\n")}
modparam("rr", "enable_full_lr", 0)
modparam("rr", "append_fromtag", 1)
`;
}

/** What is in a dialog, and CANCEL: for every configuration. */
const IN_DIALOG = `
	if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
	if (has_totag()) {
		if (loose_route()) t_relay();
		else if (is_method("ACK") && t_check_trans()) t_relay();
		else if (!is_method("ACK")) sl_send_reply("404", "Not here");
		exit;
	}
	if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
	t_check_trans();
`;

function registrarConfig(): string {
	return `${head("usrloc", "registrar", "xlog")}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 1)
request_route {${IN_DIALOG}
	if (is_method("REGISTER")) { if (!save("location")) sl_reply_error(); exit; }
	record_route();
	if (!lookup("location")) { sl_send_reply("480", "Nobody There"); exit; }
	t_relay();
}
reply_route { if ($rs >= 200) xlog("L_ALERT", "reply $rs $rm\n"); }
`;
}

function edgeConfig(next: string): string {
	return `${head("path")}
request_route {${IN_DIALOG}
	if (is_method("REGISTER")) { add_path(); $du = "sip:${next}"; t_relay(); exit; }
	record_route();
	loose_route();
	t_relay();
}
`;
}

function proxyConfig(next: string, certificate: string, key: string): string {
	return `${head("tls")}modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${certificate}")
modparam("tls", "private_key", "${key}")
modparam("tls", "verify_certificate", 0)
modparam("tls", "require_certificate", 0)
request_route {${IN_DIALOG}	record_route();
	$ru = $(ru{uri.scheme}) + ":" + $rU + "@${next}";
	t_relay();
}
`;
}
