/**
 * The Via header field: RFC 3261 §20.42. One value, in the grammar of §25.1:
 *
 *     via-parm       =  sent-protocol LWS sent-by *( SEMI via-params )
 *     sent-protocol  =  protocol-name SLASH protocol-version SLASH transport
 *     sent-by        =  host [ COLON port ]
 */
import { type Params, readParams } from "./params.ts";
import { Scanner } from "./scanner.ts";

export type Via = {
	/** The value as written; `start` and `end` are its offsets in the text it was parsed from. */
	readonly text: string;
	readonly start: number;
	readonly end: number;
	/** Upper case. */
	readonly transport: string;
	/** As written; IPv6 in brackets. */
	readonly host: string;
	readonly port: number | undefined;
	/** Where sent-by ends: the parameters, if any, follow. */
	readonly paramsStart: number;
	readonly params: Params;
};

/** Parses one Via value; a comma-separated line was split before this point (§7.3.1). */
export function parseVia(text: string, start = 0, end = text.length): Via {
	const scan = new Scanner("Via", text, start, end);
	const via = readVia(scan);
	scan.finish();
	return via;
}

/** Parses the first value of a Via line, which may be a list. */
export function parseFirstVia(text: string, start: number, end: number): Via {
	const scan = new Scanner("Via", text, start, end);
	const via = readVia(scan);
	if (!scan.maybe(",")) scan.finish();
	return via;
}

function readVia(scan: Scanner): Via {
	scan.skipSpace();
	const { text, offset: start } = scan;
	if (text.startsWith("SIP/2.0/", start)) scan.offset += 8;
	else readProtocol(scan);
	scan.skipSpace();
	const transport = scan.token().toUpperCase();
	scan.space();

	const host = scan.host();
	let paramsStart = scan.offset;
	let port: number | undefined;
	if (scan.maybe(":")) {
		port = scan.number(65_535);
		if (port === 0) scan.fail("port 0");
		paramsStart = scan.offset;
	}
	const params = readParams(scan);

	let end = scan.offset;
	while (text.charCodeAt(end - 1) <= 32) end -= 1;
	const value = text.slice(start, end);
	return { text: value, start, end, transport, host, port, paramsStart, params };
}

function readProtocol(scan: Scanner): void {
	if (scan.token().toUpperCase() !== "SIP") scan.fail("unknown protocol");
	scan.separator("/");
	if (scan.token() !== "2.0") scan.fail("unknown version");
	scan.separator("/");
}
