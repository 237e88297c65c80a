/** Who takes part, and what is planned: phones and devices are always the same, calls come from the seed. */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { DnsAnswer, DnsQuestion, DnsRecord } from "../../core/resolve/dns.ts";
import type { Action, CallPlan } from "./call.ts";
import type { Chance } from "./chance.ts";
import type { PhonePlace } from "./phone.ts";

export const DOMAIN = "example.com";
export const PROXY = "10.0.0.1";

const SHARED = ["1100", "1101", "1102"];
const PASSWORD = "rosebud";

export const YAML = `
listen:
  - udp:${PROXY}:5060
  - tcp:${PROXY}:5060
  - tls:${PROXY}:5061
domains: [${DOMAIN}]
trusted: [10.0.0.0/8]
devices:
${numbers(1000, 12)
	.map((name) => `  "${name}": { type: Extension, contact: "*" }`)
	.join("\n")}
  "1012": { type: Extension, contact: "*", password: "${PASSWORD}" }
  "1013": { type: Extension, contact: "*", password: "${PASSWORD}" }
${SHARED.map((name) => `  "${name}": { type: Extension, contact: "*" }`).join("\n")}
  "2000": { type: Extension, contact: "sip:2000@10.2.0.1:5060" }
  "2001": { type: ACD Position, contact: "sips:2001@10.2.0.2:5061" }
  "2002": { type: Extension, contact: "sip:2002@10.2.0.3:5060;transport=tcp" }
  gw: { type: Trunk, prefix: "9", contact: "sip:gw.example.net" }
  gws: { type: Trunk, prefix: "8", contact: "sips:gws.example.net" }
`;

function numbers(first: number, count: number): readonly string[] {
	return Array.from({ length: count }, (_, at) => String(first + at));
}

export function phonePlaces(): readonly PhonePlace[] {
	const kinds = [
		...[true, false, true, false, true, false].map(
			(accepts) => ({ transport: "udp", scheme: "sip", accepts }) as const,
		),
		{ transport: "tcp", scheme: "sip", accepts: true } as const,
		{ transport: "tcp", scheme: "sip", accepts: false } as const,
		{ transport: "tls", scheme: "sip", accepts: true } as const,
		{ transport: "tls", scheme: "sips", accepts: true } as const,
		{ transport: "tls", scheme: "sips", accepts: false } as const,
		{ transport: "tls", scheme: "sips", accepts: false } as const,
		{ transport: "udp", scheme: "sip", accepts: true } as const,
		{ transport: "tls", scheme: "sips", accepts: false } as const,
	];
	const registered = kinds.map((kind, at) => {
		const name = String(1000 + at);
		const shared = SHARED[at % 4];
		const registers = shared === undefined || at > 11 ? [name] : [name, shared];
		const password = at > 11 ? PASSWORD : undefined;
		return { ...kind, name, host: `10.1.0.${at + 1}`, registers, password };
	});
	const fixed = { accepts: true, registers: [], password: undefined };
	return [
		...registered,
		{ ...fixed, name: "2000", transport: "udp", scheme: "sip", host: "10.2.0.1" },
		{ ...fixed, name: "2001", transport: "tls", scheme: "sips", host: "10.2.0.2" },
		{ ...fixed, name: "2002", transport: "tcp", scheme: "sip", host: "10.2.0.3" },
		{ ...fixed, name: "gw1", transport: "udp", scheme: "sip", host: "10.3.0.1" },
		{ ...fixed, name: "gw2", transport: "udp", scheme: "sip", host: "10.3.0.2" },
		{ ...fixed, name: "gws1", transport: "tls", scheme: "sips", host: "10.3.0.3" },
	];
}

const RECORDS: Readonly<Record<string, readonly DnsRecord[]>> = {
	"SRV _sip._udp.gw.example.net": [
		{ type: "SRV", priority: 1, weight: 1, port: 5060, target: "gw1.example.net" },
		{ type: "SRV", priority: 2, weight: 1, port: 5060, target: "gw2.example.net" },
	],
	"SRV _sips._tcp.gws.example.net": [
		{ type: "SRV", priority: 1, weight: 1, port: 5061, target: "gws1.example.net" },
	],
	"A gw1.example.net": [{ type: "A", address: "10.3.0.1" }],
	"A gw2.example.net": [{ type: "A", address: "10.3.0.2" }],
	"A gws1.example.net": [{ type: "A", address: "10.3.0.3" }],
	"A silent.example.net": [{ type: "A", address: "10.9.9.9" }],
	"SRV _sip._udp.lame.example.net": [
		{ type: "SRV", priority: 1, weight: 1, port: 5060, target: "silent.example.net" },
		{ type: "SRV", priority: 2, weight: 1, port: 5060, target: "gw2.example.net" },
	],
};

