/**
 * Messages: RFC 3261 §7 and §16.6 step 1. A message is accepted or refused with an error of ours, says
 * what an independent reader says, and leaves with nothing changed but what was edited.
 */
import { isDeepStrictEqual } from "node:util";
import type { Flow } from "../../../core/base/flow.ts";
import type { Head } from "../../../core/message/head.ts";
import { MAX_LINE } from "../../../core/message/limits.ts";
import { type Malformed, type Message, Request } from "../../../core/message/message.ts";
import { ParseError } from "../../../core/message/parse-error.ts";
import { parseMessage } from "../../../core/message/parse-message.ts";
import { Patch } from "../../../core/message/patch.ts";
import { buildResponse } from "../../../core/message/response.ts";
import { topBranch } from "../../../core/message/top-branch.ts";
import { stampVia } from "../../../core/message/via-stamp.ts";
import { anyMessage } from "../corpus.ts";
import { once } from "../grammar.ts";
import { type Edit, edited, randomEdits } from "../message-edits.ts";
import { read } from "../plain-message.ts";
import { demand, same, target } from "../target.ts";

type Input = {
	readonly text: string;
	readonly how: "datagram" | "stream";
	readonly edits: readonly Edit[];
};

export const message = target<Input>({
	name: "message",
	share: 240,
	words: ["how", "op", "name"],
	make: (chance) => ({
		text: anyMessage(chance),
		how: once(chance, 4) ? "stream" : "datagram",
		edits: randomEdits(chance),
	}),
	check({ text, how, edits }) {
		const parsed = parseMessage(text, how);
		if (parsed.kind === "malformed") {
			checkMalformed(parsed);
			return;
		}
		checkDelivery(parsed, text, how);
		checkLines(parsed);
		checkBranch(parsed);
		checkReaders(parsed.head);
		checkAgain(parsed);
		if (parsed.kind === "request") checkRequest(parsed);
		checkEdits(parsed, edits);
	},
});

const STATUSES: readonly number[] = [400, 413, 414, 416, 505, 513];

function checkMalformed(malformed: Malformed): void {
	const { error } = malformed;
	demand(error instanceof ParseError, "malformed: the error is ours");
	demand(STATUSES.includes(error.status), "malformed: a status that answers it");
	const answer = buildResponse(malformed, error.status, { toTag: "t" });
	if (answer === undefined) return;
	demand(malformed.method !== "ACK", "malformed: an ACK is not answered");
	demand(answer.endsWith("Content-Length: 0\r\n\r\n"), "malformed: the answer ends with its head");
	demand(
		!/[^\r]\n|\r[^\n]/.test(answer),
		"malformed: the answer has sound line ends",
		() => answer,
	);
}

/** A datagram is at least as tolerant as a stream, and both see the same message. */
function checkDelivery(parsed: Message, text: string, how: string): void {
	demand(text.includes(parsed.text), "parse: the text is part of what was received");
	if (how === "datagram") return;
	const other = parseMessage(text, "datagram");
	demand(other.kind === parsed.kind, "parse: what a stream accepts a datagram accepts");
	same(other.text, parsed.text, "parse: a datagram and a stream have the same text");
}

function checkLines({ text, head, bodyStart }: Message): void {
	const plain = read(text);
	same(head.count, plain.lines.length, "lines: as many as an independent reader finds");
	same(text.slice(bodyStart), plain.body, "lines: the body");
	for (const [at, line] of plain.lines.entries()) {
		same(head.canonicalName(at), line.name, "lines: the name");
		same(head.value(at), line.value, "lines: the value");
		same(text.slice(head.lineStart(at), head.lineEnd(at)), line.raw, "lines: the place");
		same(
			head.first(line.name),
			plain.lines.findIndex(({ name }) => name === line.name),
			"lines: first",
		);
		const next = plain.lines.findIndex(({ name }, index) => index > at && name === line.name);
		same(head.next(at), next, "lines: next");
	}
}

/** Read without a parser, it is the same; undefined where that cannot be told from the first line. */
function checkBranch({ text, head }: Message): void {
	const branch = topBranch(text);
	if (branch !== undefined) same(branch, head.via.params.get("branch"), "branch: of the top Via");
}

