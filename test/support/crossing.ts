/**
 * A message on both sides of the proxy, where the legs may differ in scheme: From, To and Contact change
 * in their scheme, Via and our own routing headers by one hop, and nothing else (RFC 3261 §16.6, §16.7).
 */
import assert from "node:assert/strict";
import type { TransportName } from "../../core/base/flow.ts";
import type { DialogSide } from "./dialog.ts";
import type { ExchangeRig } from "./exchange-rig.ts";
import type { VirtualPhone } from "./virtual-phone.ts";
import { WireMessage } from "./wire-message.ts";

const OF_A_HOP = ["Via", "Route", "Record-Route", "Max-Forwards", "Max-Breadth"];
const OF_A_LEG = ["From", "To", "Contact"];

/** `came` is what was `sent`, crossed; `written` names headers that a setting of the leg writes too. */
export function assertCrossed(
	sent: WireMessage | string,
	came: WireMessage,
	...written: readonly string[]
): WireMessage {
	const before = typeof sent === "string" ? new WireMessage(sent) : sent;
	const skip = [...OF_A_HOP, ...OF_A_LEG, ...written];
	assert.deepEqual(came.without(...skip), before.without(...skip), came.text);
	assert.equal(came.value("Content-Length"), before.value("Content-Length"));
	assert.equal(came.body, before.body);
	for (const name of ["From", "To"])
		assert.equal(inSip(came.value(name)), inSip(before.value(name)), `${name}: only its scheme`);
	assert.equal(came.values("Contact").length, before.values("Contact").length);
	if (before.method === undefined) assertResponseHop(before, came);
	else assertRequestHop(before, came);
	return came;
}

function assertRequestHop(before: WireMessage, came: WireMessage): void {
	assert.equal(came.method, before.method);
	const [ours = "", theirs = "", ...older] = came.vias;
	const [sent = "", ...olderSent] = before.vias;
	assert.match(ours, /^SIP\/2\.0\/[A-Z]+ 172\.21\.83\.50:\d+;/, "one Via of ours is on top");
	assert.ok(theirs.startsWith(sent.replace(/;rport$/, "")), `${theirs} was ${sent}`);
	assert.deepEqual(older, olderSent);
	const [hops, left] = [before, came].map((one) => Number(one.value("Max-Forwards")));
	assert.equal(left, (hops ?? 0) - 1);
}

function assertResponseHop(before: WireMessage, came: WireMessage): void {
	assert.equal(came.startLine, before.startLine);
	assert.deepEqual(came.vias, before.vias.slice(1), "exactly our Via is gone");
}

function inSip(value: string): string {
	return value.replaceAll(/sips?:/gi, "sip:");
}

/** The four places of a message in which a leg has its scheme. */
export function four(message: WireMessage) {
	return {
		uri: message.uri,
		from: message.value("From").replace(/;tag=.*/, ""),
		to: message.value("To").replace(/;tag=.*/, ""),
		contact: message.value("Contact"),
	};
}

/** Our entries with their cookie cut out, so that they can be read. */
export function routesOf({ recordRoutes }: WireMessage): string[] {
	return recordRoutes.map((entry) => entry.replace(/x5=[\w-]+/, "x5=C"));
}

/** A Contact with its entry cut out. */
export function readable(contact: string): string {
	return contact.replace(/x5c=[\w-]{16,}/, "x5c=E");
}

/** The scheme a phone speaks is that of its Contact. */
export function schemeOf({ contact }: VirtualPhone): "sip" | "sips" {
	return contact.includes("<sips:") ? "sips" : "sip";
}

/** Everything that these phones got has their scheme in the four places and in our Record-Route. */
export function assertSchemes(...phones: readonly VirtualPhone[]): void {
	for (const phone of phones) {
		assert.ok(phone.received.length > 0, `${phone.name} got nothing`);
		for (const message of phone.received) assertScheme(message, schemeOf(phone));
	}
}

/** Contacts of a 3xx, and of answers to REGISTER, are no remote targets. */
export function assertScheme(message: WireMessage, scheme: "sip" | "sips"): void {
	const { status = 0 } = message;
	const contact =
		status >= 300 || message.cseqMethod === "REGISTER" ? [] : message.values("Contact");
	const seen = [
		...(message.method === undefined ? [] : [message.uri]),
		...["From", "To"].flatMap((name) => message.values(name)),
		...contact,
		...message.recordRoutes.filter((entry) => entry.includes("172.21.83.50")),
	];
	const wrong = scheme === "sips" ? /(^|<)sip:/i : /(^|<)sips:/i;
	for (const value of seen) assert.doesNotMatch(value, wrong, message.text);
	for (const value of seen.filter((one) => /sips:/.test(one)))
		assert.doesNotMatch(value, /^[^?]*@?[^@]*;transport=udp/i, message.text);
}

/** For `watch` of a rig: what is sips leaves by TLS or WSS only (RFC 3261 §26.2.2). */
export function assertSecureSocket(
	text: string,
	{ transport }: { transport: TransportName },
): void {
	const message = new WireMessage(text);
	if (message.method === undefined || !/^sips:/i.test(message.uri)) return;
	assert.ok(transport === "tls" || transport === "wss", `${transport}: ${text}`);
}

/** A request in a dialog and its answer, both checked as they cross. */
export function exchange(
	from: DialogSide,
	[asking, answering]: readonly [VirtualPhone, VirtualPhone],
	method: string,
	headers: readonly string[] = [],
) {
	const request = assertCrossed(from.send(method, headers), answering.take(method));
	const answer = answering.answer(request, "200 OK");
	return { request, response: assertCrossed(answer, asking.take(200, method)) };
}

/** The transactions are over after their timers, and nothing is kept. */
export function assertNothingLeft(rig: ExchangeRig): void {
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
}
