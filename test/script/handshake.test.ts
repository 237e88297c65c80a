/** What a WebSocket client said when it connected, as scripts read it: RFC 7118 §7. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handshake } from "../../core/base/flow.ts";
import type { AskContext } from "../../core/script/ask-context.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import { hook, load } from "./harness.ts";

const PAGE = { origin: "https://phone.example.com", path: "/ws?token=x", cookie: "session=y" };

test("RFC 7118 §7 TR-52: a script reads the origin, the path and the cookies that a browser came with, and cannot change them", async (t) => {
	const { ask } = await load(
		t,
		hook(`
		const { handshake } = request.source;
		if (handshake === undefined) return reply(404);
		if (!Object.isFrozen(handshake)) return reply(500);
		const { origin = "none", path, cookie = "none" } = handshake;
		return reply(403, [origin, path, cookie].join(" "));`),
	);
	const reason = (handshake?: Handshake) => {
		const answer = ask(undefined, { transport: "wss", handshake });
		return "kind" in answer && answer.kind === "reply" ? answer.reason : answer;
	};
	assert.equal(reason(), undefined);
	assert.equal(reason(PAGE), "https://phone.example.com /ws?token=x session=y");
	assert.equal(reason({ origin: undefined, path: "/", cookie: undefined }), "none / none");
});

test("RFC 7118 §7 TR-52: each request of a WebSocket brings its handshake along, and no other request does", async () => {
	const asked: AskContext["source"][] = [];
	const rig = new ExchangeRig({
		config: await rigConfig(YAML.replace("listen:", "listen:\n  - wss:172.21.83.50:8443")),
		routes: ({ source }) => {
			asked.push(source);
			return { kind: "reply", status: 403, reason: undefined, edits: [] };
		},
	});
	const web = { host: "172.21.83.90", transport: "wss", handshake: PAGE } as const;
	const phones = [rig.phone("7789", web), rig.phone("6000", { host: "172.21.83.70" })];
	for (const phone of [...phones, ...phones])
		phone.request("OPTIONS", "sip:7789@172.21.83.50", { from: "sip:a@172.21.83.50" });
	assert.deepEqual(
		asked.map(({ handshake }) => handshake),
		[PAGE, undefined, PAGE, undefined],
	);
});
