/** Two raw peers in a call through proxies: each request of one has to reach the other as its side of the call wants it. */
import assert from "node:assert/strict";
import { answer, DialogSide, message, uriOf } from "./dialog.ts";
import { assertOneScheme } from "./one-scheme.ts";
import type { Phone } from "./raw-phones.ts";
import type { WireMessage } from "./wire-message.ts";

export type Talker = { readonly phone: Phone; dialog: DialogSide };
export type Talkers = { readonly caller: Talker; readonly callee: Talker };

/** INVITE, 180, 200 and ACK. `number`: whom the proxy at `host` is asked for. */
export async function connect(
	caller: Phone,
	callee: Phone,
	number: string,
	host: string,
): Promise<Talkers> {
	calls += 1;
	const { scheme, contact, via } = caller;
	const uri = `${scheme}:${number}@${host}`;
	const invite = message(`INVITE ${uri} SIP/2.0`, [
		`Via: ${via};branch=z9hG4bKcall${calls}`,
		"Max-Forwards: 70",
		`From: ${contact};tag=c`,
		`To: <${uri}>`,
		`Call-ID: call-${calls}@${host}`,
		"CSeq: 1 INVITE",
		`Contact: ${contact}`,
	]);
	caller.peer.send(invite);
	const arrived = await callee.peer.request("INVITE");
	const headers = [`Contact: ${callee.contact}`];
	callee.peer.send(answer(arrived, "180 Ringing", { tag: "d", headers }));
	const ringing = await caller.peer.response(180, "INVITE");
	callee.peer.send(answer(arrived, "200 OK", { tag: "d", headers }));
	const ok = await caller.peer.response(200, "INVITE");
	assertItsScheme(caller, ringing, ok);
	assertItsScheme(callee, arrived);
	const to = `${arrived.value("To")};tag=d`;
	const talkers = {
		caller: { phone: caller, dialog: DialogSide.caller(caller, ok) },
		callee: { phone: callee, dialog: DialogSide.callee(callee, arrived, to) },
	};
	await passes("ACK", talkers.caller, talkers.callee);
	return talkers;
}

let calls = 0;

/** The request arrives at the other side with all routes used up, and its 200 comes back; an INVITE is acknowledged. */
export async function passes(method: string, from: Talker, to: Talker): Promise<void> {
	from.dialog.send(method);
	const arrived = await to.phone.peer.request(method);
	assert.equal(arrived.uri, uriOf(to.phone.contact), method);
	assert.deepEqual(arrived.values("Route"), [], method);
	assert.equal(arrived.value("From"), to.dialog.remote, method);
	assert.equal(arrived.value("To"), to.dialog.local, method);
	assertItsScheme(to.phone, arrived);
	if (method === "ACK") return;

	const refresh = method === "INVITE" || method === "UPDATE";
	const headers = refresh ? [`Contact: ${to.phone.contact}`] : [];
	to.phone.peer.send(answer(arrived, "200 OK", { headers }));
	const ok = await from.phone.peer.response(200, method);
	assert.equal(ok.value("From"), from.dialog.local, method);
	assert.equal(ok.value("To"), from.dialog.remote, method);
	assertItsScheme(from.phone, ok);
	if (!refresh) return;
	to.dialog = to.dialog.refreshed(arrived.value("Contact"));
	from.dialog = from.dialog.refreshed(ok.value("Contact"));
	if (method === "INVITE") await passes("ACK", from, to);
}

function assertItsScheme({ scheme, farRoutes }: Phone, ...messages: WireMessage[]): void {
	assertOneScheme(messages, scheme, farRoutes === true ? ["Record-Route"] : []);
}
