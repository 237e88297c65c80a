/** The load over TCP or TLS: test/bench/stream-load.ts in a process of its own, told what to do line by line. */
import { join } from "node:path";
import { startProgram } from "../support/process.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { Traffic } from "./load.ts";
import type { Place } from "./targets.ts";

type Options = Place & { readonly calleePort: number; readonly prefix: readonly string[] };

const SCRIPT = join(import.meta.dirname, "stream-load.ts");
/** Longer than the load itself: the last calls may need their patience. */
const EXTRA_MS = 30_000;

export async function startStreamLoad(options: Options): Promise<Traffic> {
	const { transport, host, port, calleePort, certificate, prefix } = options;
	const folder = tempFolder();
	folder.write("cert.pem", certificate?.cert ?? "");
	folder.write("key.pem", certificate?.key ?? "");
	const words = [
		process.execPath,
		SCRIPT,
		transport,
		host,
		`${port}`,
		`${calleePort}`,
		folder.path,
	];
	const [command = "", ...args] = [...prefix, ...words];
	const program = startProgram(command, args, { input: true });
	await program.printed(/"event":"listening"/);
	let runs = 0;
	return {
		call: async (load) => {
			runs += 1;
			program.write(`${JSON.stringify({ run: runs, ...load })}\n`);
			const done = new RegExp(`^\\{"run":${runs},.*\\}$`, "m");
			const [line] = await program.printed(done, load.seconds * 1000 + EXTRA_MS);
			const { successful, failed } = JSON.parse(line);
			if (successful === 0) throw new Error(`no call went through:\n${program.output()}`);
			return { successful, failed, retransmissions: 0 };
		},
		stop: async () => {
			await program.stop();
			folder.remove();
		},
	};
}
