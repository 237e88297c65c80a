/** Real softphones, headless: linphonec speaks sips over TLS, baresip sip over UDP or TLS. */
import type { Certificate } from "./certificate.ts";
import { baresipTrace, linphoneTrace, PhoneWire, type ReadTrace } from "./phone-wire.ts";
import { ownHost } from "./ports.ts";
import { type Program, startProgram } from "./process.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

export type Softphone = {
	readonly name: string;
	readonly user: string;
	/** What it registers with, and has to see on its wire. */
	readonly scheme: "sip" | "sips";
	readonly program: Program;
	readonly wire: PhoneWire;
	dial(number: string): void;
	hold(): void;
	resume(): void;
	/** Blind transfer (RFC 3515, RFC 5589 §6) of its call to a number. */
	transfer(number: string): void;
	hangUp(): void;
	stop(): Promise<void>;
};

/** Where a phone registers: `host`, or `host:port`. */
type Proxy = string;

type Commands = Pick<Softphone, "dial" | "hold" | "resume" | "transfer" | "hangUp">;

export type LinphoneOptions = {
	/** With `sip` over this; without, `sips`. */
	readonly transport?: "udp" | "tcp" | "tls";
	readonly login?: PhoneLogin;
};

/** What it answers challenges with. */
export type PhoneLogin = { readonly username: string; readonly password: string };

/** Answers by itself. Its certificate check is off: the proxy's certificate is for development. */
export async function startLinphone(
	user: string,
	proxy: Proxy,
	{ transport, login }: LinphoneOptions = {},
): Promise<Softphone> {
	const folder = tempFolder();
	folder.write(".local/share/linphone/.keep", "");
	const scheme = transport === undefined ? "sips" : "sip";
	const over = transport === undefined ? "" : `;transport=${transport}`;
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
			`reg_proxy=<${scheme}:${proxy}${over}>`,
			`reg_identity=${scheme}:${user}@${hostOf(proxy)}`,
			"reg_expires=600",
			"reg_sendregister=1",
			...(login === undefined ? [] : authInfo(user, login)),
			"",
		].join("\n"),
	);
	const program = startProgram("linphonec", ["-c", rc, "-d", "6", "-l", "/dev/stdout"], {
		cwd: folder.path,
		env: { HOME: folder.path },
		input: true,
	});
	const commands = writing(program, {
		dial: (number) => `call ${scheme}:${number}@${proxy}${over}`,
		hold: () => "pause",
		resume: () => "resume",
		transfer: (number) => `transfer ${scheme}:${number}@${proxy}${over}`,
		hangUp: () => "terminate",
	});
	const name = transport === undefined ? "linphonec" : `linphonec over ${transport.toUpperCase()}`;
	const phone = { name, user, scheme, program } as const;
	return ready({ ...phone, ...commands }, folder, linphoneTrace, async () => {
		// Its command line says nothing of a registration; its log does.
		await program.printed(/to \[LinphoneRegistrationOk\]/);
		program.write("autoanswer enable\n");
		await program.printed(/auto answer enabled/i);
	});
}

/** It looks for the user of From, and answers as another one. */
function authInfo(user: string, { username, password }: PhoneLogin): readonly string[] {
	return ["[auth_info_0]", `username=${user}`, `userid=${username}`, `passwd=${password}`];
}

export type BaresipOptions = {
	readonly transport?: "udp" | "tcp" | "tls";
	readonly login?: PhoneLogin;
	/** Own address; it takes port 5060 of it, and 5061 for TLS. */
	readonly host?: string;
	/** It does not register: it is called at its address, and with this certificate over TLS. */
	readonly serves?: Certificate;
};

/** Answers by itself. */
export async function startBaresip(
	user: string,
	proxy: Proxy,
	options: BaresipOptions = {},
): Promise<Softphone> {
	const { transport = "tls", host = ownHost(), serves, login } = options;
	const folder = tempFolder();
	const own =
		serves === undefined
			? []
			: [`sip_certificate ${folder.write("own.pem", `${serves.cert}\n${serves.key}`)}`];
	folder.write(
		"config",
		[
			`sip_listen ${host}:5060`,
			...own,
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
	const over = transport === "udp" ? "" : `;transport=${transport}`;
	const account = [
		`<sip:${user}@${proxy}${over}>;auth_pass=${login?.password ?? "x"};answermode=auto`,
		...(login === undefined ? [] : [`auth_user=${login.username}`]),
		`regint=${serves === undefined ? 600 : 0}`,
		`outbound="sip:${proxy}${over}"`,
	];
	folder.write("accounts", `${account.join(";")}\n`);
	const program = startProgram("baresip", ["-s", "-f", folder.path], {
		env: { HOME: folder.path },
		input: true,
	});
	const commands = writing(program, {
		// It completes a number with what follows the user of its account, transport=tls among that.
		dial: (number) => `/dial ${number}`,
		hold: () => "/hold",
		resume: () => "/resume",
		transfer: (number) => `/transfer sip:${number}@${proxy}${over}`,
		hangUp: () => "/hangup",
	});
	const name = `baresip over ${transport.toUpperCase()}`;
	const phone = { name, user, scheme: "sip", program } as const;
	return ready({ ...phone, ...commands }, folder, baresipTrace(hostOf(proxy)), () =>
		program.printed(serves === undefined ? /200 OK/ : /baresip is ready/),
	);
}

function writing(
	program: Program,
	words: { [name in keyof Commands]: (number: string) => string },
): Commands {
	const write = (command: string) => program.write(`${command}\n`);
	return {
		dial: (number) => write(words.dial(number)),
		hold: () => write(words.hold("")),
		resume: () => write(words.resume("")),
		transfer: (number) => write(words.transfer(number)),
		hangUp: () => write(words.hangUp("")),
	};
}

function hostOf(proxy: Proxy): string {
	return proxy.split(":")[0] ?? "";
}

/** Stops it again when it does not register. */
async function ready(
	phone: Omit<Softphone, "wire" | "stop">,
	folder: TempFolder,
	trace: ReadTrace,
	registered: () => Promise<unknown>,
): Promise<Softphone> {
	const { program } = phone;
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
	return { ...phone, wire: new PhoneWire(program, trace), stop };
}
