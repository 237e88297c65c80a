import assert from "node:assert/strict";
import { test } from "node:test";
import { contextText, readContext } from "../../core/script/ask-context.ts";
import {
	context,
	decision,
	failure,
	hook,
	type LogEntry,
	load,
	request,
	scriptDevice,
} from "./harness.ts";

/** What was logged, but for the probes of the load. */
function told(entries: readonly LogEntry[]): string[] {
	return entries
		.map(({ message }) => message)
		.filter((text) => !text.startsWith("probe") && !text.startsWith("127."));
}

test("what the engine tells beside the message crosses as one text, whatever stands in it", () => {
	const contexts = [
		context(),
		context({ trusted: false, authenticated: true, ours: false, callerScheme: "sips" }),
		context({ address: "2001:db8::1", port: 65_535, transport: "wss", device: "5000" }),
		context({ device: "" }),
		context({ device: 'two\nlines, a "quote" and ü', identities: [] }),
		context({ transport: "tls", identities: ["a.example", "b.example\n"], device: "\n" }),
		context({ transport: "wss", handshake: { origin: "a\n", path: "/", cookie: "b=\xfc" } }),
		context({ transport: "wss", handshake: { origin: undefined, path: "", cookie: undefined } }),
		context({ credentials: { user: 'a\n"b"', realm: "r" }, device: "\n" }),
		context({ credentials: { user: "", realm: "" }, identities: [] }),
	];
	const texts = contexts.map(contextText);
	assert.equal(new Set(texts).size, texts.length);
	for (const [index, text] of texts.entries()) {
		const { source, ...rest } = readContext(text, JSON.parse);
		const { source: given, ...other } = contexts[index] ?? context();
		assert.deepEqual(rest, other);
		const { identities, credentials } = given;
		const handshake = given.handshake && JSON.parse(JSON.stringify(given.handshake));
		assert.deepEqual(source, { ...given, identities, credentials, handshake });
	}
});

test("many senders in turn are told apart, also when more come than are remembered", async (t) => {
	const body =
		'const { source, ours } = request; log.info([source.address, source.device?.name ?? "nobody", ours].join(" "));';
	const devices = [scriptDevice({ name: "5000" })];
	const { ask, log } = await load(t, hook(`${body} return reply(404);`), { devices });
	const expected: string[] = [];
	for (const round of [1, 2])
		for (let host = 0; host < 600; host += 1) {
			const address = `10.0.${host >> 8}.${host & 255}`;
			const device = host % 2 === 0 ? "5000" : undefined;
			ask(undefined, { address, device, ours: round === 1 });
			expected.push(`${address} ${device ?? "nobody"} ${round === 1}`);
		}
	assert.deepEqual(told(log.entries), expected);
});

test("a script leaves nothing in a sender for the next request of it", async (t) => {
	const { ask } = await load(
		t,
		hook(
			`const again = "seen" in request.source || request.source.trusted !== true;
			for (const target of [request, request.source, request.source.identities, call.caller])
				for (const name of ["seen", "trusted", "ours", "source", "scheme"])
					Reflect.set(target, name, "mine");
			return reply(again || call.caller.scheme !== "sip" ? 403 : 404);`,
		),
	);
	for (const _ of [1, 2, 3])
		assert.deepEqual(decision(ask()), { kind: "reply", status: 404, reason: undefined, edits: [] });
});

test("From and To are found however they are written, and never in a body (RFC 3261 §7.3.1, §7.3.3)", async (t) => {
	const { ask, log } = await load(
		t,
		hook(
			'log.info([request.from.uri.user, request.to.param("tag")].join(" ")); return reply(404);',
		),
	);
	const message = (lines: readonly string[], body = "") =>
		["INVITE sip:5000@127.0.0.1 SIP/2.0", ...lines, "", body].join("\r\n");
	const rest = ["Via: SIP/2.0/UDP h;branch=z9hG4bK1", "Call-ID: a", "CSeq: 1 INVITE"];
	const forms = [
		["From: <sip:a@h>;tag=1", "To: <sip:b@h>;tag=2"],
		["f:<sip:a@h>;tag=1", "t:<sip:b@h>;tag=2"],
		["FROM : <sip:a@h>;tag=1", "tO\t:<sip:b@h>;tag=2"],
		["From: <sip:a@h>\r\n ;tag=1", "To:\r\n\t<sip:b@h>;tag=2"],
		['From:"From:" <sip:a@h>;tag=1', "To: To <sip:b@h>;tag=2"],
	];
	for (const form of forms) {
		ask(message([...form, ...rest]));
		ask(message([...rest, ...form], "From: <sip:x@h>\r\nTo: <sip:y@h>;tag=9\r\n"));
	}
	ask(
		message(
			[...rest, "f: <sip:a@h>", "t: <sip:b@h>;tag=2"],
			"\r\nFrom: <sip:x@h>\r\nTo: <sip:y@h>\r\n",
		),
	);
	assert.deepEqual(told(log.entries), Array(11).fill("a 2"));
});

