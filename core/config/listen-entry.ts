/** One socket of `listen:`, as text `udp:0.0.0.0:5060` or as a block. */
import { DEFAULT_PORTS, type TransportName } from "../base/flow.ts";
import { balancerShape, readBalancer } from "./balancer.ts";
import type { ListenConfig } from "./config.ts";
import { choice, flag, type Refusal, scalar, wrong } from "./fields.ts";
import type { Findings } from "./finding.ts";
import { type HostPort, isWildcard, parseAddress, parseHostPort } from "./host.ts";
import { key, quote, readSection } from "./section.ts";
import { inside, type Node } from "./source.ts";
import { readWeb, webShape } from "./web.ts";

type Address = { readonly address: string; readonly port: number | undefined };

export type ListenEntry = Address & {
	readonly transport: ListenConfig["transport"];
	readonly advertise: HostPort | undefined;
	/** Whether TCP comes with a UDP socket. */
	readonly tcp: boolean;
	readonly balancer?: ListenConfig["balancer"];
	readonly web?: ListenConfig["web"];
};

const socketAddress = scalar<Address>(
	{ values: "IP address and port", example: '"0.0.0.0:5060"' },
	(written) => {
		const value = parseAddress(written);
		const fix = '"0.0.0.0:5060", or "[::1]:5060" for IPv6';
		return value === undefined ? wrong("is no IP address and port", fix) : { value };
	},
);

const advertised = scalar<HostPort>(
	{ values: "host, with or without a port", example: '"sip.example.com:5061"' },
	(written) => {
		const value = parseHostPort(written);
		if (value !== undefined && !isWildcard(value.host.replaceAll(/[[\]]/g, ""))) return { value };
		return wrong("is no host that peers can reply to", '"sip.example.com:5061"');
	},
);

const transport = choice(["udp", "tcp", "tls", "ws", "wss"]);

export const listenShape = {
	transport: key(transport.optional(), "what is spoken there"),
	address: key(
		socketAddress.optional(),
		"the address and port to bind; without a port 5060, for `tls` 5061, `ws` 80, `wss` 443; port 0 takes a free one",
	),
	advertise: key(
		advertised.optional(),
		"what Via and Record-Route say instead of it: needed behind address translation",
	),
	tcp: key(
		flag().optional(),
		"`udp` only: whether TCP is opened on the same address and port too; without it `yes`",
	),
	...webShape,
	...balancerShape,
};

export function readListenEntry(item: Node, found: Findings): ListenEntry | undefined {
	return item.kind === "block" ? readBlock(item, found) : readText(item, found);
}

function readBlock(item: Node, found: Findings): ListenEntry | undefined {
	const values = readSection("listen", item, listenShape, found);
	const { transport, address, advertise, tcp } = values;
	requireKey(item, "transport", "udp", found);
	requireKey(item, "address", '"0.0.0.0:5060"', found);
	if (tcp !== undefined && transport !== undefined && transport !== "udp")
		found.error(item.at, {
			code: "CONFIG_COMBINATION",
			message: `listen: tcp says whether TCP comes with a UDP socket, and this one is ${transport}`,
			fix: "remove tcp",
		});
	if (transport === undefined || address === undefined) return undefined;
	const balancer = readBalancer(item, { ...values, transport }, found);
	const web = readWeb(item, { ...values, transport }, found);
	return {
		...address,
		transport,
		advertise,
		tcp: transport === "udp" && tcp !== false,
		...(balancer && { balancer }),
		...(web && { web }),
	};
}

function requireKey(item: Node, word: string, example: string, found: Findings): void {
	if (item.kind !== "block" || item.entries.has(word)) return;
	found.error(item.at, {
		code: "CONFIG_REQUIRED",
		message: `listen: this socket has no ${word}`,
		fix: `write ${word}: ${example}`,
	});
}

function readText(item: Node, found: Findings): ListenEntry | undefined {
	const written = item.kind === "scalar" ? item.text : "";
	const colon = Math.max(written.indexOf(":"), 0);
	const spoken = transport.safeParse(written.slice(0, colon).toLowerCase());
	const address = parseAddress(written.slice(colon + 1));
	if (spoken.success && address !== undefined)
		return { ...address, transport: spoken.data, advertise: undefined, tcp: spoken.data === "udp" };

	const { code, message, fix, offset = 0 } = refuseText(written, colon, spoken.data);
	found.error(inside(item, offset), { code, message: `listen: ${quote(written)} ${message}`, fix });
	return undefined;
}

function refuseText(written: string, colon: number, spoken: TransportName | undefined): Refusal {
	if (spoken === undefined) {
		const address = parseAddress(written) === undefined ? "0.0.0.0:5060" : written;
		return wrong("names no transport", `udp:${address}, tcp:…, tls:…, ws:… or wss:…`);
	}
	const port = DEFAULT_PORTS[spoken];
	const fix = `${spoken}:0.0.0.0:${port}, or "${spoken}:[::1]:${port}" for IPv6`;
	return wrong("has no IP address and port", fix, colon + 1);
}
