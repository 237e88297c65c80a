import assert from "node:assert/strict";
import { test } from "node:test";
import { configuredDirectory } from "../../core/exchange/configured-directory.ts";
import type { Key } from "../../core/leg/seal.ts";
import { ScriptError } from "../../core/script/script-error.ts";
import { credentials } from "../auth/phone.ts";
import { relay, reply } from "../support/decisions.ts";
import { type Decide, ExchangeRig } from "../support/exchange-rig.ts";
import { plainRoutes } from "../support/plain-routes.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();
const rigWith = (routes: Decide) => new ExchangeRig({ config, routes });

test("architecture §5: a new configuration serves the next request; a call that is up goes on", () => {
	const rig = rigWith(() => relay("5000"));
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));

	const settings = rig.settings();
	const directory = configuredDirectory({ ...config, devices: new Map() }, rig.store);
	rig.exchange.configure(
		{ ...settings, environment: { ...settings.environment, directory } },
		rig.now,
	);
	dialog.send("ACK");
	dialog.send("BYE");
	bob.take("ACK");
	bob.answer(bob.take("BYE"), "200 OK");
	assert.equal(ann.take(200, "BYE").status, 200);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	assert.equal(ann.take(404).status, 404);
});

test("architecture §5: realm, trusted networks and fallback are those of the new configuration too", () => {
	const broken = { script: "/x.ts", place: undefined, generation: 1 };
	const rig = rigWith(({ source }) =>
		source.trusted ? { kind: "challenge" } : new ScriptError("SCRIPT_THREW", broken, "x"),
	);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	assert.match(ann.take(407).values("Proxy-Authenticate")[0] ?? "", /realm="example\.com"/);

	const settings = rig.settings();
	const untrusted = { ...config, trusted: { contains: () => false } };
	const directory = configuredDirectory(untrusted, rig.store);
	const environment = { ...settings.environment, directory };
	const digest = { ...settings.digest, realm: "other.example.org" };
	const fallback = plainRoutes(() => ({ kind: "challenge" }));
	rig.exchange.configure({ ...settings, environment, digest, fallback }, rig.now);
	ann.request("INVITE", "sip:5000@172.21.83.50");
	assert.match(ann.take(407).values("Proxy-Authenticate")[0] ?? "", /realm="other\.example\.org"/);
	assert.equal(rig.exchange.counters.scriptErrors, 1);
});

test("architecture §5: keys that were added sign new cookies; those of the old one stay good", () => {
	const rig = rigWith(() => relay("5000"));
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	ann.request("INVITE", "sip:5000@172.21.83.50");
	bob.answer(bob.take("INVITE"), "200 OK");
	const dialog = ann.caller(ann.take(200));
	const settings = rig.settings();
	const { signing } = settings.environment;
	const key = { id: 9, secret: new Uint8Array(32).fill(9) };
	const reconfigure = (all: readonly Key[]) =>
		rig.exchange.configure(
			{
				...settings,
				environment: {
					...settings.environment,
					signing: { ...signing, keys: { current: key, all } },
				},
			},
			rig.now,
		);
	reconfigure([key, ...signing.keys.all]);
	dialog.send("ACK");
	assert.equal(bob.take("ACK").method, "ACK");
	reconfigure([key]);
	dialog.send("BYE");
	assert.equal(ann.take(403).value("CSeq"), "2 BYE");
});

test("RFC 5626 §7: connections that close because we stop take no binding with them", () => {
	const rig = rigWith(() => ({ kind: "save", contacts: undefined }));
	const phone = rig.phone("7789", { host: "172.21.83.24", transport: "tcp" });
	const aor = "sip:7789@172.21.83.50";
	phone.request("REGISTER", "sip:172.21.83.50", { from: aor, to: aor });
	rig.exchange.stop();
	phone.disconnect();
	assert.equal(rig.store.bindings("7789", rig.now).length, 1);
});

test("RFC 3261 §10.3: what may not be saved: a number of nobody, of somebody else's domain, not a SIP address", () => {
	const rig = rigWith(() => ({ kind: "save", contacts: undefined }));
	const phone = rig.phone("7789", { host: "172.21.83.24" });
	const tried = (to: string) => {
		phone.request("REGISTER", "sip:172.21.83.50", { to });
		return phone.unread.pop()?.status;
	};
	assert.equal(tried("sip:nobody@172.21.83.50"), 404);
	assert.equal(tried("sip:7789@elsewhere.example.org"), 404);
	assert.equal(tried("tel:7789"), 400);
	assert.equal(tried("sips:7789@EXAMPLE.com"), 200);
});

test("RFC 3261 §10.3 step 4: whatever a script saves, a password is good for its own number only", () => {
	const rig = rigWith(({ source }) =>
		source.authenticated ? { kind: "save", contacts: undefined } : { kind: "challenge" },
	);
	const phone = rig.phone("7790", { host: "198.51.100.7" });
	const uri = "sip:172.21.83.50";
	const tried = (to: string) => {
		phone.request("REGISTER", uri, { to });
		const [challenge = ""] = phone.take(401).values("WWW-Authenticate");
		const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? "";
		const user = { username: "7790", password: "rosebud", realm: "example.com" };
		const headers = [`Authorization: ${credentials({ ...user, uri, nonce })}`];
		phone.request("REGISTER", uri, { to, headers });
		return phone.unread.pop()?.status;
	};
	assert.equal(tried("sip:7791@172.21.83.50"), 403);
	assert.equal(tried("sip:7790@172.21.83.50"), 200);
	assert.equal(rig.store.bindings("7791", rig.now).length, 0);
});

test("the exchange says when it wants to be woken, and not at all when nothing is under way", () => {
	const rig = rigWith(() => reply(404));
	assert.equal(rig.exchange.next(), undefined);
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const invite = ann.request("INVITE", "sip:x@172.21.83.50");
	const next = rig.exchange.next() ?? 0;
	assert.ok(next > rig.now && next <= rig.now + 500, "Timer G, or something sooner");
	ann.acknowledge(invite, ann.take(404));
	rig.wait(64_000);
	assert.equal(rig.exchange.next(), undefined);
});

test("RFC 3261 §22.1: the digest user is told to the script, whatever From says; the flow tells less", () => {
	const seen: (string | undefined)[] = [];
	const rig = rigWith(({ source }) => {
		seen.push(source.device);
		return reply(404);
	});
	rig.phone("6000", { host: "172.21.83.60" }).request("OPTIONS", "sip:172.21.83.50");
	rig.phone("5000", { host: "172.21.83.70" }).request("OPTIONS", "sip:172.21.83.50");
	assert.deepEqual(seen, ["5000", undefined]);
});

test("architecture §5: a generation is told how its requests ended: whoever answered them, and whatever the script said", () => {
	const rig = rigWith((_context, text) => (text.includes("x-refuse") ? reply(503) : relay("5000")));
	const ann = rig.phone("6000", { host: "172.21.83.70" });
	const bob = rig.phone("5000", { host: "172.21.83.60" });
	const uri = "sip:5000@172.21.83.50";
	ann.request("INVITE", uri);
	const invite = bob.take("INVITE");
	bob.answer(invite, "180 Ringing");
	assert.deepEqual(rig.statuses, []);
	bob.answer(invite, "200 OK");
	assert.deepEqual(rig.statuses, [200], "at once, not when its transaction has ended");
	ann.request("INVITE", uri);
	bob.answer(bob.take("INVITE"), "500 Broken");
	ann.request("INVITE", uri, { headers: ["x-refuse: yes"] });
	assert.deepEqual(rig.statuses, [200, 500, 503]);
});
