import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskContext } from "../../core/script/ask-context.ts";
import { ScriptError } from "../../core/script/script-error.ts";
import { relay, reply } from "../support/decisions.ts";
import { type Decide, ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();

const broken = () =>
	new ScriptError(
		"SCRIPT_THREW",
		{ script: "/routes/default.ts", place: undefined, generation: 1 },
		"x is undefined",
	);

function rigWith(routes: Decide, fallback?: Decide) {
	const rig = new ExchangeRig({ config, routes, ...(fallback && { fallback }) });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	return { rig, ann, bob };
}

test("architecture §5: a script that fails costs this request a 500, and the log names the script", () => {
	const { rig, ann } = rigWith(broken);
	const invite = ann.request("INVITE", "sip:bob@example.com");
	ann.acknowledge(invite, ann.take(500));
	assert.equal(rig.exchange.counters.scriptErrors, 1);
	const [entry] = rig.log.filter(({ level }) => level === "error");
	assert.deepEqual(entry?.fields, {
		event: "script.failed",
		code: "SCRIPT_THREW",
		script: "/routes/default.ts",
		generation: 1,
	});
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("architecture §5: with a fallback its decision serves the request; when that fails too it is 500", () => {
	const good = rigWith(broken, () => relay("sip:bob@10.0.0.1"));
	good.ann.request("INVITE", "sip:bob@example.com");
	assert.equal(good.bob.take("INVITE").uri, "sip:bob@10.0.0.1");
	const bad = rigWith(broken, broken);
	bad.ann.request("INVITE", "sip:bob@example.com");
	assert.equal(bad.ann.take(500).status, 500);
});

test("RFC 3261 §8.2.6: a reply has the script's phrase and headers, From, To, Call-ID, CSeq and Via of the request", () => {
	const edits = [{ op: "add", name: "Retry-After", value: "30" }] as const;
	const { ann } = rigWith(() => reply(503, "Back Soon", edits));
	const sent = ann.request("INVITE", "sip:bob@example.com");
	const got = ann.take(503);
	assert.equal(got.startLine, "SIP/2.0 503 Back Soon");
	assert.equal(got.value("Retry-After"), "30");
	for (const name of ["From", "Call-ID", "CSeq"]) assert.equal(got.value(name), sent.value(name));
	assert.match(got.value("To"), /^<sip:bob@example\.com>;tag=[0-9a-f]{16}$/);
	assert.deepEqual(got.vias, sent.vias);
});

test("RFC 3261 §8.3: a redirect sends the caller elsewhere", () => {
	const contacts = ["sip:a@h", "sip:b@h"];
	const { ann } = rigWith(() => ({ kind: "redirect", status: 302, contacts }));
	ann.request("INVITE", "sip:bob@example.com");
	assert.deepEqual(ann.take(302).values("Contact"), ["<sip:a@h>", "<sip:b@h>"]);
});

test("a dropped request is never answered, nor are its repeats; it is forgotten when none can come", () => {
	let asked = 0;
	const { rig, ann } = rigWith(() => {
		asked += 1;
		return { kind: "drop" };
	});
	for (const method of ["INVITE", "OPTIONS"]) {
		const { text } = ann.request(method, "sip:bob@example.com");
		for (let repeat = 0; repeat < 5; repeat += 1) {
			rig.wait(500);
			ann.send(text);
		}
	}
	assert.equal(asked, 2);
	assert.equal(rig.retained, 2);
	rig.wait(64_000);
	assert.deepEqual(ann.received, []);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("architecture §5: a request holds the generation it began on until its transaction has ended, no longer", () => {
	const { rig, ann, bob } = rigWith(() => relay("sip:bob@10.0.0.1"));
	ann.request("INVITE", "sip:bob@example.com");
	const invite = bob.take("INVITE");
	bob.answer(invite, "180 Ringing");
	rig.wait(120_000);
	assert.equal(rig.retained, 1);
	bob.answer(invite, "200 OK");
	ann.caller(ann.take(200)).send("ACK");
	rig.wait(33_000);
	assert.equal(rig.retained, 0);
});

test("architecture §5: what never reached a script holds none: refused, in a dialog, or with bad credentials", () => {
	const { rig, ann, bob } = rigWith(() => relay("sip:bob@10.0.0.1"));
	ann.request("INVITE", "sip:bob@example.com");
	bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	dialog.send("ACK");
	rig.wait(33_000);
	assert.equal(rig.retained, 0);
	dialog.send("INFO");
	ann.send(ann.write("OPTIONS", "sip:bob@example.com").replace("Forwards: 70", "Forwards: 0"));
	ann.request("OPTIONS", "sip:bob@example.com", { headers: ["Proxy-Authorization: Digest x"] });
	ann.request("OPTIONS", "sip:bob@example.com", { headers: ["Route: <sip:@;lr>"] });
	assert.equal(rig.retained, 0);
	rig.wait(64_000);
	assert.equal(rig.retained, 0);
	assert.equal(rig.size, 0);
});

test("RFC 3261 §16.6 step 5: header edits stand on every leg, in a request that is otherwise as it came", () => {
	const edits = [
		{ op: "set", name: "X-Tenant", value: "blue" },
		{ op: "remove", name: "Subject", value: "" },
	] as const;
	const { ann, bob } = rigWith(() => ({ ...relay("sip:bob@10.0.0.1"), edits }));
	ann.request("INVITE", "sip:bob@example.com", { headers: ["Subject: secret", "X-Other: 1"] });
	const came = bob.take("INVITE");
	assert.deepEqual(came.values("Subject"), []);
	assert.equal(came.value("X-Tenant"), "blue");
	assert.equal(came.value("X-Other"), "1");
});

test("secure-signaling G2 PX-93: forceSips for a phone that registered in clear takes TLS, or nothing", () => {
	const { rig, ann } = rigWith(({ ours }) =>
		ours ? { kind: "save", contacts: undefined } : { ...relay("7789"), callee: "sips" },
	);
	const phone = rig.phone("7789", { host: "172.21.83.24", port: 5070 });
	const aor = "sip:7789@172.21.83.50";
	phone.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
	assert.equal(phone.take(200).status, 200);
	ann.request("INVITE", "sip:7789@elsewhere.example.org");
	assert.deepEqual(phone.unread, [], "not along its flow in clear");
	assert.deepEqual(
		rig.nowhere.map(({ flow }) => [flow.transport, flow.host, flow.port]),
		[["tls", "172.21.83.24", 5070]],
	);
	assert.equal(ann.take(500).status, 500);
});

test("RFC 5630 §3.2 §4 SIPS-28: a script is told the scheme of a leg and the transport of its hop, each for itself, and nothing about a whole call", () => {
	const asked: AskContext[] = [];
	const { rig } = rigWith((context) => {
		asked.push(context);
		return reply(404);
	});
	for (const transport of ["tls", "udp"] as const)
		for (const scheme of ["sip", "sips"]) {
			const phone = rig.phone(scheme, { host: "172.21.83.70", transport });
			phone.request("OPTIONS", `${scheme}:172.21.83.50:5314`, { contact: `<${scheme}:a@h>` });
		}
	assert.deepEqual(
		asked.map(({ callerScheme, source }) => `${callerScheme} ${source.transport}`),
		["sip tls", "sips tls", "sip udp", "sips udp"],
	);
	assert.ok(asked.every((context) => !/secure/i.test(JSON.stringify(context))));
});

test("RFC 3261 §16.3: the script is told who asks, from where, and whether the request is for us", () => {
	const asked: AskContext[] = [];
	const { ann, rig } = rigWith((context) => {
		asked.push(context);
		return reply(404);
	});
	ann.request("INVITE", "sip:bob@172.21.83.50");
	ann.request("INVITE", "sip:bob@172.21.83.50", { headers: ["Route: <sip:172.21.83.50;lr>"] });
	ann.request("INVITE", "sip:bob@172.21.83.50", { headers: ["Route: <sip:x.example.org;lr>"] });
	ann.request("INVITE", "sip:bob@example.org");
	assert.deepEqual(
		asked.map(({ ours }) => ours),
		[true, true, false, false],
	);
	const tls = rig.phone("tls", { host: "198.51.100.7", port: 40_000, transport: "tls" });
	tls.request("OPTIONS", "sips:172.21.83.50:5314", { contact: "<sips:tls@h>" });
	assert.deepEqual(asked.at(-1), {
		source: {
			address: "198.51.100.7",
			port: 40_000,
			transport: "tls",
			trusted: false,
			device: undefined,
			authenticated: false,
		},
		callerScheme: "sips",
		ours: true,
	});
});
