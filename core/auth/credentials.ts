/** The Authorization and Proxy-Authorization header fields: RFC 3261 §20.7 and §25.1, RFC 7616 §3.4. */
import { unquote } from "../message/params.ts";
import { ParseError } from "../message/parse-error.ts";
import { Scanner } from "../message/scanner.ts";

/** Values without quotes and backslashes, whichever form they were sent in (RFC 7616 §3.4). */
export type Credentials = {
	readonly kind: "digest";
	readonly username: string;
	readonly realm: string;
	readonly nonce: string;
	readonly uri: string;
	readonly response: string;
	readonly algorithm: string | undefined;
	/** What `qop` brings along; undefined without it, as in RFC 2069. */
	readonly protection: Protection | undefined;
};

export type Protection = { readonly qop: string; readonly nc: string; readonly cnonce: string };

/** Basic and Bearer are credentials of somebody else's (RFC 3261 §22.4, RFC 8898 §4). */
export type Unusable =
	| { readonly kind: "other-scheme" }
	| { readonly kind: "malformed"; readonly reason: string };

export function parseCredentials(value: string): Credentials | Unusable {
	const scan = new Scanner("Authorization", value);
	try {
		scan.skipSpace();
		if (scan.token().toLowerCase() !== "digest") return { kind: "other-scheme" };
		scan.space();
		return fromParams(readAuthParams(scan), scan);
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
		return { kind: "malformed", reason: error.message };
	}
}

/** `#( token "=" ( token / quoted-string ) )`, empty elements allowed. */
function readAuthParams(scan: Scanner): ReadonlyMap<string, string> {
	const params = new Map<string, string>();
	while (scan.maybe(","));
	while (scan.peek() !== -1) {
		const name = scan.token().toLowerCase();
		if (params.has(name)) scan.fail(`duplicate parameter "${name}"`);
		scan.separator("=");
		params.set(name, unquote(scan.value()));
		scan.skipSpace();
		if (scan.peek() !== -1) scan.separator(",");
		while (scan.maybe(","));
	}
	return params;
}

function fromParams(params: ReadonlyMap<string, string>, scan: Scanner): Credentials {
	const required = (name: string) => params.get(name) ?? scan.fail(`missing parameter "${name}"`);
	return {
		kind: "digest",
		username: required("username"),
		realm: required("realm"),
		nonce: required("nonce"),
		uri: required("uri"),
		response: required("response"),
		algorithm: params.get("algorithm"),
		protection: params.has("qop") ? protection(required, scan) : undefined,
	};
}

function protection(required: (name: string) => string, scan: Scanner): Protection {
	const nc = required("nc");
	// Eight digits by the grammar; the digest covers whatever was sent.
	if (!/^[0-9a-f]{1,8}$/i.test(nc)) scan.fail("nc is no hexadecimal number");
	return { qop: required("qop"), nc, cnonce: required("cnonce") };
}
