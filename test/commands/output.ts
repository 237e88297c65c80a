/** Runs a command line in this process and keeps what it wrote. */
import { dispatch } from "../../core/commands/dispatch.ts";

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export async function sipwright(...argv: readonly string[]): Promise<Ran> {
	let out = "";
	let err = "";
	const code = await dispatch(argv, {
		out: (text) => {
			out += text;
		},
		err: (text) => {
			err += text;
		},
	});
	return { code, out, err };
}
