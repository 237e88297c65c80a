/** The name of a header field whose URIs take the scheme of the leg (RFC 5630 §4.1): any that is not the proxy's own. */
import { headerIdAt, headerName as longName } from "../message/headers.ts";
import { scalar, wrong } from "./fields.ts";

const EXAMPLE = "P-Asserted-Identity";

/** Written by the proxy, by other rules; or signed, or what routing and digest depend on. */
const REFUSED: readonly string[] = [
	...["from", "to", "contact", "via", "route", "record-route", "path", "service-route"],
	...["call-id", "cseq", "max-forwards", "max-breadth", "content-length", "content-type"],
	...["authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate"],
	...["authentication-info", "proxy-authentication-info", "identity", "identity-info"],
	...["refer-to", "replaces", "join", "target-dialog"],
];

/** Never in compact form. */
export const headerName = scalar<string>({ values: "header name", example: EXAMPLE }, (written) => {
	if (!/^[A-Za-z0-9.!%*_+`'~-]+$/.test(written)) return wrong("is no header name", EXAMPLE);
	const long = longName(headerIdAt(written, 0, written.length)) ?? written.toLowerCase();
	if (!REFUSED.includes(long)) return { value: written.length === 1 ? long : written };
	return wrong(
		"is not for this list: the proxy treats it by rules of its own",
		`${EXAMPLE} or the like`,
	);
});