test("an answer that was given before is given again, with what this call adds to it and no other", async (t) => {
	const { ask, log } = await load(
		t,
		hook(
			`const callee = device("5000");
			const how = request.headers.get("X-How");
			if (how === "edit") request.headers.set("X-A", "1");
			if (how === "sips") forceSips(call.callee);
			if (how === "log") log.info("asked");
			if (how === "reason") return reply(404, "Nobody");
			if (how === "serial") return relay(callee, { order: "serial" });
			return how === "404" ? reply(404) : relay(callee);`,
		),
		{ devices: [scriptDevice({ name: "5000" })] },
	);
	const how = (value: string) =>
		decision(ask(request("INVITE", "sip:5000@127.0.0.1", { headers: [`X-How: ${value}`] })));
	const target = { kind: "device", name: "5000", number: undefined };
	const relayed = { kind: "relay", targets: [target], callee: undefined, edits: [] };
	const replied = { kind: "reply", status: 404, reason: undefined, edits: [] };
	for (const _ of [1, 2]) {
		assert.deepEqual(how("plain"), relayed);
		assert.deepEqual(how("edit"), { ...relayed, edits: [{ op: "set", name: "X-A", value: "1" }] });
		assert.deepEqual(how("sips"), { ...relayed, callee: "sips" });
		assert.deepEqual(how("log"), relayed);
		assert.deepEqual(how("404"), replied);
		assert.deepEqual(how("reason"), { ...replied, reason: "Nobody" });
		const serial = { order: "serial", timeout: undefined, recurse: false };
		assert.deepEqual(how("serial"), { ...relayed, fork: serial });
	}
	assert.deepEqual(told(log.entries), ["asked", "asked"]);
});

test("a status that no reply may have is refused each time", async (t) => {
	const { ask } = await load(t, hook("return reply(request.uri.user === '5000' ? 100 : 404);"));
	for (const _ of [1, 2]) assert.match(failure(ask()).reason, /status from 200 to 699, not 100/);
});

test("kv: what JSON has no word for is refused with the key, and not kept as null or for ever", async (t) => {
	const tries: readonly [call: string, message: string][] = [
		["kv.set('n', 0 / 0)", 'kv.set("n"): NaN is not text, a finite number, a boolean or null'],
		[
			"kv.set('n', -1 / 0)",
			'kv.set("n"): -Infinity is not text, a finite number, a boolean or null',
		],
		[
			"kv.set('n', undefined)",
			'kv.set("n"): undefined is not text, a finite number, a boolean or null',
		],
		["kv.set('n', {})", 'kv.set("n"): an object is not text, a finite number, a boolean or null'],
		["kv.set('n', 1n)", 'kv.set("n"): 1 is not text, a finite number, a boolean or null'],
		[
			"kv.set('n', 1, { expires: NaN })",
			'kv.set("n"): NaN is not seconds to expire after, as a finite number',
		],
		["kv.increment('n', { by: Infinity })", 'kv.increment("n"): Infinity is not a finite number'],
		[
			"kv.increment('n', { expires: 'x' })",
			'kv.increment("n"): x is not seconds to expire after, as a finite number',
		],
	];
	for (const [call, message] of tries) {
		const source = `import { defineRoutes, kv, reply } from "sipwright";
			export default defineRoutes({ async onRequest(request) {
				try { await ${call}; } catch ({ code, message }) { return reply(400, code + " " + message); }
				return reply(200);
			} });`;
		const { ask } = await load(t, source);
		assert.deepEqual(decision(ask()), {
			kind: "reply",
			status: 400,
			reason: `HOST_ARGUMENT ${message}`,
			edits: [],
		});
	}
});
