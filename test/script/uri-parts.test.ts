/** URIs that scripts make and change. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, evaluating } from "./evaluate.ts";
import { decision, hook, load, request, scriptDevice } from "./harness.ts";

test("RFC 3261 §19.1.1: a URI with other parts keeps every other part as it was written", async (t) => {
	const uri = "SIPS:%41li:pw@Example.COM:5070;Transport=TCP;x=%41;lr?Subject=a";
	const changes: readonly (readonly [parts: string, text: string])[] = [
		["{}", uri],
		["{ scheme: 'sip' }", `sip${uri.slice(4)}`],
		["{ user: 'b ö' }", uri.replace("%41li:pw", "b%20%C3%B6")],
		["{ user: '+49;ext=1' }", uri.replace("%41li:pw", "+49;ext=1")],
		["{ user: null }", uri.replace("%41li:pw@", "")],
		["{ host: '192.0.2.7' }", uri.replace("Example.COM", "192.0.2.7")],
		["{ host: '2001:db8::1' }", uri.replace("Example.COM", "[2001:db8::1]")],
		["{ host: '[2001:db8::1]', port: 1 }", uri.replace("Example.COM:5070", "[2001:db8::1]:1")],
		["{ port: null }", uri.replace(":5070", "")],
		["{ params: { transport: 'tls' } }", uri.replace("Transport=TCP", "transport=tls")],
		["{ params: { TRANSPORT: null, x: null } }", uri.replace(";Transport=TCP;x=%41", "")],
		["{ params: { ob: '', y: 'a%3B' } }", uri.replace(";lr?", ";lr;ob;y=a%3B?")],
		["{ user: undefined, port: undefined, params: { x: undefined } }", uri],
	];
	const texts = `[${changes.map(([parts]) => `request.uri.with(${parts}).text`).join(", ")}]`;
	const found = (await evaluating(t, texts))(request("INVITE", uri));
	assert.deepEqual(
		found,
		changes.map(([, text]) => text),
	);
});

test("RFC 3261 §25.1: parts that make no URI throw, and nothing gets out of its place", async (t) => {
	for (const parts of [
		...[
			"{ host: 'a b' }",
			"{ host: 'a;b' }",
			"{ host: 'a:5060' }",
			"{ host: 'x@y' }",
			"{ host: '' }",
		],
		...["{ user: '' }", "{ port: 0 }", "{ port: 65536 }", "{ port: '5060' }", "{ scheme: 'tel' }"],
		...["{ params: { a: 'b;c' } }", "{ params: { 'a=': 'b' } }", "{ params: { a: 'b\\r\\nc' } }"],
		...["{ params: { '': 'b' } }", "{ user: 'a\\r\\nb' }", "{ nme: 'a' }", "null"],
	])
		assert.match(String(await evaluate(t, `request.uri.with(${parts}).text`)), /Error: /, parts);
	const tel = "TypeError: tel:+49 is no SIP URI: it has no parts to change";
	assert.equal(await evaluate(t, "parseUri('tel:+49').with({ user: 'a' })"), tel);
});

test("a URI is made of parts, and read out of a text", async (t) => {
	const made =
		"sipUri({ user: '5000', host: 'example.com', port: 5070, params: { transport: 'tcp' } })";
	assert.equal(await evaluate(t, `${made}.text`), "sip:5000@example.com:5070;transport=tcp");
	assert.equal(await evaluate(t, "sipUri({ scheme: 'sips', host: '::1' }).text"), "sips:[::1]");
	assert.match(String(await evaluate(t, "sipUri({ user: 'a' })")), /^TypeError: sipUri\(\) takes/);
	const read =
		"[parseUri('sip:a@b').user, parseUri('a b') ?? null, parseUri('') ?? null, parseUri(undefined) ?? null]";
	assert.deepEqual(await evaluate(t, read), ["a", null, null, null]);
});

test("relay, fork and redirect take a URI that was made", async (t) => {
	const source = hook(`
		const gateway = request.uri.with({ host: "192.0.2.7", port: null });
		if (request.uri.user === "moved") return redirect([gateway, "sip:a@b"]);
		return request.uri.user === "both" ? fork([gateway, "sip:a@b"]) : relay(gateway);`);
	const { ask } = await load(t, source);
	const asked = (user: string) => {
		const made = decision(ask(request("INVITE", `sip:${user}@127.0.0.1:5060`)));
		return made.kind === "redirect" ? made.contacts : made.kind === "relay" && made.targets;
	};
	assert.deepEqual(asked("one"), [{ kind: "uri", uri: "sip:one@192.0.2.7" }]);
	assert.deepEqual(asked("both"), [
		{ kind: "uri", uri: "sip:both@192.0.2.7" },
		{ kind: "uri", uri: "sip:a@b" },
	]);
	assert.deepEqual(asked("moved"), ["sip:moved@192.0.2.7", "sip:a@b"]);
});

test("withNumber gives the number precedence, crosses escaped, and keeps what trunks() says", async (t) => {
	const source = hook(
		`const [first] = trunks("9123");
		return fork([withNumber(device("5000"), "+49 30"), withNumber(first, "110")], { order: "failover" });`,
		'import { withNumber } from "sipwright";',
	);
	const devices = [
		scriptDevice({ name: "5000" }),
		scriptDevice({ name: "berlin", type: "Trunk", prefix: "9" }),
	];
	const made = decision((await load(t, source, { devices })).ask());
	assert.deepEqual(made.kind === "relay" && made.targets, [
		{ kind: "device", name: "5000", number: "+49%2030", exact: true },
		{ kind: "device", name: "berlin", number: "110", exact: true, turns: true },
	]);
	for (const wrong of [
		"withNumber('5000', '1')",
		"withNumber(undefined, '1')",
		"withNumber(device('5000'), '')",
	])
		assert.match(String(await evaluate(t, wrong)), /^TypeError: withNumber\(\) takes/);
});
