/** URIs: RFC 3261 §19.1. The parts make up the text; comparison (§19.1.4) does not depend on the side, and sees what it should. */

import { isIP } from "node:net";
import { canonicalAddress } from "../../../core/base/ip-address.ts";
import { ParseError } from "../../../core/message/parse-error.ts";
import { sameHost, sameUri } from "../../../core/message/same-uri.ts";
import {
	escapedCode,
	parseUri,
	type Uri,
	unescapeUser,
	uriParam,
} from "../../../core/message/uri.ts";
import { uri as anyUri, damaged, once } from "../grammar.ts";
import { demand, same, target } from "../target.ts";

type Input = { readonly a: string; readonly b: string };

export const uri = target<Input>({
	name: "uri",
	share: 300,
	make(chance) {
		const a = damaged(anyUri(chance), chance);
		return { a, b: once(chance, 3) ? damaged(anyUri(chance), chance) : damaged(a, chance) };
	},
	check(input) {
		const [a, b] = [readOrRefuse(input.a), readOrRefuse(input.b)];
		for (const one of [a, b]) if (one !== undefined) checkParts(one);
		if (a === undefined) return;
		same(sameUri(a, a), true, "comparison: a URI equals itself");
		checkRewritten(a);
		if (b !== undefined) same(sameUri(a, b), sameUri(b, a), "comparison: the same from both sides");
	},
});

function readOrRefuse(text: string): Uri | undefined {
	try {
		return parseUri(text);
	} catch (error) {
		if (error instanceof ParseError) return undefined;
		throw error;
	}
}

function checkParts(uri: Uri): void {
	const { text, scheme, host, hostStart, hostEnd } = uri;
	same(text.slice(0, scheme.length + 1).toLowerCase(), `${scheme}:`, "parts: the scheme");
	if (host === "") return;
	same(written(uri), text.slice(scheme.length), "parts: they make up the text");
	same(text.slice(hostStart, hostStart + host.length), host, "parts: where the host is");
	demand(hostEnd >= hostStart + host.length, "parts: where the host ends");
	for (const param of uri.params) {
		same(
			text.slice(param.start, param.start + 1 + param.text.length),
			`;${param.text}`,
			"parts: where a parameter is",
		);
		same(uriParam(uri, param.name), param, "parts: a parameter is found by its name");
	}
	demand(uri.port === undefined || (uri.port > 0 && uri.port < 65_536), "parts: the port");
	checkUser(uri.user ?? "");
	checkHost(host);
}

/** All behind the scheme, put together from the parts; the port with its zeros is taken from the text. */
function written({ text, user, password, host, hostStart, hostEnd, params, headers }: Uri): string {
	const secret = password === undefined ? "" : `:${password}`;
	const userInfo = user === undefined ? "" : `${user}${secret}@`;
	const port = text.slice(hostStart + host.length, hostEnd);
	const tail = params.map((param) => `;${param.text}`).join("");
	return `:${userInfo}${host}${port}${tail}${headers === undefined ? "" : `?${headers}`}`;
}

function checkUser(user: string): void {
	const once = unescapeUser(user);
	demand(once.length <= user.length, "user: an escape becomes one octet");
	const escaped = [...once]
		.map((octet) => `%${octet.charCodeAt(0).toString(16).padStart(2, "0")}`)
		.join("");
	same(unescapeUser(escaped), once, "user: escaped and read again");
}

function checkHost(host: string): void {
	const bare = host.startsWith("[") ? host.slice(1, -1) : host;
	const canonical = canonicalAddress(host);
	same(
		canonical !== undefined,
		isIP(bare) !== 0 && (isIP(bare) === 6) === host.startsWith("["),
		"host: an address where Node sees one",
	);
	if (canonical !== undefined)
		same(canonicalAddress(canonical), canonical, "host: the canonical form is one");
	demand(sameHost(host, host.toUpperCase()), "host: compared without case");
}

/** The same URI written otherwise is the same; with another port, user or significant parameter it is not. */
function checkRewritten(uri: Uri): void {
	if (uri.host === "") return;
	const { text, scheme, hostStart, hostEnd, params } = uri;
	const [start, rest] = [text.slice(scheme.length, hostStart), text.slice(hostEnd)];
	const hostPort = text.slice(hostStart, hostEnd);
	const equal = [
		`${scheme.toUpperCase()}${start}${hostPort}${rest}`,
		`${scheme}${start}${hostPort.toUpperCase()}${rest}`,
		`${scheme}${start}${hostPort}${reversed(uri)}`,
		`${scheme}${escapeLetters(start)}${hostPort}${rest}`,
	];
	for (const other of equal)
		demand(
			sameUri(uri, parseUri(other)),
			"comparison: the same URI written otherwise",
			() => `${text}\n${other}`,
		);
	const unlike = [
		`${scheme === "sip" ? "sips" : "sip"}${start}${hostPort}${rest}`,
		`${scheme}${start}${hostPort.replace(/:\d+$/, "")}${uri.port === 7 ? ":8" : ":7"}${rest}`,
		...(uriParam(uri, "ttl") || params.length > 60
			? []
			: [`${scheme}${start}${hostPort};ttl=9${rest}`]),
		...(uri.user === undefined ? [`${scheme}:other@${hostPort}${rest}`] : []),
		// A second @ would take the part of the first.
		...(uri.user === undefined || rest.includes("@") ? [] : [`${scheme}:${hostPort}${rest}`]),
	];
	for (const other of unlike)
		demand(!sameUri(uri, parseUri(other)), "comparison: another URI", () => `${text}\n${other}`);
}

function reversed({ params, headers }: Uri): string {
	const tail = params
		.map((param) => `;${param.text}`)
		.toReversed()
		.join("");
	const list = headers?.split("&").toReversed().join("&");
	return `${tail}${list === undefined ? "" : `?${list}`}`;
}

/** Letters of the user part that stand in no escape, escaped. */
function escapeLetters(start: string): string {
	let text = "";
	for (let at = 0; at < start.length; at += 1) {
		if (start[at] === "%" && escapedCode(start, at) !== -1) {
			text += start.slice(at, at + 3);
			at += 2;
		} else if (/[a-z]/i.test(start[at] ?? "")) text += `%${start.charCodeAt(at).toString(16)}`;
		else text += start[at];
	}
	return text;
}