export function dnsRecords({ type, name }: DnsQuestion): DnsAnswer {
	return RECORDS[`${type} ${name}`] ?? [];
}

export type Timetable = {
	/** The first call, and the last. */
	readonly from: Milliseconds;
	readonly to: Milliseconds;
	/** Those who talk until then are asked whether they hear each other. */
	readonly probe: Milliseconds;
};

/** One call. `fixed`: the built-in routes decide, by the number that is dialled. */
export function planCall(id: number, chance: Chance, time: Timetable, fixed: boolean): CallPlan {
	const at = chance.between(time.from, time.to);
	const long = chance.yes(0.3);
	const talk = long ? time.probe - at + chance.between(2_000, 6_000) : chance.between(0, 25_000);
	const caller = chance.pick([...numbers(1000, 14), "2000", "2001", "2002", "gw1"]);
	return {
		id,
		at,
		caller,
		dialled: fixed ? dialledNumber(chance) : `c${id}`,
		targets: targets(chance),
		fork: {
			order: chance.pick(["q", "parallel", "serial"]),
			timeout: chance.yes(0.3) ? chance.between(1_000, 20_000) : undefined,
			recurse: chance.yes(0.3),
		},
		cancelAfter: chance.yes(0.2) ? cancelAfter(chance) : undefined,
		rude: chance.yes(0.1),
		reliableProvisional: chance.yes(0.5),
		challenged: chance.yes(0.3),
		script: chance.weighted({ decides: 97, fails: 2, drops: 1 }),
		talk,
		hangUp: chance.pick(["caller", "callee", "both"]),
		actions: actions(chance),
		body: "v=0".padEnd(chance.pick([3, 3, 3, 200, 400, 1_500]), "x"),
	};
}

function cancelAfter(chance: Chance): Milliseconds {
	return chance.yes(0.3) ? chance.between(0, 300) : chance.between(300, 14_000);
}

function dialledNumber(chance: Chance): string {
	const number = chance.weighted({ phone: 50, shared: 25, fixed: 10, trunk: 10, nobody: 5 });
	switch (number) {
		case "phone":
			return String(1000 + chance.below(14));
		case "shared":
			return chance.pick(SHARED);
		case "fixed":
			return String(2000 + chance.below(3));
		case "trunk":
			return chance.pick(["9123", "8123"]);
		case "nobody":
			return "4711";
	}
}

/** One to four, all different. */
function targets(chance: Chance): readonly string[] {
	const count = chance.pick([1, 1, 1, 2, 2, 3, 4]);
	return [...new Set(Array.from({ length: count }, () => target(chance)))];
}

function target(chance: Chance): string {
	const kind = chance.weighted({ phone: 60, shared: 12, fixed: 8, trunk: 8, uri: 8, spiral: 4 });
	switch (kind) {
		case "phone":
			return String(1000 + chance.below(14));
		case "shared":
			return chance.pick(SHARED);
		case "fixed":
			return String(2000 + chance.below(3));
		case "trunk":
			return chance.pick(["gw", "gws"]);
		case "uri":
			return chance.pick([
				"sip:7@gw.example.net",
				"sip:7@lame.example.net",
				"sip:7@nowhere.example.net",
				"sip:7@10.9.9.9:5060",
				"sip:7@10.9.9.9;transport=tcp",
			]);
		case "spiral":
			return `sip:${1000 + chance.below(12)}@${PROXY}:5060`;
	}
}

/** Often at the same moment on both sides: glare. */
function actions(chance: Chance): readonly Action[] {
	const planned: Action[] = [];
	const methods = ["INVITE", "INVITE", "UPDATE", "INFO", "OPTIONS"] as const;
	for (let left = chance.below(4); left > 0; left -= 1) {
		const after = chance.between(0, 20_000);
		const method = chance.pick(methods);
		planned.push({ after, side: chance.pick(["caller", "callee"]), method });
		if (chance.yes(0.2))
			planned.push(
				{ after, side: "caller", method: "INVITE" },
				{ after: after + chance.below(20), side: "callee", method: "INVITE" },
			);
	}
	return planned;
}
