/** The block `node`: who this node is to others that share its registrations, and where they reach it. */
import type { Config, ListenConfig, NodeConfig } from "./config.ts";
import { type Refusal, scalar, wrong } from "./fields.ts";
import type { Findings, Place } from "./finding.ts";
import { type HostPort, parseHostPort } from "./host.ts";
import { key, readSection, type Values } from "./section.ts";
import { child, type Node } from "./source.ts";

type Transport = "udp" | "tcp" | "tls";
type Written = HostPort & { readonly transport: Transport };

const address = (transports: readonly Transport[], example: string) =>
	scalar<Written>({ values: "transport, host and port", example }, (written) =>
		readAddress(written, transports, example),
	);

export const nodeShape = {
	name: key(
		scalar<string>({ values: "letters, digits, `-`, `_`, `.`", example: "edge-a" }, (written) =>
			/^[\w.-]{1,32}$/.test(written) ? { value: written } : wrong("is no name", "edge-a"),
		).optional(),
		"the name of this node, which no other node has",
	),
	address: key(
		address(["tcp", "tls", "udp"], '"tcp:10.0.0.5:5060"').optional(),
		"where other nodes send the calls to phones that registered here: a listener of this node",
	),
	"secure-address": key(
		address(["tls"], '"tls:edge-a.example.com:5061"').optional(),
		"the same for phones that registered with `sips`; its host is a name in our certificate. Without it only this node can call them, unless `address` is `tls`",
	),
};

function readAddress(
	written: string,
	transports: readonly Transport[],
	example: string,
): { value: Written } | Refusal {
	const colon = written.indexOf(":");
	const transport = transports.find((one) => one === written.slice(0, colon).toLowerCase());
	if (transport === undefined) return wrong("names no transport that fits", example);
	const parsed = parseHostPort(written.slice(colon + 1));
	if (parsed === undefined) return wrong("has no host and port", example, colon + 1);
	return { value: { ...parsed, transport } };
}

/** `location`: the block that makes a node necessary. */
export function readNode(
	node: Node | undefined,
	location: Node | undefined,
	around: Pick<Config, "location" | "listen">,
	found: Findings,
): NodeConfig | undefined {
	const given = readSection("node", node, nodeShape, found);
	const at = node?.at ?? location?.at;
	if (at === undefined) return undefined;
	if (around.location.store === "redis") return shared(given, node, at, around.listen, found);
	if (node !== undefined) warnUseless(at, found);
	return undefined;
}

function shared(
	{ name, address, "secure-address": secure }: Values<typeof nodeShape>,
	node: Node | undefined,
	at: Place,
	listen: readonly ListenConfig[],
	found: Findings,
): NodeConfig | undefined {
	if (child(node, "name") === undefined) require("a name", at, found);
	if (child(node, "address") === undefined) require("an address", at, found);
	if (name === undefined || address === undefined) return undefined;
	const safe = secure ?? (address.transport === "tls" ? address : undefined);
	checkListens(address, listen, at, found);
	if (safe === undefined) warnSips(listen, at, found);
	else if (safe !== address) checkListens(safe, listen, at, found);
	return { name, address: asUri(address, "sip"), secureAddress: safe && asUri(safe, "sips") };
}

function warnUseless(at: Place, found: Findings): void {
	found.warn(at, {
		code: "CONFIG_NO_EFFECT",
		message: "node has no effect: only nodes that share their registrations are told apart",
		fix: "write location: { store: redis, url: … }, or remove it",
	});
}

function require(what: string, at: Place, found: Findings): void {
	found.error(at, {
		code: "CONFIG_REQUIRED",
		message: `node: with store: redis this node needs ${what} that the others know it by`,
		fix: 'write node: { name: edge-a, address: "tcp:10.0.0.5:5060" }',
	});
}

function checkListens(
	{ transport }: Written,
	listen: readonly ListenConfig[],
	at: Place,
	found: Findings,
): void {
	if (listen.some((one) => one.transport === transport)) return;
	found.error(at, {
		code: "CONFIG_UNREACHABLE",
		message: `node: listen has no ${transport} socket that other nodes could send to`,
		fix: `write - ${transport}:ADDRESS:PORT under listen`,
	});
}

function warnSips(listen: readonly ListenConfig[], at: Place, found: Findings): void {
	if (!listen.some(({ transport }) => transport === "tls")) return;
	found.warn(at, {
		code: "CONFIG_UNREACHABLE",
		message: "node: phones that register here with sips can be called through this node only",
		fix: 'write secure-address: "tls:edge-a.example.com:5061"',
	});
}

/** What is sips goes over TLS anyway, and never says so (RFC 5630 §5.3). */
function asUri({ transport, host, port }: Written, scheme: "sip" | "sips"): NodeConfig["address"] {
	const shown = port ?? (transport === "tls" ? 5061 : 5060);
	const uri = `${scheme}:${host}:${shown}`;
	return { host, port: shown, uri: scheme === "sips" ? uri : `${uri};transport=${transport}` };
}
