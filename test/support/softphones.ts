/** Real softphones, headless and registered over TLS: linphonec speaks sips, baresip sip over TLS. */
import { freePort } from "./ports.ts";
import { type Program, startProgram } from "./process.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

export type Softphone = {
	readonly program: Program;
	stop(): Promise<void>;
};

/** Answers by itself. Its certificate check is off: the proxy's certificate is for development. */
export async function startLinphone(user: string, tlsPort: number): Promise<Softphone> {
	const folder = tempFolder();
	folder.write(".local/share/linphone/.keep", "");
	const rc = folder.write(
		"rc",
		[
			"[sip]",
			"verify_server_certs=0",
			"verify_server_cn=0",
			"sip_port=-1",
			"sip_tcp_port=-1",
			"sip_tls_port=-1",
			"[proxy_0]",
			`reg_proxy=<sips:127.0.0.1:${tlsPort}>`,
			`reg_identity=sips:${user}@127.0.0.1`,
			"reg_expires=600",
			"reg_sendregister=1",
			"",
		].join("\n"),
	);
	const program = startProgram("linphonec", ["-c", rc, "-d", "6", "-l", "/dev/stdout"], {
		cwd: folder.path,
		env: { HOME: folder.path },
		input: true,
	});
	return ready(program, folder, async () => {
		// Its command line says nothing of a registration; its log does.
		await program.printed(/to \[LinphoneRegistrationOk\]/);
		program.write("autoanswer enable\n");
		await program.printed(/auto answer enabled/i);
	});
}

export async function startBaresip(user: string, tlsPort: number): Promise<Softphone> {
	const folder = tempFolder();
	folder.write(
		"config",
		[
			`sip_listen 127.0.0.1:${await freePort()}`,
			"sip_verify_server no",
			"ausrc_srate 48000",
			"ausrc_channels 2",
			"audio_source ausine,440",
			`audio_player aufile,${folder.path}/heard.wav`,
			"module_path /usr/lib/baresip/modules",
			...["account", "menu", "stdio", "ausine", "aufile", "g711"].map(
				(name) => `module ${name}.so`,
			),
			"",
		].join("\n"),
	);
	folder.write(
		"accounts",
		`<sip:${user}@127.0.0.1:${tlsPort};transport=tls>;auth_pass=x;answermode=auto;regint=600;outbound="sip:127.0.0.1:${tlsPort};transport=tls"\n`,
	);
	const program = startProgram("baresip", ["-f", folder.path], {
		env: { HOME: folder.path },
		input: true,
	});
	return ready(program, folder, () => program.printed(/200 OK/));
}

/** Stops it again when it does not register. */
async function ready(
	program: Program,
	folder: TempFolder,
	registered: () => Promise<unknown>,
): Promise<Softphone> {
	const stop = async () => {
		await program.stop();
		folder.remove();
	};
	try {
		await registered();
	} catch (error) {
		await stop();
		throw error;
	}
	return { program, stop };
}
