/** Whose bindings a REGISTER is about: RFC 3261 §10.3 step 5, RFC 5630 §5.2. */
import type { Request } from "../message/message.ts";
import { ParseError } from "../message/parse-error.ts";
import { parseUri, type Uri, unescapeUser } from "../message/uri.ts";
import type { Refusal } from "./refusal.ts";

/** Canonical: `sip` and `sips` are the same, parameters do not count, escapes are resolved. */
export type AddressOfRecord = {
	/** Upper and lower case differ. */
	readonly user: string;
	/** Lower case. */
	readonly host: string;
};

/** Reads To. `owns` says whether a URI is of a domain or address of ours. */
export function addressOfRecord(
	request: Request,
	owns: (uri: Uri) => boolean,
): AddressOfRecord | Refusal {
	const uri = readTo(request);
	if (uri === undefined || uri.host === "")
		return { status: 400, reason: "To Is No SIP or SIPS URI" };
	if (uri.user === undefined || !owns(uri))
		return { status: 404, reason: "To Is No Address of This Server" };
	return { user: unescapeUser(uri.user), host: uri.host.toLowerCase() };
}

function readTo(request: Request): Uri | undefined {
	try {
		return parseUri(request.head.to.uri);
	} catch (error) {
		if (!(error instanceof ParseError)) throw error;
		return undefined;
	}
}
