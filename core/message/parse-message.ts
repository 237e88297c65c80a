/**
 * Octets to a message: RFC 3261 §7, §16.3 step 1 and §18.3. Checks what a proxy needs (start line,
 * top Via, Route, Max-Forwards, From, To, Call-ID, CSeq, Content-Length) and nothing else: any other
 * header may be wrong and leaves as it came.
 */
import { readContentLength } from "./content-length.ts";
import { Head } from "./head.ts";
import { type HeaderName, headerId, idBit, MAX_FORWARDS, RECORD_ROUTE } from "./headers.ts";
import { MAX_LINE, MAX_ROUTES, MAX_STREAM_MESSAGE, MAX_VIAS } from "./limits.ts";
import { type Malformed, type Message, Request, Response } from "./message.ts";
import { ParseError } from "./parse-error.ts";
import { physicalLineEnd, scanHead } from "./scan-head.ts";
import { isStatusLine, readMethod, readRequestLine, readStatusLine } from "./start-line.ts";

export type Delivery = "datagram" | "stream";

/** Single-valued headers that a proxy relies on: two of one name are refused (RFC 4475 §3.3.8). */
const SINGLE = ["from", "to", "call-id", "cseq", "content-length"] as const;
const SINGLE_BITS = SINGLE.reduce((bits, name) => bits | idBit(headerId(name)), 0);

/** Below that many octets of head for each, there cannot be too many Vias: no need to count. */
const SHORTEST_VIA = "SIP/2.0/U h,".length;
const SHORTEST_ROUTE = "<sip:h>,".length;
/** What we add on the way: a response to the largest request that we forward has to be read. */
const OWN_VALUES = 2;

/** Never throws: what is not SIP comes back as `Malformed`. */
export function parseMessage(text: string, how: Delivery): Message | Malformed {
	const whole = withoutLeadingLines(text);
	const lineEnd = physicalLineEnd(whole, 0);
	if (typeof lineEnd !== "number") return malformed(lineEnd, whole, undefined, undefined);

	const response = isStatusLine(whole);
	const method = response ? undefined : readMethod(whole, lineEnd - 2);
	const scanned = scanHead(whole, lineEnd);
	const head = new Head(whole, scanned.lines, scanned.count, scanned.end);
	try {
		if (lineEnd > MAX_LINE) throw tooLarge("start line");
		if (response) return readResponse(head, lineEnd - 2, scanned.error, how);
		return readRequest(head, lineEnd - 2, method, scanned.error, how);
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
		return malformed(error, whole, method, head);
	}
}

/**
 * A request that was parsed before, in another heap: its parts are read when they are asked for, and
 * what it was checked for is not checked again. Throws ParseError for what is no request.
 */
export function rereadRequest(text: string): Request {
	const lineEnd = physicalLineEnd(text, 0);
	if (typeof lineEnd !== "number") throw lineEnd;
	const { method, uriStart, uriEnd } = readRequestLine(text, lineEnd - 2);
	const { lines, count, end, error } = scanHead(text, lineEnd);
	if (error !== undefined) throw error;
	return new Request(method, uriStart, uriEnd, new Head(text, lines, count, end));
}

/** As `rereadRequest`, of a response. */
export function rereadResponse(text: string): Response {
	const lineEnd = physicalLineEnd(text, 0);
	if (typeof lineEnd !== "number") throw lineEnd;
	const { status, reason } = readStatusLine(text, lineEnd - 2);
	const { lines, count, end, error } = scanHead(text, lineEnd);
	if (error !== undefined) throw error;
	return new Response(status, reason, new Head(text, lines, count, end));
}

