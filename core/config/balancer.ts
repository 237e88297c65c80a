/** The keys of a socket that stands behind a balancer: who ends TLS, who says where the client is, who may connect. */

import { behindTls, DEFAULT_PORTS, secure, webSocket } from "../base/flow.ts";
import { type Network, Networks, overlap } from "../base/networks.ts";
import type { BalancerConfig, ListenConfig } from "./config.ts";
import { flag, list } from "./fields.ts";
import type { Findings, Place } from "./finding.ts";
import type { HostPort } from "./host.ts";
import { network } from "./network-field.ts";
import { key } from "./section.ts";
import { child, type Node } from "./source.ts";

export const balancerShape = {
	"tls-terminated": key(
		flag().default(false),
		"`tcp` and `ws`: a balancer in front of us ends TLS, and what arrives counts as TLS everywhere; `advertise` is then its address",
	),
	"proxy-protocol": key(
		flag().default(false),
		"all but `udp`: a balancer in front of us begins each connection with a PROXY header (version 1 or 2), which says where the client is",
	),
	"forwarded-for": key(
		flag().default(false),
		"`ws` and `wss`: an HTTP proxy in front of us says in X-Forwarded-For where the client is; what the client has written there is not believed",
	),
	balancers: key(
		list(network).optional(),
		"the networks that balancers connect from, and nobody else may; without it, with `proxy-protocol` only, those of `trusted`",
	),
};

type Given = {
	readonly transport: ListenConfig["transport"];
	readonly advertise: HostPort | undefined;
	readonly "tls-terminated": boolean;
	readonly "proxy-protocol": boolean;
	readonly "forwarded-for": boolean;
	readonly balancers?: readonly Network[] | undefined;
};

/** Undefined where there is no balancer. */
export function readBalancer(
	item: Node,
	given: Given,
	found: Findings,
): BalancerConfig | undefined {
	const {
		transport,
		balancers,
		"tls-terminated": tlsTerminated,
		"proxy-protocol": proxyProtocol,
	} = given;
	const at = (word: keyof typeof balancerShape) => child(item, word)?.at ?? item.at;
	checkTransport(given, at, found);
	checkForwardedFor(given, at, found);
	const forwardedFor = given["forwarded-for"];
	if (!tlsTerminated && !proxyProtocol && !forwardedFor) {
		if (balancers !== undefined)
			found.error(at("balancers"), {
				code: "CONFIG_COMBINATION",
				message: "listen: balancers says who connects here, and nothing says that a balancer does",
				fix: "write tls-terminated: yes or proxy-protocol: yes too, or remove it",
			});
		return undefined;
	}
	const unsaid = !proxyProtocol && child(item, "balancers") === undefined;
	if (unsaid || balancers?.length === 0)
		found.error(at("balancers"), {
			code: "CONFIG_REQUIRED",
			message: "listen: nothing says where the balancer connects from, and nobody else may",
			fix: "write balancers: [10.0.0.0/24]",
		});
	if (tlsTerminated && given.advertise === undefined)
		found.warn(at("tls-terminated"), {
			code: "CONFIG_ADVERTISE",
			message: "listen: messages show this socket, and TLS is spoken at the balancer",
			fix: `write advertise: "sip.example.com:${DEFAULT_PORTS[behindTls(transport)]}", the address of the balancer`,
		});
	return { tlsTerminated, proxyProtocol, forwardedFor, from: balancers && new Networks(balancers) };
}

function checkTransport(
	{ transport, "tls-terminated": tlsTerminated, "proxy-protocol": proxyProtocol }: Given,
	at: (word: keyof typeof balancerShape) => Place,
	found: Findings,
): void {
	if (tlsTerminated && transport !== "tcp" && transport !== "ws")
		found.error(at("tls-terminated"), {
			code: "CONFIG_COMBINATION",
			message: `listen: tls-terminated says that TLS ends before us, and this socket is ${transport}`,
			fix: secure(transport)
				? `write transport: ${transport === "tls" ? "tcp" : "ws"}, or remove it`
				: "remove it",
		});
	if (proxyProtocol && transport === "udp")
		found.error(at("proxy-protocol"), {
			code: "CONFIG_COMBINATION",
			message: "listen: proxy-protocol is a header of connections, and this socket is udp",
			fix: "write transport: tcp or transport: tls, or remove it",
		});
}

function checkForwardedFor(
	{ transport, "forwarded-for": forwardedFor, "proxy-protocol": proxyProtocol }: Given,
	at: (word: keyof typeof balancerShape) => Place,
	found: Findings,
): void {
	if (!forwardedFor || (webSocket(transport) && !proxyProtocol)) return;
	found.error(at("forwarded-for"), {
		code: "CONFIG_COMBINATION",
		message: proxyProtocol
			? "listen: forwarded-for and proxy-protocol both say where the client is"
			: `listen: forwarded-for is a header of HTTP, and this socket is ${transport}`,
		fix: "remove it",
	});
}

/**
 * Without a PROXY header a request has the balancer's address, whoever sends it: then trusting the
 * balancer is trusting everybody.
 */
export function checkTrustedBalancers(
	node: Node | undefined,
	listen: readonly ListenConfig[],
	trusted: Networks,
	found: Findings,
): void {
	for (const { balancer } of listen) {
		if (balancer === undefined || balancer.from === undefined) continue;
		if (balancer.proxyProtocol || balancer.forwardedFor) continue;
		const pair = overlap(balancer.from, trusted);
		if (pair === undefined || node === undefined) continue;
		found.warn(node.at, {
			code: "CONFIG_TRUSTS_BALANCER",
			message: `listen: the balancer at ${pair[0]} is in the trusted network ${pair[1]}, and without proxy-protocol everybody behind it is: anybody may call anywhere`,
			fix: "write proxy-protocol: yes, and send the header from the balancer; or take it out of trusted",
		});
	}
}
