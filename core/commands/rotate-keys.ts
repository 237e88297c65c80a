/** `sipwright rotate-keys`: a new key signs dialogs and nonces, the old ones stay good for what they signed. */
import { readAdminTarget } from "../config/admin-target.ts";
import { rotateSigningKeys, StateError, signingKeysFile } from "../config/keys.ts";
import { type Command, DONE, option, REFUSED } from "./command.ts";
import { report } from "./report.ts";

export const rotateKeys: Command = {
	name: "rotate-keys",
	usage: "[--config FILE]",
	summary: "make a new signing key; the running instance takes it up with its next reload",
	options: { config: { type: "string", short: "c" } },
	positionals: [],
	async run({ values }, output) {
		const { state } = await readAdminTarget(option(values, "config"));
		try {
			const { current, all } = await rotateSigningKeys(state);
			output.out(
				`${signingKeysFile(state)}: key ${current.id} signs, of ${all.length} that are good\n` +
					"sipwright reload takes it up\n",
			);
			return DONE;
		} catch (error) {
			if (!(error instanceof StateError)) throw error;
			const { code, message, fix } = error;
			output.err(report([{ code, message, fix }]));
			return REFUSED;
		}
	},
};
