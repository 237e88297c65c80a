/** An HTTP server as a value of a key: `https://api.example.com`, `http://127.0.0.1:8080`. */
import { scalar, wrong } from "./fields.ts";

export type Origin = {
	/** As URL writes it: in lower case, without the port that is usual. */
	readonly origin: string;
	/** Without brackets. */
	readonly host: string;
};

const EXAMPLE = "https://api.example.com";

export const origin = scalar<Origin>(
	{ values: "`https://` or `http://` with host and port", example: EXAMPLE },
	(written) => {
		const url = URL.canParse(written) ? new URL(written) : undefined;
		if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:"))
			return wrong("is no HTTP server", `${EXAMPLE}, or http://127.0.0.1:8080 on this machine`);
		const more =
			url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "";
		if (more) return wrong("has more than a host and a port", url.origin);
		return { value: { origin: url.origin, host: url.hostname.replace(/^\[|\]$/g, "") } };
	},
);
