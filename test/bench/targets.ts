/** The three proxies that the benchmark compares, each started on its own core with the same job: user 5000 is at the callee. */
import { join } from "node:path";
import { type Program, startProgram } from "../support/process.ts";
import { startSipwright } from "../support/sipwright-process.ts";

export type Place = { readonly host: string; readonly port: number; readonly callee: string };
export type Proxy = { readonly pid: number; stop(): Promise<unknown> };
export type Target = {
	readonly name: string;
	/** Its own address: one of the packages cannot share one. */
	readonly host: string;
	start(place: Place, prefix: readonly string[], nodeArgs: readonly string[]): Promise<Proxy>;
};

const FOLDER = import.meta.dirname;

const sipwright: Target = {
	name: "Sipwright",
	host: "127.0.0.1",
	start: ({ host, port, callee }, prefix, nodeArgs) =>
		startSipwright({
			prefix,
			nodeArgs,
			config: [
				"listen:",
				`  - { transport: udp, address: "${host}:${port}", tcp: no }`,
				"state: ./state",
				"location: { store: memory }",
				"devices:",
				`  "5000": { type: Extension, contact: "${callee}" }`,
			].join("\n"),
		}),
};

const kamailio: Target = {
	name: "Kamailio",
	host: "127.0.0.1",
	start: async ({ host, port, callee }, prefix) => {
		const args = [
			"-f",
			join(FOLDER, "kamailio.cfg"),
			"-DD",
			"-E",
			"-x",
			"tlsf",
			"-X",
			"tlsf",
			"-m",
			"1024",
		];
		const place = ["-l", `udp:${host}:${port}`, "-A", `UAS="${callee}"`];
		const program = startWith(prefix, "kamailio", [...args, ...place]);
		await program.printed(/Listening on[\s\S]*Aliases/);
		return program;
	},
};

const npmSip: Target = {
	name: "npm sip",
	host: "127.0.0.2",
	start: async ({ host, port, callee }, prefix, nodeArgs) => {
		const script = join(FOLDER, "npm-sip-proxy.ts");
		const program = startWith(prefix, process.execPath, [
			...nodeArgs,
			script,
			host,
			`${port}`,
			callee,
		]);
		await program.printed(/"event":"ready"/);
		return program;
	},
};

export const TARGETS: readonly Target[] = [sipwright, kamailio, npmSip];

function startWith(prefix: readonly string[], program: string, args: readonly string[]): Program {
	const [command = program, ...rest] = [...prefix, program, ...args];
	return startProgram(command, rest);
}
