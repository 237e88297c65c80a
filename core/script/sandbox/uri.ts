/** URIs and addresses as scripts see them: RFC 3261 §19.1.1, §20.10. */
import { type NameAddress, parseNameAddress } from "../../message/name-addr.ts";
import { unquote } from "../../message/params.ts";
import { parseUri, type Uri, unescapeUser, uriParam } from "../../message/uri.ts";
import type * as Public from "../sipwright.d.ts";
import { fromWire, toWire } from "./text.ts";
import { withParts } from "./uri-parts.ts";

export class ScriptUri implements Public.Uri {
	readonly #uri: Uri;

	constructor(uri: Uri) {
		this.#uri = uri;
	}

	get text(): string {
		return this.#uri.text;
	}

	get scheme(): string {
		return this.#uri.scheme;
	}

	get user(): string | undefined {
		const { user } = this.#uri;
		return user === undefined ? undefined : fromWire(unescapeUser(user));
	}

	get host(): string {
		return this.#uri.host;
	}

	get port(): number | undefined {
		return this.#uri.port;
	}

	param(name: string): string | undefined {
		const param = uriParam(this.#uri, name.toLowerCase());
		return param && (param.value ?? "");
	}

	with(parts: Public.UriParts): ScriptUri {
		return new ScriptUri(withParts(this.#uri, parts));
	}
}

/** A URI of its parts. Throws a TypeError for parts that make none. */
export function uriOf(parts: Public.UriParts & { readonly host: string }): ScriptUri {
	if (typeof parts?.host !== "string")
		throw new TypeError('sipUri() takes the parts of a URI, { user: "5000", host: "192.0.2.7" }');
	return new ScriptUri(withParts(NOWHERE, parts));
}

/** Undefined for a text that is no URI. */
export function readUri(text: string): ScriptUri | undefined {
	return attempt(() => new ScriptUri(parseUri(toWire("URI", String(text)))));
}

/** Undefined for a text that is no address. */
export function readAddress(text: string): ScriptAddress | undefined {
	return attempt(() => {
		const parsed = parseNameAddress("address", toWire("address", String(text)));
		// Whoever asks for its URI later has no way to be told that it is none.
		if (!parsed.star) parseUri(parsed.uri);
		return new ScriptAddress(() => parsed);
	});
}

function attempt<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}

export class ScriptAddress implements Public.Address {
	readonly #find: () => NameAddress;
	#parsed: NameAddress | undefined;
	#uri: ScriptUri | undefined;

	/** Scripts take more addresses out of a request than they look into. */
	constructor(find: () => NameAddress) {
		this.#find = find;
	}

	get #address(): NameAddress {
		this.#parsed ??= this.#find();
		return this.#parsed;
	}

	get text(): string {
		const { text, start, end } = this.#address;
		return text.slice(start, end).trimEnd();
	}

	get display(): string {
		return fromWire(unquote(this.#address.display));
	}

	get uri(): ScriptUri {
		this.#uri ??= new ScriptUri(this.star ? STAR : parseUri(this.#address.uri));
		return this.#uri;
	}

	get star(): boolean {
		return this.#address.star;
	}

	param(name: string): string | undefined {
		const key = name.toLowerCase();
		const { params } = this.#address;
		return params.has(key) ? fromWire(unquote(params.get(key) ?? "")) : undefined;
	}

	/** Another value in its place. */
	protected replace(field: string, value: string): void {
		this.#parsed = parseNameAddress(field, value);
		this.#uri = undefined;
	}
}

export class ScriptContact extends ScriptAddress implements Public.Contact {
	#edited = false;

	/** Whether its text differs from what was received. */
	get edited(): boolean {
		return this.#edited;
	}

	edit(value: string): void {
		this.#edited ||= value !== this.text;
		this.replace("Contact", value);
	}
}

const NOWHERE = parseUri("sip:invalid");

const STAR: Uri = {
	text: "*",
	scheme: "",
	user: undefined,
	password: undefined,
	host: "",
	port: undefined,
	params: [],
	headers: undefined,
	hostStart: 0,
	hostEnd: 0,
};
