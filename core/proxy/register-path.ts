/**
 * Our Path in a REGISTER that goes on to another registrar: RFC 3327 §5.2, RFC 5626 §5.1. As first hop
 * we hold the flow of the phone, so calls to it have to come back here with the flow's token.
 */
import type { Flow } from "../base/flow.ts";
import { type Leg, transportOf } from "../leg/leg.ts";
import { pathValue } from "../leg/path-uri.ts";
import { readable } from "../leg/readable.ts";
import { ownUri } from "../leg/record-route.ts";
import type { Head } from "../message/head.ts";
import type { Request } from "../message/message.ts";
import type { Patch } from "../message/patch.ts";
import { pushPath } from "../message/route.ts";
import { isOnlyVia } from "../message/via-stack.ts";
import type { Environment } from "./environment.ts";
import type { Rejection } from "./rejection.ts";

/** What the REGISTER gets. */
export type OwnPath = {
	readonly value: string;
	/** The registrar has to take it or refuse (RFC 3327 §5.2). */
	readonly required: boolean;
};

/** Undefined where another proxy stands before us: it has the flow, and `ob` is its to write. */
export function registerPath(
	{ head }: Request,
	came: Flow,
	outgoing: Leg,
	{ pathFor, signing }: Environment,
): OwnPath | undefined {
	if (pathFor === "off" || !isOnlyVia(head)) return undefined;
	if (pathFor === "supported" && !supportsPath(head)) return undefined;
	const value = pathValue(came, addressOf(outgoing), signing);
	return { value, required: pathFor === "required" };
}

/** Why a REGISTER may not go on to another registrar. */
export function refuseWithoutPath(
	{ method, head }: Request,
	{ pathFor }: Environment,
): Rejection | undefined {
	if (method !== "REGISTER" || pathFor !== "required") return undefined;
	if (!isOnlyVia(head) || supportsPath(head)) return undefined;
	return { status: 421, headers: [["Require", "path"]] };
}

export function addPath(patch: Patch, { value, required }: OwnPath): void {
	pushPath(patch, value);
	const { head } = patch.message;
	if (required && !readable(() => head.tokens("require")).includes("path"))
		patch.append("Require", "path");
}

/** A phone that asks for outbound has to know Path (RFC 5626 §4.2.1). */
function supportsPath(head: Head): boolean {
	return (
		readable(() => head.tokens("supported")).includes("path") ||
		readable(() => head.contacts).some(({ params }) => params.has("reg-id"))
	);
}

/** Where the registrar finds us without a flow: under `sip`, TLS has to be named. */
function addressOf(leg: Leg): string {
	const uri = ownUri(leg);
	const unnamed = leg.scheme === "sip" && transportOf(leg) === "tls" && !uri.includes(";");
	return unnamed ? `${uri};transport=tls` : uri;
}
