/** The keys of a WebSocket socket: where it is asked for, and which web pages may. RFC 7118 §4.1, §7; RFC 6455 §10.2. */
import { webSocket } from "../base/flow.ts";
import { Networks, overlap, parseNetwork } from "../base/networks.ts";
import type { ListenConfig, WebConfig } from "./config.ts";
import { list, scalar, wrong } from "./fields.ts";
import type { Findings } from "./finding.ts";
import { key } from "./section.ts";
import { child, type Node } from "./source.ts";

const EXAMPLE = "https://phone.example.com";

/** As browsers write it, in lower case; a first label `*` stands for any names there, `*` alone for all pages. */
const webOrigin = scalar<string>(
	{ values: "origin of a web page, `https://*.example.com` or `*`", example: EXAMPLE },
	(written) => {
		const value = written.toLowerCase();
		if (value === "*") return { value };
		const [, scheme, host = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^/]+)\/?$/.exec(value) ?? [];
		const probe = host.replace(/^\*\./, "any.");
		const url = `${scheme}://${probe}`;
		if (scheme === undefined || !URL.canParse(url) || /[*@?#]/.test(probe))
			return wrong("is no origin of a web page", `${EXAMPLE}, without a path`);
		// Browsers leave the usual port out.
		const usual = new URL(url).port === "" && /:\d+$/.test(host);
		return { value: `${scheme}://${usual ? host.replace(/:\d+$/, "") : host}` };
	},
);

const requestPath = scalar<string>({ values: "path of a URL", example: "/ws" }, (written) =>
	/^\/[\x21-\x7e]*$/.test(written) && !/[?#]/.test(written)
		? { value: written }
		: wrong("is no path", "/ws"),
);

export const webShape = {
	paths: key(
		list(requestPath).optional(),
		"`ws` and `wss`: the paths at which there is a WebSocket; without it any",
	),
	origins: key(
		list(webOrigin).optional(),
		"`ws` and `wss`: the web pages that may connect, and no others; without it those of our own addresses and `domains` over https, and of this machine",
	),
};

type Given = {
	readonly transport: ListenConfig["transport"];
	readonly paths?: readonly string[] | undefined;
	readonly origins?: readonly string[] | undefined;
};

/** Undefined for what is no WebSocket, and for one that says nothing. */
export function readWeb(
	item: Node,
	{ transport, paths, origins }: Given,
	found: Findings,
): WebConfig | undefined {
	if (paths === undefined && origins === undefined) return undefined;
	if (webSocket(transport)) return { paths, origins };
	for (const word of ["paths", "origins"]) {
		const node = child(item, word);
		if (node === undefined) continue;
		found.error(node.at, {
			code: "CONFIG_COMBINATION",
			message: `listen: ${word} is for WebSocket, and this socket is ${transport}`,
			fix: `remove ${word}, or write transport: wss`,
		});
	}
	return undefined;
}

const LOOPBACK = new Networks(["127.0.0.0/8", "::1"].flatMap((text) => parseNetwork(text) ?? []));

/** A page that anybody wrote, in a browser of a trusted network, is trusted as its reader is. */
export function checkTrustedPages(
	node: Node | undefined,
	listen: readonly ListenConfig[],
	trusted: Networks,
	found: Findings,
): void {
	if (node === undefined || !listen.some(({ web }) => web?.origins?.includes("*"))) return;
	const network = trusted.texts.find((text) => {
		const one = parseNetwork(text);
		return one !== undefined && overlap(new Networks([one]), LOOPBACK) === undefined;
	});
	if (network === undefined) return;
	found.warn(node.at, {
		code: "CONFIG_TRUSTS_PAGES",
		message: `listen: pages from anywhere may connect, and who is in ${network} is asked for no password: any page that somebody there opens may call anywhere`,
		fix: "write the origins of your own pages, or take the networks of browsers out of trusted",
	});
}
