/** What a script may fetch, and what stands behind it. */
import { z } from "zod";
import type { Milliseconds } from "../../base/clock.ts";
import { FETCH_BODY_MAX, FETCH_HEADERS_MAX, FETCH_TIMEOUT_MAX_S } from "../limits.ts";
import type { HostResult } from "../sandbox/tickets.ts";

export type HttpRequest = {
	readonly url: string;
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | undefined;
	readonly timeoutMs: Milliseconds;
};

/** Starts a request. Its result is an input of its own: `{ status, headers: [name, value][], text }`. What is returned breaks it off. */
export type Fetch = (
	request: HttpRequest,
	answer: (result: HostResult, now: Milliseconds) => void,
) => () => void;

export type FetchSettings = {
	/** As URL writes them. */
	readonly fetchOrigins: readonly string[];
	readonly fetchTimeoutMs: Milliseconds;
};

export const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"] as const;

/** Of the connection, or made of the request: the client writes them. */
const OWN_HEADERS = new Set([
	...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
	...["upgrade", "host", "content-length", "expect", "proxy-authorization"],
]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const headers = z
	.record(z.string().regex(TOKEN, "no name of a header field"), z.string())
	.superRefine((given, context) => {
		const lines = Object.entries(given);
		if (
			lines.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > FETCH_HEADERS_MAX
		)
			context.addIssue(`header fields of more than ${FETCH_HEADERS_MAX} characters`);
		for (const [name, value] of lines) {
			if (OWN_HEADERS.has(name.toLowerCase()))
				context.addIssue(`${name} is not for scripts to write`);
			if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
				context.addIssue(`${name} has a value that cannot be sent`);
		}
	});

const options = z.strictObject({
	method: z.enum(METHODS, `the method is one of ${METHODS.join(", ")}`).default("GET"),
	headers: headers.default({}),
	body: z.string().max(FETCH_BODY_MAX).optional(),
	timeout: z.number().positive().max(FETCH_TIMEOUT_MAX_S).optional(),
});

export const FETCH_SHAPE = z.tuple([z.string().max(FETCH_HEADERS_MAX), options]);

/** The request, or why it is none. */
export function readRequest(
	[written, given]: z.infer<typeof FETCH_SHAPE>,
	{ fetchOrigins, fetchTimeoutMs }: FetchSettings,
): HttpRequest | Extract<HostResult, { ok: false }> {
	const url = URL.canParse(written) ? new URL(written) : undefined;
	if (url === undefined || url.username !== "" || url.password !== "")
		return refused("HOST_ARGUMENT", `${JSON.stringify(written)} is no URL without a user`);
	const { method, headers, body, timeout } = given;
	if (body !== undefined && (method === "GET" || method === "HEAD"))
		return refused("HOST_ARGUMENT", `a ${method} has no body`);
	if (!fetchOrigins.includes(url.origin))
		return refused(
			"HOST_ORIGIN",
			`${url.origin} is not for scripts: ${addition(url, fetchOrigins)}`,
		);
	url.hash = "";
	const timeoutMs = timeout === undefined ? fetchTimeoutMs : timeout * 1000;
	return { url: url.href, method, headers, body, timeoutMs };
}

/** What to write into the configuration. */
function addition({ origin, protocol }: URL, origins: readonly string[]): string {
	if (protocol !== "https:" && protocol !== "http:") return "only http and https are fetched";
	const all = [...origins, origin].map((one) => JSON.stringify(one)).join(", ");
	return `write script: { fetch: [${all}] } in the configuration`;
}

function refused(code: string, message: string): Extract<HostResult, { ok: false }> {
	return { ok: false, code, message: `fetch: ${message}` };
}
