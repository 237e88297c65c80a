/** Compile-only: what the calls of the host take and give. `tsc` fails where an expected error is missing. */
import {
	type Decision,
	defineRoutes,
	fetch,
	kv,
	metric,
	type Request,
	relay,
	reply,
} from "sipwright";

defineRoutes({ onRequest: async () => ((await kv.increment("a")) > 5 ? reply(480) : relay()) });
// @ts-expect-error: a number that is still to come
defineRoutes({ onRequest: () => (kv.increment("a") > 5 ? reply(480) : relay()) });

export async function stored(request: Request): Promise<Decision> {
	await kv.set("closed", true, { expires: 60 });
	await kv.increment("calls", { by: 2, expires: 60 });
	const target = await kv.get("target");
	// @ts-expect-error: texts, numbers, true, false and null
	await kv.set("request", request);
	// @ts-expect-error: a misspelt option
	await kv.set("closed", true, { expiry: 60 });
	// @ts-expect-error: only increment adds
	await kv.set("calls", 1, { by: 2 });
	// @ts-expect-error: seconds are a number
	await kv.increment("calls", { expires: "60" });
	// @ts-expect-error: perhaps it is no text
	relay(target);
	return typeof target === "string" ? relay(target) : reply((await kv.delete("a")) ? 404 : 410);
}

export async function fetched(): Promise<string | undefined> {
	const response = await fetch("https://api.example.com", {
		method: "POST",
		body: "{}",
		timeout: 1,
	});
	// @ts-expect-error: it has come whole
	await response.text();
	// @ts-expect-error: nobody knows what it is
	response.json().blocked;
	// @ts-expect-error: it has happened
	response.status = 200;
	// @ts-expect-error: a body is a text
	await fetch("https://api.example.com", { body: { a: 1 } });
	// @ts-expect-error: time is up after a number of seconds
	await fetch("https://api.example.com", { signal: 1 });
	return response.ok ? response.headers.get("ETag") : response.text;
}

metric.count("calls");
metric.count("octets", 512);
metric.set("calls_allowed", 30);
// @ts-expect-error: a number
metric.count("calls", "1");
// @ts-expect-error: what is it?
metric.set("calls_allowed");
// @ts-expect-error: they are for others to read
metric.get("calls");
