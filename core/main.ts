/** The process entry: the command line in, the exit code out. Node is started with --no-node-snapshot, which isolated-vm asks for. */
import { dispatch } from "./commands/dispatch.ts";

process.exitCode = await dispatch(process.argv.slice(2), {
	out: (text) => void process.stdout.write(text),
	err: (text) => void process.stderr.write(text),
});