/** Whatever is in a header that is not checked on arrival, reading it throws nothing but ParseError. */
function checkReaders(head: Head): void {
	for (let line = 0; line < head.count; line += 1)
		readOrRefuse(() => head.elements(head.canonicalName(line)));
	readOrRefuse(() => head.contacts);
	readOrRefuse(() => head.recordRoutes);
	readOrRefuse(() => head.maxForwards);
	for (const name of ["supported", "require", "x-unknown"]) readOrRefuse(() => head.tokens(name));
}

function readOrRefuse(read: () => unknown): void {
	try {
		read();
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
	}
}

function checkAgain(parsed: Message): void {
	same(new Patch(parsed).text(), parsed.text, "again: a patch without edits");
	const again = parseMessage(parsed.text, "datagram");
	demand(again.kind === parsed.kind, "again: accepted once, accepted twice", () => parsed.text);
	demand(
		isDeepStrictEqual(shape(again), shape(parsed)),
		"again: the same message",
		() => parsed.text,
	);
}

/** Everything that was read, as plain data. */
function shape(message: Message | Malformed): unknown {
	if (message.kind === "malformed") return message.error.message;
	const { head } = message;
	const lines = Array.from({ length: head.count }, (_, at) => [head.name(at), head.value(at)]);
	const start =
		message.kind === "request" ? [message.method, message.uri] : [message.status, message.reason];
	return [
		start,
		lines,
		head.via,
		head.from,
		head.to,
		head.callId,
		head.cseq,
		message.text.slice(message.bodyStart),
	];
}

const FLOW: Flow = {
	transport: "udp",
	listener: 0,
	connection: 0,
	host: "192.0.2.200",
	port: 5999,
	serverName: undefined,
};

function checkRequest(request: Request): void {
	const answer = buildResponse(request, 486, { toTag: "ours" });
	demand((answer === undefined) === (request.method === "ACK"), "answer: to all but ACK");
	if (answer !== undefined) {
		const parsed = parseMessage(answer, "stream");
		demand(parsed.kind === "response" || isTooLarge(parsed), "answer: can be read", () => answer);
		if (parsed.kind === "response")
			same(parsed.head.callId, request.head.callId, "answer: the Call-ID");
	}
	const stamped = stampVia(request, FLOW);
	const fresh = parseMessage(stamped.text, "datagram");
	// A short text is all that a transaction keeps of its request: it has to be a request again.
	const short = stamped.text.length < MAX_LINE;
	demand(fresh instanceof Request || !short, "stamp: can be read", () => stamped.text);
	if (!(fresh instanceof Request)) return;
	demand(
		isDeepStrictEqual(places(stamped), places(fresh)),
		"stamp: the places are right",
		() => stamped.text,
	);
	demand(
		isDeepStrictEqual(shape(stamped), shape(fresh)),
		"stamp: the same message",
		() => stamped.text,
	);
	const twice = stampVia(fresh, FLOW).head.via.params;
	demand(
		isDeepStrictEqual([...twice], [...fresh.head.via.params]),
		"stamp: a second time changes nothing",
	);
}

function places({ head, bodyStart, bodyEnd }: Message): unknown {
	const lines = Array.from({ length: head.count }, (_, at) => [
		head.lineStart(at),
		head.valueStart(at),
		head.valueEnd(at),
		head.lineEnd(at),
	]);
	return [lines, bodyStart, bodyEnd];
}

function checkEdits(parsed: Message, edits: readonly Edit[]): void {
	const { text, readable, check } = edited(parsed, edits);
	check();
	if (!readable) return;
	const again = parseMessage(text, "datagram");
	demand(
		again.kind !== "malformed" || isTooLarge(again) || hasBadVia(parsed),
		"edits: the result can be read",
		() => text,
	);
}

/** Below the top Via: refused in a head large enough to hold too many of them, and elsewhere later. */
function hasBadVia({ head }: Message): boolean {
	try {
		return head.elements("via").length === 0;
	} catch (error) {
		if (error instanceof ParseError) return true;
		throw error;
	}
}

function isTooLarge(message: Message | Malformed): boolean {
	return (
		message.kind === "malformed" && (message.error.status === 513 || message.error.status === 414)
	);
}
