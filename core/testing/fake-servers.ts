/** HTTP servers of a test: what a script fetches from them, and what it gets. */
import type { HostResult } from "../script/host-call.ts";
import type { HttpRequest } from "../script/host-calls/http.ts";
import type * as Public from "./sipwright-test.d.ts";
import { TestingError } from "./testing-error.ts";

type Fake = {
	matches(url: string): boolean;
	answer(request: Public.FetchedRequest): Public.FakeResponse;
};

export type FakeResult = {
	/** Seconds until then; Infinity for never. */
	readonly after: number;
	readonly result: HostResult;
	/** In a word. */
	readonly text: string;
};

export class FakeServers {
	readonly requests: Public.FetchedRequest[] = [];
	/** The first that matches answers. */
	readonly #fakes: Fake[] = [];

	/** Goes before those that are there. */
	add(url: string | RegExp, answer: Public.FakeResponse | Public.FakeServer): void {
		const matches = typeof url === "string" ? isUrl(url) : (one: string) => one.search(url) >= 0;
		this.#fakes.unshift({ matches, answer: typeof answer === "function" ? answer : () => answer });
	}

	answer({ url, method, headers, body, timeoutMs }: HttpRequest): FakeResult {
		const request = { url, method, headers, body };
		this.requests.push(request);
		const fake = this.#fakes.find((one) => one.matches(url));
		const response = fake === undefined ? { error: notFaked(url) } : fake.answer(request);
		const { after = 0, error } = response;
		if (after * 1000 >= timeoutMs)
			return failed("HOST_TIMEOUT", timeoutMs / 1000, `no answer within ${timeoutMs} ms`);
		if (error !== undefined) return failed("HOST_FAILED", after, error);
		const value = written(response);
		return { after, result: { ok: true, value }, text: String(value.status) };
	}
}

function failed(code: string, after: number, message: string): FakeResult {
	return { after, result: { ok: false, code, message }, text: message };
}

function written({ status = 200, headers = {}, body, json }: Public.FakeResponse) {
	const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
	if (json === undefined) return { status, headers: given, text: body ?? "" };
	const type = "content-type" in headers ? [] : [["content-type", "application/json"]];
	return { status, headers: [...type, ...given], text: JSON.stringify(json) };
}

function isUrl(written: string): (url: string) => boolean {
	if (!URL.canParse(written))
		throw new TestingError(`fetch: "${written}" is no URL; write https://api.example.com/users/1`);
	const { href } = new URL(written);
	return (url) => url === href;
}

function notFaked(url: string): string {
	return `the test says nothing of ${url}: write bed.fetch("${url}", { json: {} }) in it`;
}
