/** A SIP message as the simulated user agents and the watch read it: with code of its own, once per message. */

export class Sip {
	readonly text: string;
	/** "" for a response. */
	readonly method: string;
	/** 0 for a request. */
	readonly status: number;
	readonly uri: string;
	/** One value each, the topmost first. */
	readonly vias: readonly string[];
	readonly routes: readonly string[];
	readonly recordRoutes: readonly string[];
	readonly lines: readonly string[];
	readonly body: string;
	from = "";
	to = "";
	callId = "";
	contact = "";
	cseq = 0;
	cseqMethod = "";
	maxForwards = -1;

	constructor(text: string) {
		this.text = text;
		const end = text.indexOf("\r\n\r\n");
		const lines = text.slice(0, end).split("\r\n");
		const start = lines[0] ?? "";
		const response = start.startsWith("SIP/2.0 ");
		const second = start.indexOf(" ", 8);
		this.status = response ? Number(start.slice(8, second)) : 0;
		this.method = response ? "" : start.slice(0, start.indexOf(" "));
		this.uri = response ? "" : start.slice(this.method.length + 1, -" SIP/2.0".length);
		this.body = text.slice(end + 4);
		this.lines = lines;
		const vias: string[] = [];
		const routes: string[] = [];
		const recordRoutes: string[] = [];
		for (let at = 1; at < lines.length; at += 1) {
			const line = lines[at] ?? "";
			const colon = line.indexOf(":");
			const value = line.slice(colon + 1).trimStart();
			switch (line.slice(0, colon)) {
				case "Via":
					vias.push(...split(value));
					break;
				case "Route":
					routes.push(...split(value));
					break;
				case "Record-Route":
					recordRoutes.push(...split(value));
					break;
				default:
					this.#field(line.slice(0, colon), value);
			}
		}
		this.vias = vias;
		this.routes = routes;
		this.recordRoutes = recordRoutes;
	}

	/** Of the topmost Via. */
	get branch(): string {
		return branchOf(this.vias[0] ?? "");
	}

	get fromTag(): string {
		return tagOf(this.from);
	}

	get toTag(): string {
		return tagOf(this.to);
	}

	/** `INVITE sip:5000@h`, or `180 INVITE`. */
	get inShort(): string {
		return this.method === "" ? `${this.status} ${this.cseqMethod}` : `${this.method} ${this.uri}`;
	}

	/** Of the first line with this name; "" when there is none. */
	value(name: string): string {
		const line = this.lines.find((one) => one.startsWith(name) && one[name.length] === ":");
		return line === undefined ? "" : line.slice(name.length + 1).trim();
	}

	#field(name: string, value: string): void {
		switch (name) {
			case "From":
				this.from = value;
				break;
			case "To":
				this.to = value;
				break;
			case "Call-ID":
				this.callId = value;
				break;
			case "Contact":
				this.contact ||= value;
				break;
			case "CSeq": {
				const space = value.indexOf(" ");
				this.cseq = Number(value.slice(0, space));
				this.cseqMethod = value.slice(space + 1);
				break;
			}
			case "Max-Forwards":
				this.maxForwards = Number(value);
		}
	}
}

export function branchOf(via: string): string {
	return param(via, ";branch=");
}

/** `host:port` of a Via. */
export function sentByOf(via: string): string {
	const space = via.indexOf(" ");
	return via.slice(space + 1, via.indexOf(";", space));
}

export function tagOf(nameAddress: string): string {
	return param(nameAddress, ";tag=");
}

export function uriOf(nameAddress: string): string {
	const open = nameAddress.indexOf("<");
	return open === -1
		? (nameAddress.split(";")[0] ?? "")
		: nameAddress.slice(open + 1, nameAddress.indexOf(">", open));
}

export function userOf(uri: string): string {
	const at = uri.indexOf("@");
	return at === -1 ? "" : uri.slice(uri.indexOf(":") + 1, at);
}

/** The whole message: Content-Length and the empty line are added. */
export function write(startLine: string, headers: readonly string[], body = ""): Sip {
	return new Sip([startLine, ...headers, `Content-Length: ${body.length}`, "", body].join("\r\n"));
}

/** The response of a user agent: RFC 3261 §8.2.6. `tag` is added to a To that has none. */
export function writeResponse(
	request: Sip,
	status: string,
	given: {
		readonly tag?: string;
		readonly headers?: readonly string[];
		readonly body?: string;
	} = {},
): Sip {
	const { tag = "", headers = [], body = "" } = given;
	return write(
		`SIP/2.0 ${status}`,
		[
			...request.vias.map((via) => `Via: ${via}`),
			...request.recordRoutes.map((route) => `Record-Route: ${route}`),
			`From: ${request.from}`,
			`To: ${tag === "" || request.toTag !== "" ? request.to : `${request.to};tag=${tag}`}`,
			`Call-ID: ${request.callId}`,
			`CSeq: ${request.cseq} ${request.cseqMethod}`,
			...headers,
		],
		body,
	);
}

function param(value: string, name: string): string {
	const at = value.indexOf(name);
	if (at === -1) return "";
	const end = value.indexOf(";", at + name.length);
	return end === -1 ? value.slice(at + name.length) : value.slice(at + name.length, end);
}

/** Values of ours hold no comma inside. */
function split(value: string): string[] {
	return value.includes(",") ? value.split(/\s*,\s*/) : [value];
}
