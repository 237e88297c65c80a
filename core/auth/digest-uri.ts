/** The `uri` of digest credentials beside the Request-URI: RFC 3261 §22.4 item 6, RFC 8760 §2.6 item 6. */
import { ParseError } from "../message/parse-error.ts";
import { sameHost } from "../message/same-uri.ts";
import { parseUri, type Uri, unescapeUser } from "../message/uri.ts";

/** Undefined when it is no URI at all. */
export function digestUri(text: string): Uri | undefined {
	try {
		return parseUri(text);
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
		return undefined;
	}
}

/** Scheme, port and parameters do not count: proxies on the way change them. */
export function sameTarget(uri: Uri | undefined, requestUri: Uri): boolean {
	if (uri === undefined) return false;
	if (uri.host === "" || requestUri.host === "") return uri.text === requestUri.text;
	return sameUser(uri.user, requestUri.user) && sameHost(uri.host, requestUri.host);
}

function sameUser(a: string | undefined, b: string | undefined): boolean {
	return unescapeUser(a ?? "") === unescapeUser(b ?? "");
}
