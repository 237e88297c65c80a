/** A call through core/leg alone: what the proxy does with it, without transactions and sockets. */
import assert from "node:assert/strict";
import { applyRequest, restoreResponse } from "../../core/leg/apply-leg.ts";
import { openRequestUri } from "../../core/leg/contact-entry.ts";
import { type DialogState, schemeOfSide } from "../../core/leg/cookie.ts";
import { type Leg, type Legs, legOf, other, type Side } from "../../core/leg/leg.ts";
import { dialogState, newDialog } from "../../core/leg/new-dialog.ts";
import { readOwnRoute } from "../../core/leg/own-route.ts";
import { type OwnEntries, recordRoute } from "../../core/leg/record-route.ts";
import type { Signing } from "../../core/leg/seal.ts";
import type { Request, Response } from "../../core/message/message.ts";
import { Patch } from "../../core/message/patch.ts";
import { popRoute, pushRecordRoute } from "../../core/message/route.ts";
import type { Uri } from "../../core/message/uri.ts";
import { request, response, signing, values } from "./fixtures.ts";

export type Passed = {
	readonly text: string;
	readonly message: Request;
	readonly received: Request;
	readonly legs: Legs;
	readonly state: DialogState;
	readonly entries: OwnEntries | undefined;
};

const isOurs = (uri: Uri) => uri.host === "172.21.83.50";

/** A dialog-forming request from the caller. */
export function pass(text: string, caller: Leg, callee: Leg, uri: string, nonce = 0x1234): Passed {
	const received = request(...lines(text));
	const legs: Legs = { caller, callee, toward: "callee" };
	const flows = { callerFlow: caller.flow, calleeFlow: callee.flow };
	const state = newDialog(received, legs, flows, nonce, signing);
	const entries = recordRoute(legs, state);
	const patch = new Patch(received).requestUri(uri);
	for (const value of entries.values.toReversed()) pushRecordRoute(patch, value);
	applyRequest(patch, received, legs, state);
	const message = request(...lines(patch.text()));
	return { text: message.text, message, received, legs, state, entries };
}

/** A request inside the dialog: everything it needs is in its Route and Request-URI. */
export function passInDialog(
	text: string,
	legOn: (side: Side) => Leg,
	by: Signing = signing,
): Passed {
	const received = request(...lines(text));
	const { head } = received;
	const { callId, fromTag, toTag } = head;
	const [top = "", second] = head.routes.map(({ uri }) => uri);
	const route = readOwnRoute(top, second, { callId, fromTag, toTag }, isOurs, by);
	assert.ok(route?.kind === "dialog");
	const { cookie, dialog } = route;
	const toward = other(route.from);
	const scheme = (side: Side): Leg => ({ ...legOn(side), scheme: schemeOfSide(cookie, side) });
	const legs: Legs = { caller: scheme("caller"), callee: scheme("callee"), toward };
	const state = dialogState(cookie, dialog, by, received, legs);
	const context = { dialog, nonce: cookie.nonce, signing: by };
	const opened = openRequestUri(received.uri, legOf(legs, toward).scheme, context);
	const patch = new Patch(received).requestUri(opened.uri);
	for (const element of head.elements("route").slice(0, route.entries)) popRoute(patch, element);
	applyRequest(patch, received, legs, state);
	const message = request(...lines(patch.text()));
	return { text: message.text, message, received, legs, state, entries: undefined };
}

/** The answer that a UAS gives to what it received, as the other side sees it. */
export function answer(passed: Passed, status: number, tag: string, ...more: string[]): Response {
	const patch = new Patch(uas(passed, status, tag, ...more));
	const { message } = patch;
	assert.ok(message.kind === "response");
	restoreResponse(patch, message, passed.received, passed.legs, passed.state, passed.entries);
	return response(...lines(patch.text()));
}

export function uas({ message, text }: Passed, status: number, tag: string, ...more: string[]) {
	const { head } = message;
	return response(
		`SIP/2.0 ${status} Because`,
		...values(text, "Via").map((value) => `Via: ${value}`),
		...values(text, "Record-Route").map((value) => `Record-Route: ${value}`),
		`From: ${head.text1("from")}`,
		`To: ${head.text1("to")}${head.toTag === undefined ? `;tag=${tag}` : ""}`,
		`Call-ID: ${head.callId}`,
		`CSeq: ${head.cseq.number} ${message.method}`,
		...more,
	);
}

function lines(text: string): string[] {
	const end = text.indexOf("\r\n\r\n");
	return [...text.slice(0, end).split("\r\n"), "", text.slice(end + 4)];
}
