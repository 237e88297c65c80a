/** What both ends do while a call is up: requests in the dialog, at times both at once, and its end. */
import type { Dialog } from "./dialog.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import { type Sip, uriOf } from "./sip.ts";

/** For an end that was to be told that the call is over, and was not. */
const LATER = 60_000;

/** With an INVITE whose end got lost with a connection: longer than Timer C. */
const PATIENCE = 300_000;

/** Plans what this end does from now on. */
export function converse(dialog: Dialog): void {
	const { plan } = dialog.call;
	for (const { after, side, method } of plan.actions)
		if (side === dialog.side) dialog.phone.after(after, () => ask(dialog, method, 0));
	const first = plan.hangUp === "both" || plan.hangUp === dialog.side;
	dialog.phone.after(first ? plan.talk : plan.talk + LATER, () => dialog.hangUp());
}

function ask(dialog: Dialog, method: string, again: number): void {
	if (dialog.state !== "confirmed") return;
	if (method !== "INVITE") {
		const headers = method === "UPDATE" ? [`Contact: <${dialog.contact}>`] : [];
		dialog.call.count(method);
		dialog.send(method, headers, (response) => gone(dialog, response?.status));
		return;
	}
	// Not while another is under way, in either direction (§14.1).
	if (dialog.inviting || dialog.invited) return;
	dialog.inviting = true;
	dialog.call.count("re-INVITE");
	const moved = `${dialog.phone.contact};line=${dialog.contacts.length}`;
	dialog.contacts.push(moved);
	const transaction = dialog.send("INVITE", [`Contact: <${moved}>`], (response) => {
		if (response !== undefined && response.status < 200) return;
		dialog.inviting = false;
		if (response !== undefined) reinviteAnswered(dialog, response, again);
	});
	dialog.phone.after(PATIENCE, () => transaction.abandon());
}

function reinviteAnswered(dialog: Dialog, response: Sip, again: number): void {
	if (response.status < 300) {
		if (response.contact !== "") dialog.target = uriOf(response.contact);
		dialog.acknowledge(response.cseq);
	} else if (response.status === 491 && again < 3) {
		dialog.call.count("glare");
		const wait = dialog.phone.world.chance.between(0, dialog.side === "caller" ? 4_000 : 2_000);
		dialog.phone.after(wait, () => ask(dialog, "INVITE", again + 1));
	}
	gone(dialog, response.status);
}

/** §12.2.1.2: the other end does not know the dialog any more. */
function gone(dialog: Dialog, status: number | undefined): void {
	if (status === 481) dialog.end();
}

/** A request has come in the dialog. */
export function serve(dialog: Dialog, transaction: ServerTransaction): void {
	const { request } = transaction;
	const { method } = request;
	if (method === "PRACK") {
		transaction.respond(dialog.onPrack?.(request) ?? "481 No Such Response");
		return;
	}
	if (request.cseq < dialog.remoteCseq) {
		transaction.respond("500 CSeq Out Of Order");
		return;
	}
	dialog.remoteCseq = request.cseq;
	if (method === "BYE") {
		dialog.end();
		transaction.respond("200 OK");
	} else if (method === "INVITE") reinvited(dialog, transaction);
	else {
		if (method === "UPDATE") dialog.target = uriOf(request.contact);
		transaction.respond("200 OK", { headers: [`Contact: <${dialog.contact}>`] });
	}
}

function reinvited(dialog: Dialog, transaction: ServerTransaction): void {
	const { request } = transaction;
	if (dialog.inviting) {
		transaction.respond("491 Request Pending");
		return;
	}
	dialog.invited = true;
	const wait = dialog.phone.world.chance.between(0, 300);
	dialog.phone.after(wait, () => {
		dialog.invited = false;
		if (dialog.state === "ended") {
			transaction.respond("487 Request Terminated");
			return;
		}
		dialog.target = uriOf(request.contact);
		const headers = [`Contact: <${dialog.contact}>`];
		const response = transaction.respond("200 OK", { headers, body: "v=0" });
		dialog.repeatUntilAcknowledged(response, transaction);
	});
}
