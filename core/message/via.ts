/**
 * The Via header field: RFC 3261 §20.42. One value, in the grammar of §25.1:
 *
 *     via-parm       =  sent-protocol LWS sent-by *( SEMI via-params )
 *     sent-protocol  =  protocol-name SLASH protocol-version SLASH transport
 *     sent-by        =  host [ COLON port ]
 */
import { equalsFolded } from "./headers.ts";
import { isSemicolon, NO_PARAMS, type Params, readParams } from "./params.ts";
import { ParseError } from "./parse-error.ts";
import { digitsEnd, hostEnd, portOf, spaceEnd, tokenEnd } from "./scanner.ts";

/** `start`, `end` and `paramsStart` are offsets in the text it was parsed from. */
export class Via {
	readonly start: number;
	readonly end: number;
	/** Upper case. */
	readonly transport: string;
	readonly port: number | undefined;
	/** Where sent-by ends: the parameters, if any, follow. */
	readonly paramsStart: number;
	readonly params: Params;
	readonly #source: string;
	readonly #hostStart: number;
	readonly #hostEnd: number;
	#host: string | undefined;

	/** Reads one value from `start` on; what may stand behind it is for the caller to say. */
	constructor(source: string, start: number, end: number) {
		const from = spaceEnd(source, start, end);
		const transport = spaceEnd(source, protocolEnd(source, from, end), end);
		const transportEnd = wordEnd(source, transport, end);
		const host = spaceEnd(source, transportEnd, end);
		if (host === transportEnd) throw fault("expected a space", host);
		const hostStop = hostEnd(FIELD, source, host, end);
		const port = portStart(source, hostStop, end);
		const sentBy = port === -1 ? hostStop : digitsEnd(source, port, end);
		const at = spaceEnd(source, sentBy, end);

		this.start = from;
		this.transport = transportAt(source, transport, transportEnd);
		this.port = port === -1 ? undefined : portOf(FIELD, source, port, sentBy);
		this.paramsStart = sentBy;
		this.params = isSemicolon(source, at, end) ? readParams(FIELD, source, at, end) : NO_PARAMS;
		this.end = trimmedEnd(source, this.params === NO_PARAMS ? sentBy : this.params.stop);
		this.#source = source;
		this.#hostStart = host;
		this.#hostEnd = hostStop;
		this.#host = undefined;
	}

	/** The value as written. */
	get text(): string {
		return this.#source.slice(this.start, this.end);
	}

	/** As written; IPv6 in brackets. */
	get host(): string {
		this.#host ??= this.#source.slice(this.#hostStart, this.#hostEnd);
		return this.#host;
	}
}

/** Parses one Via value; a comma-separated line was split before this point (§7.3.1). */
export function parseVia(text: string, start = 0, end = text.length): Via {
	const via = new Via(text, start, end);
	const stop = spaceEnd(text, via.end, end);
	if (stop !== end) throw fault("unexpected text", stop);
	return via;
}

/** Parses the first value of a Via line, which may be a list. */
export function parseFirstVia(text: string, start: number, end: number): Via {
	const via = new Via(text, start, end);
	const stop = spaceEnd(text, via.end, end);
	if (stop !== end && text.charCodeAt(stop) !== COMMA) throw fault("unexpected text", stop);
	return via;
}

/** Behind `SIP/2.0/`. */
function protocolEnd(text: string, start: number, end: number): number {
	if (text.startsWith("SIP/2.0/", start)) return start + 8;
	const name = wordEnd(text, start, end);
	if (name - start !== 3 || !equalsFolded(text, start, "sip"))
		throw fault("unknown protocol", name);
	const version = slashEnd(text, name, end);
	const stop = wordEnd(text, version, end);
	if (stop - version !== 3 || !text.startsWith("2.0", version))
		throw fault("unknown version", stop);
	return slashEnd(text, stop, end);
}

function slashEnd(text: string, start: number, end: number): number {
	const at = spaceEnd(text, start, end);
	if (at === end || text.charCodeAt(at) !== SLASH) throw fault('expected "/"', at);
	return spaceEnd(text, at + 1, end);
}

function wordEnd(text: string, start: number, end: number): number {
	const at = tokenEnd(text, start, end);
	if (at === start) throw fault("expected token", start);
	return at;
}

/** Behind the colon at `start`, -1 where there is none. */
function portStart(text: string, start: number, end: number): number {
	const at = spaceEnd(text, start, end);
	return at < end && text.charCodeAt(at) === COLON ? spaceEnd(text, at + 1, end) : -1;
}

/** The usual ones need no text of their own. */
function transportAt(text: string, start: number, end: number): string {
	if (end - start === 3) {
		if (equalsFolded(text, start, "udp")) return "UDP";
		if (equalsFolded(text, start, "tcp")) return "TCP";
		if (equalsFolded(text, start, "tls")) return "TLS";
	}
	return text.slice(start, end).toUpperCase();
}

function trimmedEnd(text: string, stop: number): number {
	let end = stop;
	while (text.charCodeAt(end - 1) <= 32) end -= 1;
	return end;
}

function fault(reason: string, offset: number): ParseError {
	return new ParseError(reason, { field: FIELD, offset });
}

const FIELD = "Via";
const SLASH = 47;
const COMMA = 44;
const COLON = 58;
