/** Requests, flows and the place they arrive at, for the tests of core/proxy. */
import assert from "node:assert/strict";
import type { Flow, TransportName } from "../../core/base/flow.ts";
import { Request, Response } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import type { HeaderEdit } from "../../core/proxy/decision.ts";
import type { Environment } from "../../core/proxy/environment.ts";
import { forwardRequest } from "../../core/proxy/forward-request.ts";
import { outgoingLeg } from "../../core/proxy/outgoing-leg.ts";
import { passage } from "../../core/proxy/passage.ts";
import type { Rejection } from "../../core/proxy/rejection.ts";
import { type RouteInformation, routeInformation } from "../../core/proxy/route-information.ts";
import { type Target, uriTarget } from "../../core/proxy/target-set.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import { WireMessage } from "../support/wire-message.ts";

const config = await rigConfig();

/** The test bed of secure signaling, with nobody registered. */
export function bench(): { readonly rig: ExchangeRig; readonly environment: Environment } {
	const rig = new ExchangeRig({ config, routes: () => ({ kind: "drop" }) });
	return { rig, environment: rig.settings().environment };
}

export const { environment } = bench();

export type Parts = {
	readonly method?: string;
	readonly uri?: string;
	readonly via?: string;
	readonly from?: string;
	readonly to?: string;
	readonly callId?: string;
	readonly cseq?: number;
	readonly maxForwards?: string;
	/** Whole lines, behind the top Via. */
	readonly lines?: readonly string[];
	readonly body?: string;
};

export function text(parts: Parts = {}): string {
	const { method = "INVITE", uri = "sip:5000@172.21.83.50", maxForwards = "70", cseq = 1 } = parts;
	const { via = "SIP/2.0/UDP 172.21.83.70:5060;branch=z9hG4bKa1", body = "" } = parts;
	return [
		`${method} ${uri} SIP/2.0`,
		`Via: ${via}`,
		...(parts.lines ?? []),
		...(maxForwards === "" ? [] : [`Max-Forwards: ${maxForwards}`]),
		`From: ${parts.from ?? "<sip:6000@172.21.83.70>;tag=a"}`,
		`To: ${parts.to ?? "<sip:5000@172.21.83.50>"}`,
		`Call-ID: ${parts.callId ?? "call-1"}`,
		`CSeq: ${cseq} ${method}`,
		...(body === "" ? [] : [`Content-Length: ${body.length}`]),
		"",
		body,
	].join("\r\n");
}

export function request(parts: Parts = {}): Request {
	return parsedRequest(text(parts));
}

export function parsedRequest(octets: string): Request {
	const message = parseMessage(octets, "datagram");
	assert.ok(message instanceof Request, octets);
	return message;
}

export function parsedResponse(octets: string): Response {
	const message = parseMessage(octets, "datagram");
	assert.ok(message instanceof Response, octets);
	return message;
}

export function flow(transport: TransportName, host = "172.21.83.70", port = 5060): Flow {
	const listener = environment.listeners.find((one) => one.transport === transport)?.id ?? -1;
	const connection = transport === "udp" ? 0 : 7;
	return { transport, listener, connection, host, port, serverName: undefined };
}

export function routed(received: Request, place = environment): RouteInformation {
	const route = routeInformation(received, flow("udp"), place);
	assert.ok(!("status" in route), `rejected: ${JSON.stringify(route)}`);
	return route;
}

export function rejected(received: Request, place = environment): Rejection {
	const route = routeInformation(received, flow("udp"), place);
	assert.ok("status" in route, "not rejected");
	return route;
}

export type Way = {
	readonly transport?: TransportName;
	readonly came?: Flow;
	readonly target?: Partial<Target>;
	readonly edits?: readonly HeaderEdit[];
	readonly consumed?: readonly number[];
};

/** The request as it goes out to 172.21.83.60, for a target `sip:5000@172.21.83.60:5060`. */
export function forwarded(received: Request, way: Way = {}): WireMessage {
	const { transport = "udp", came = flow("udp"), edits = [], consumed = [] } = way;
	const route = routed(received);
	const target = { ...uriTarget("sip:5000@172.21.83.60:5060", POLICY), ...way.target };
	const hop = { transport, host: "172.21.83.60", port: 5060, serverName: undefined };
	const outgoing = outgoingLeg(hop, target.scheme, target.policy, environment);
	const through = outgoing && passage(route, came, outgoing, environment);
	assert.ok(outgoing && through);
	const branch = "z9hG4bKours";
	return new WireMessage(
		forwardRequest({ route, target, outgoing, passage: through, edits, consumed, branch }),
	);
}

const POLICY = environment.directory.policy;
