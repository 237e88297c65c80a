/**
 * core/message beside npm `sip`, octets in, octets out: time to read what a proxy needs of a request, and to read and
 * forward it (Via pushed, Max-Forwards counted, Record-Route put in, target set).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decrementMaxForwards } from "../../core/message/max-forwards.ts";
import type { Request } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse-message.ts";
import { Patch } from "../../core/message/patch.ts";
import { pushVia } from "../../core/message/via-stack.ts";
import { type SipMessage, sip } from "../support/npm-sip.ts";
import { type MicroRow, median } from "./results.ts";

const TESTS = join(import.meta.dirname, "..");
const MESSAGES = [
	{
		name: "the INVITE of the Secure SIP Signaling page",
		file: "fixtures/secure-sip-signaling/invite.sip",
	},
	{
		name: "`wsinv` of RFC 4475: every kind of white space",
		file: "torture/rfc4475/wsinv.dat",
	},
];
const BATCHES = 30;
const PER_BATCH = 4_000;
const TARGET = "sip:5000@192.0.2.7:5060";
const OWN_URI = "<sip:192.0.2.1:5060;lr>";
/** Both write what they send here, as our transport does: the kernel has copied it when `send` returns. */
const DATAGRAM = Buffer.allocUnsafeSlow(65_507);

/** The two take turns; the first third of the batches is for the compiler. */
export function measureMicro(): MicroRow[] {
	return MESSAGES.flatMap(({ name, file }) => {
		const octets = readFileSync(join(TESTS, file));
		return [
			{
				what: `read ${name}`,
				octets: octets.length,
				...compare(
					() => readOurs(parseOurs(octets)),
					() => readTheirs(parseTheirs(octets)),
				),
			},
			{
				what: `read and forward ${name}`,
				octets: octets.length,
				...compare(
					() => forwardOurs(parseOurs(octets)),
					() => forwardTheirs(parseTheirs(octets)),
				),
			},
		];
	});
}

function compare(ours: () => number, theirs: () => number): Pick<MicroRow, "ours" | "theirs"> {
	const can = works(theirs);
	const rounds = Array.from({ length: BATCHES }, () => ({
		ours: batch(ours),
		theirs: can ? batch(theirs) : Number.NaN,
	}));
	const micros = (side: "ours" | "theirs") =>
		Number(median(rounds.slice(BATCHES / 3).map((round) => round[side])).toFixed(2));
	return { ours: micros("ours"), theirs: can ? micros("theirs") : null };
}

function works(work: () => number): boolean {
	try {
		return work() > 0;
	} catch {
		return false;
	}
}

/** Microseconds a call. The sum keeps the work from being optimised away. */
function batch(work: () => number): number {
	const before = performance.now();
	let sum = 0;
	for (let at = 0; at < PER_BATCH; at += 1) sum += work();
	if (!(sum > 0)) throw new Error("nothing was read");
	return ((performance.now() - before) * 1000) / PER_BATCH;
}

function parseOurs(octets: Buffer): Request {
	const message = parseMessage(octets.toString("latin1"), "datagram");
	if (message.kind !== "request") throw new Error("not read");
	return message;
}

function readOurs({ head, parsedUri }: Request): number {
	const { via, from, to, callId, cseq } = head;
	const branch = via.params.get("branch") ?? "";
	const tag = from.params.get("tag") ?? "";
	const sum = branch.length + tag.length + (parsedUri.user ?? "").length + (head.maxForwards ?? 0);
	return sum + to.uri.length + callId.length + cseq.number;
}

function forwardOurs(request: Request): number {
	readOurs(request);
	const patch = decrementMaxForwards(new Patch(request).requestUri(TARGET));
	pushVia(patch, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0123456789abcdef");
	return send(patch.prependLine("Record-Route", OWN_URI).text());
}

function parseTheirs(octets: Buffer): SipMessage {
	const message = sip.parse(octets);
	if (message === undefined) throw new Error("not read");
	return message;
}

function readTheirs({ headers, uri }: SipMessage): number {
	const { via, from, to, cseq } = headers;
	const user = sip.parseUri(String(uri))?.user ?? "";
	const sum = String(via[0]?.params.branch).length + (from.params.tag ?? "").length + user.length;
	const rest = Number(headers["max-forwards"]) + String(to.uri).length;
	return sum + rest + headers["call-id"].length + cseq.seq;
}

function forwardTheirs(request: SipMessage): number {
	readTheirs(request);
	const { headers } = request;
	request.uri = TARGET;
	headers["max-forwards"] = Number(headers["max-forwards"]) - 1;
	const branch = "z9hG4bK0123456789abcdef";
	headers.via.unshift({ protocol: "UDP", host: "192.0.2.1", port: 5060, params: { branch } });
	headers["record-route"] = [{ uri: OWN_URI.slice(1, -1), params: {} }];
	return send(sip.stringify(request));
}

function send(text: string): number {
	return DATAGRAM.write(text, 0, "latin1");
}