function readRequest(
	head: Head,
	lineEnd: number,
	named: string | undefined,
	fault: ParseError | undefined,
	how: Delivery,
): Request {
	const { method, uriStart, uriEnd } = readRequestLine(head.text, lineEnd, named);
	if (fault !== undefined) throw fault;
	checkHead(head, 0);
	if (head.cseq.method !== method)
		throw new ParseError("method differs from the request's", { field: "CSeq", offset: 0 });
	if (head.mayRepeat(idBit(MAX_FORWARDS))) refuseSecond(head, "max-forwards");
	head.maxForwards;
	if (head.routes.length > MAX_ROUTES) throw tooLarge("Route");
	const request = new Request(method, uriStart, uriEnd, cut(head, how));
	// A Request-URI has no headers part (§19.1.1, Table 1); RFC 4475 §3.1.2.11 allows 400.
	if (request.parsedUri.headers !== undefined)
		throw new ParseError("headers in the Request-URI", { field: "URI", offset: uriStart });
	return request;
}

function readResponse(
	head: Head,
	lineEnd: number,
	fault: ParseError | undefined,
	how: Delivery,
): Response {
	const { status, reason } = readStatusLine(head.text, lineEnd);
	if (fault !== undefined) throw fault;
	checkHead(head, OWN_VALUES);
	return new Response(status, reason, cut(head, how));
}

/** `more` Vias and Record-Routes than the limit are read. */
function checkHead(head: Head, more: number): void {
	if (head.mayRepeat(SINGLE_BITS)) for (const name of SINGLE) refuseSecond(head, name);
	const { via } = head;
	head.from;
	head.to;
	head.callId;
	head.cseq;
	// The parameters of the top Via do not count: a stamp on them must not change the verdict.
	const size = head.end - (via.end - via.paramsStart);
	if (size > MAX_VIAS * SHORTEST_VIA && head.elements("via").length > MAX_VIAS + more)
		throw tooLarge("Via");
	if (countRecordRoutes(head) > MAX_ROUTES + more) throw tooLarge("Record-Route");
}

/** 0 where there is no room for too many, or where they cannot be read: a proxy does not need to (§16.3 step 1). */
function countRecordRoutes(head: Head): number {
	let octets = 0;
	for (let line = head.firstOf(RECORD_ROUTE); line !== -1; line = head.next(line))
		octets += head.lineEnd(line) - head.lineStart(line);
	if (octets <= MAX_ROUTES * SHORTEST_ROUTE) return 0;
	try {
		return head.elements("record-route").length;
	} catch (error) {
		if (error instanceof ParseError) return 0;
		throw error;
	}
}

function refuseSecond(head: Head, name: HeaderName): void {
	const line = head.first(name);
	if (line !== -1 && head.next(line) !== -1)
		throw new ParseError("more than one", { field: head.name(line), offset: head.lineStart(line) });
}

/** Octets behind the body of a datagram are dropped; too few are an error (§18.3). */
function cut(head: Head, how: Delivery): Head {
	const bodyStart = head.end + 2;
	const length = readContentLength(head);
	if (length === undefined && how === "stream")
		throw new ParseError("missing on a stream", { field: "Content-Length", offset: head.end });
	const bodyEnd = length === undefined ? head.text.length : bodyStart + length;
	if (bodyEnd > head.text.length) {
		const status = bodyEnd > MAX_STREAM_MESSAGE ? 513 : 400;
		const at = { field: "Content-Length", offset: head.end, status } as const;
		throw new ParseError("more than was received", at);
	}
	return bodyEnd === head.text.length ? head : head.withText(head.text.slice(0, bodyEnd));
}

/** Empty lines before the start line are ignored (§7.5). */
function withoutLeadingLines(text: string): string {
	let at = 0;
	while (text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10) at += 2;
	return at === 0 ? text : text.slice(at);
}

function tooLarge(field: string): ParseError {
	return new ParseError("above the limit", { field, offset: 0, status: 513 });
}

function malformed(
	error: ParseError,
	text: string,
	method: string | undefined,
	head: Head | undefined,
): Malformed {
	return { kind: "malformed", error, text, method, head };
}
