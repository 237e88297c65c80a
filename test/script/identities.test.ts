import assert from "node:assert/strict";
import { test } from "node:test";
import type { AskContext } from "../../core/script/ask-context.ts";
import { credentials } from "../auth/phone.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import { hook, load } from "./harness.ts";

const config = await rigConfig();

test("RFC 5922 §7.4 TR-39: a script reads the domains that the TLS client proved, and cannot change them", async (t) => {
	const { ask } = await load(
		t,
		hook(`
		const { identities } = request.source;
		if (!Object.isFrozen(identities)) return reply(500);
		return reply(identities.includes("sbc.example.com") ? 480 + identities.length : 403);`),
	);
	const status = (identities?: readonly string[]) => {
		const answer = ask(undefined, { identities });
		return "kind" in answer && answer.kind === "reply" ? answer.status : answer;
	};
	assert.equal(status(), 403);
	assert.equal(status([]), 403);
	assert.equal(status(["other.example.com"]), 403);
	assert.equal(status(["sbc.example.com", "example.com"]), 482);
});

test("RFC 5922 §7.4 §8.1 TR-39: each request on a connection stands for itself: neither a certificate nor a digest authenticates the next", () => {
	const asked: AskContext["source"][] = [];
	const rig = new ExchangeRig({
		config,
		routes: ({ source }) => {
			asked.push(source);
			return { kind: "challenge" };
		},
	});
	const phone = rig.phone("7790", { host: "198.51.100.7", transport: "tls" });
	const flow = { ...phone.flow, identities: ["sbc.example.com"] };
	const [uri, aor] = ["sip:172.21.83.50", "sip:7790@172.21.83.50"];
	const send = (headers: readonly string[]) =>
		rig.receive(phone.write("REGISTER", uri, { from: aor, to: aor, headers }), flow);
	send([]);
	const nonce = /nonce="([^"]+)"/.exec(phone.take(401).text)?.[1] ?? "";
	const right = { username: "7790", password: "rosebud", realm: "example.com", uri, nonce };
	send([`Authorization: ${credentials(right)}`]);
	send([]);
	assert.deepEqual(
		asked.map(({ authenticated, identities }) => [authenticated, identities]),
		[
			[false, ["sbc.example.com"]],
			[true, ["sbc.example.com"]],
			[false, ["sbc.example.com"]],
		],
	);
});
