/** Dialogs of random peers: who they are, how their legs are set, and what each side sends. The same plan can be played again. */
import type { Seeded } from "../../support/each-seed.ts";
import { randomAddress, randomTarget, SCHEMES } from "../../support/random-uri.ts";
import { secureYaml } from "../../support/secure-bed.ts";

export type Transport = "udp" | "tcp" | "tls";
export type Party = {
	readonly name: "a" | "b";
	readonly scheme: "sip" | "sips";
	readonly transport: Transport;
	readonly host: string;
	readonly port: number;
	/** Its first Contact, a URI in its scheme. */
	readonly contact: string;
	/** Settings of its leg, in YAML. */
	readonly settings: string;
};

/** One transaction in the dialog. */
export type Step = {
	readonly by: "a" | "b";
	readonly method: string;
	/** A new Contact of its sender, which the other side accepts if the status is a 2xx. */
	readonly contact: string | undefined;
	readonly status: string;
	readonly headers: readonly string[];
	readonly body: string;
};

export type Plan = {
	readonly a: Party;
	readonly b: Party;
	readonly from: string;
	readonly to: string;
	readonly callId: string;
	readonly rings: boolean;
	readonly steps: readonly Step[];
};

export function randomPlan(random: Seeded, settings: readonly string[]): Plan {
	const a = randomParty(random, "a", settings);
	const b = randomParty(random, "b", settings);
	const parties = { a, b };
	const steps = Array.from({ length: 2 + random.below(6) }, () => randomStep(random, parties));
	const by = random.pick(["a", "b"] as const);
	return {
		...{ a, b, callId: random.hex(8), rings: random.below(2) === 0 },
		from: `${randomAddress(random)};tag=A1`,
		to: randomAddress(random).trimEnd(),
		steps: [
			...steps,
			{ ...randomStep(random, parties), by, method: "BYE", contact: undefined, status: "200 OK" },
		],
	};
}

function randomParty(random: Seeded, name: "a" | "b", settings: readonly string[]): Party {
	const scheme = random.pick(SCHEMES);
	const transport = scheme === "sips" ? "tls" : random.pick(["udp", "tcp", "tls"] as const);
	return {
		...{ name, scheme, transport, port: 5_000 + random.below(1_000) },
		host: name === "a" ? "10.0.0.1" : "10.0.0.2",
		contact: randomTarget(random, scheme),
		settings: settings
			.filter(() => random.below(2) === 0)
			.map((one) => choice(random, one))
			.join(", "),
	};
}

/** `uri-transport: keep|strip` with one of its values. */
function choice(random: Seeded, setting: string): string {
	const start = setting.indexOf(": ") + 2;
	return setting.slice(0, start) + random.pick(setting.slice(start).split("|"));
}

function randomStep(random: Seeded, parties: Readonly<Record<"a" | "b", Party>>): Step {
	const by = random.pick(["a", "b"] as const);
	const method = random.pick(["INVITE", "INVITE", "UPDATE", "INFO", "MESSAGE", "OPTIONS"]);
	const refresh = method === "INVITE" || method === "UPDATE";
	const status = refresh
		? random.pick(["200 OK", "200 OK", "491 Request Pending", "500 Server Internal Error"])
		: random.pick(["200 OK", "481 Call/Transaction Does Not Exist"]);
	return {
		...{ by, method, status },
		contact:
			refresh && random.below(2) === 0 ? randomTarget(random, parties[by].scheme) : undefined,
		headers: HEADERS.filter(() => random.below(3) === 0),
		body: random.pick(["", "", "v=0\r\na=x:sips:a@h\r\n", "\0\x01sip:\r\n\r\n"]),
	};
}

const HEADERS = [
	"P-Asserted-Identity:  <sips:a@h>",
	"X-Odd:   sip:a@b ,  sips:c@d;transport=udp",
	"Diversion: <sip:x@h>;reason=unconditional",
	'Subject: "sips:" <sip:>',
	"Reason: SIP ;cause=200",
];

/** The parties as devices; calls are routed to b. */
export function yamlOf({ a, b }: Plan): string {
	const devices = [a, b].map(({ name, scheme, transport, host, port, settings }) => {
		const contact = `${scheme}:${name}@${host}:${port};transport=${transport}`;
		return `  ${name}: { type: Extension, contact: "${contact}", secure-signaling: { ${settings} } }`;
	});
	return secureYaml("", devices.join("\n"));
}
