/** A Route value as a value of a key: `sip:edge.example.com;lr`, in `<>` or without (RFC 3608 §5). */
import { ParseError } from "../message/parse-error.ts";
import { parseUri, type Uri, uriParam } from "../message/uri.ts";
import { scalar, wrong } from "./fields.ts";
import { isHost } from "./host.ts";

const EXAMPLE = '"sip:edge.example.com;lr"';

/** As it stands in a header: in `<>`. */
export const route = scalar<string>(
	{ values: "`sip:` or `sips:` URI with `;lr`", example: EXAMPLE },
	(written) => {
		const text = written.replace(/^<(.*)>$/, "$1");
		const uri = readSip(text);
		if (uri === undefined) return wrong("is no SIP URI", EXAMPLE);
		// Without it a device would expect a strict router there.
		if (uriParam(uri, "lr") === undefined)
			return wrong("has no lr, and would be a strict router", `"${text};lr"`);
		return { value: `<${text}>` };
	},
);

function readSip(text: string): Uri | undefined {
	if (!/^[\x21-\x7e]+$/.test(text) || /[<>",]/.test(text)) return undefined;
	try {
		const uri = parseUri(text);
		return isHost(uri.host) && uri.headers === undefined ? uri : undefined;
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}
