/** The proxies that the benchmark compares, each started on its own core with the same job: user 5000 is at the callee. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Certificate, loopbackCertificate } from "../support/certificate.ts";
import { type Program, startProgram } from "../support/process.ts";
import { startSipwright } from "../support/sipwright-process.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

export type Transport = "udp" | "tcp" | "tls";
/** Where it listens. */
export type ListenPlace = {
	readonly transport: Transport | "wss";
	readonly host: string;
	readonly port: number;
	/** TLS and WSS only: its own, and the one it trusts. */
	readonly certificate: Certificate | undefined;
};
export type Place = ListenPlace & {
	readonly transport: Transport;
	/** Where user 5000 is: a SIP URI. */
	readonly callee: string;
};
export type RunningProxy = { readonly pid: number; stop(): Promise<unknown> };
export type Target = {
	readonly name: string;
	/** Its own address: one of the packages cannot share one. */
	readonly host: string;
	readonly transports: readonly Transport[];
	/** Calls before it is measured: as many as a compiler needs to compile what is hot. */
	readonly warmUp: { readonly calls: number; readonly callsPerSecond: number };
	start(place: Place, nodeArgs?: readonly string[]): Promise<RunningProxy>;
};

const FOLDER = import.meta.dirname;
export const PROXY_CORE = ["taskset", "-c", "0"];
/** Its default, 64 MB, runs out at the highest rates; only what is used is taken from the machine. */
export const KAMAILIO_SHARED_MB = 1024;

export const sipwright: Target = {
	name: "Sipwright",
	host: "127.0.0.1",
	transports: ["udp", "tcp", "tls"],
	warmUp: { calls: 15_000, callsPerSecond: 1_000 },
	start: (place, nodeArgs = []) =>
		startSipwright({
			prefix: PROXY_CORE,
			nodeArgs,
			config: configOf(place),
			files: certificateFiles(place.certificate),
		}),
};

/** Its configuration, to which lines can be added. */
export function configOf(place: Place): string {
	return [
		...listenLines(place),
		"state: ./state",
		"location: { store: memory }",
		"devices:",
		`  "5000": { type: Extension, contact: "${place.callee}" }`,
	].join("\n");
}

/** Of Sipwright's configuration; the files are those of `certificateFiles`. */
export function listenLines({ transport, host, port, certificate }: ListenPlace): string[] {
	return [
		"listen:",
		transport === "udp"
			? `  - { transport: udp, address: "${host}:${port}", tcp: no }`
			: `  - { transport: ${transport}, address: "${host}:${port}" }`,
		...(certificate ? ["tls: { certificate: own.pem, key: own.key, ca: own.pem }"] : []),
	];
}

export function certificateFiles(certificate: Certificate | undefined): Record<string, string> {
	return certificate ? { "own.pem": certificate.cert, "own.key": certificate.key } : {};
}

export const kamailio: Target = {
	name: "Kamailio",
	host: "127.0.0.1",
	transports: ["udp", "tcp", "tls"],
	warmUp: { calls: 2_000, callsPerSecond: 1_000 },
	start: (place) => startKamailio(place, []),
};

const kamailioJavaScript: Target = {
	name: "Kamailio with JavaScript",
	host: "127.0.0.1",
	transports: ["udp"],
	warmUp: { calls: 2_000, callsPerSecond: 1_000 },
	start: (place) => {
		const folder = tempFolder();
		const text = readFileSync(join(FOLDER, "kamailio-routes.js"), "utf8");
		const routes = folder.write("routes.js", text.replace('"CALLEE"', `"${place.callee}"`));
		return startKamailio(place, ["-A", "WITH_JS", "-A", `ROUTES="${routes}"`], folder);
	},
};

const npmSip: Target = {
	name: "npm sip",
	host: "127.0.0.2",
	transports: ["udp"],
	warmUp: { calls: 15_000, callsPerSecond: 1_000 },
	start: async ({ host, port, callee }, nodeArgs = []) => {
		const script = join(FOLDER, "npm-sip-proxy.ts");
		const args = [...nodeArgs, script, host, `${port}`, callee];
		const program = startPinned(process.execPath, args);
		await program.printed(/"event":"ready"/);
		return program;
	},
};

export const TARGETS: readonly Target[] = [sipwright, kamailio, kamailioJavaScript, npmSip];

async function startKamailio(
	place: Place,
	more: readonly string[],
	folder: TempFolder = tempFolder(),
): Promise<RunningProxy> {
	const args = [...kamailioArgs("kamailio.cfg", place, folder), "-A", `UAS="${place.callee}"`];
	const program = startPinned("kamailio", [...args, ...more]);
	const stop = async () => {
		await program.stop();
		folder.remove();
	};
	try {
		await program.printed(KAMAILIO_LISTENS);
	} catch (error) {
		await stop();
		throw error;
	}
	return { pid: program.pid, stop };
}

export const KAMAILIO_LISTENS = /Listening on[\s\S]*Aliases/;

/** `config` is a file of this folder; it knows the names WITH_STREAM and WITH_TLS. */
export function kamailioArgs(config: string, place: ListenPlace, folder: TempFolder): string[] {
	const { transport, host, port, certificate } = place;
	const stream = transport === "udp" ? [] : ["-A", "WITH_STREAM"];
	const tls = certificate
		? [
				...["-A", "WITH_TLS"],
				...["-A", `CERTIFICATE="${folder.write("own.pem", certificate.cert)}"`],
				...["-A", `KEY="${folder.write("own.key", certificate.key)}"`],
			]
		: [];
	return [
		...["-f", join(FOLDER, config), "-DD", "-E", "-Y", folder.path],
		...["-x", "tlsf", "-X", "tlsf", "-m", `${KAMAILIO_SHARED_MB}`],
		...["-l", `${transport}:${host}:${port}`, ...stream, ...tls],
	];
}

export function startPinned(program: string, args: readonly string[]): Program {
	const [command = program, ...rest] = [...PROXY_CORE, program, ...args];
	return startProgram(command, rest);
}

/** A certificate where the transport needs one. */
export async function certificateFor(
	transport: ListenPlace["transport"],
): Promise<Certificate | undefined> {
	return transport === "tls" || transport === "wss" ? await loopbackCertificate() : undefined;
}
