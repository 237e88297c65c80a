import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeaderEdit } from "../../core/proxy/decision.ts";
import { relay } from "../support/decisions.ts";
import type { Decide, ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import { assertUntouched } from "../support/untouched.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const bed = await testBed(`
listen: ["udp:172.21.83.50:5060"]
trusted: [172.21.83.0/24]
devices:
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60:5060" }
  "5001": { type: Extension, contact: "sip:5001@198.51.100.1:5060" }
  "5002": { type: Extension, contact: "sip:5002@198.51.100.2:5060" }
  "1":    { type: Trunk, prefix: "9", contact: "sip:203.0.113.1:5060" }
`);

const ASSERTED = 'P-Asserted-Identity: "Ann" <sip:6000@172.21.83.50>, <tel:+15550100>';
const WHO = ["P-Asserted-Identity", "P-Preferred-Identity", "Privacy"] as const;

type Place = "near" | "far" | "elsewhere" | "trunk";

function phones(rig: ExchangeRig): Record<Place, VirtualPhone> {
	return {
		near: rig.phone("5000", { host: "172.21.83.60" }),
		far: rig.phone("5001", { host: "198.51.100.1" }),
		elsewhere: rig.phone("5002", { host: "198.51.100.2" }),
		trunk: rig.phone("1", { host: "203.0.113.1" }),
	};
}

const NAMES = { near: "5000", far: "5001", elsewhere: "5002", trunk: "1" } as const;

/** Lines about identity that are left of those sent from one place to another. */
function crossing(
	from: Place,
	to: Place,
	headers: readonly string[],
	edits: readonly HeaderEdit[] = [],
): string[] {
	const routes: Decide = () => ({ ...relay(NAMES[to]), edits });
	const places = phones(bed.rig({ routes }));
	places[from].request("INVITE", "sip:x@172.21.83.50", { headers });
	const invite = places[to].take("INVITE");
	return invite.lines.filter((line) => WHO.some((name) => line.startsWith(name)));
}

function set(name: string, value: string): HeaderEdit {
	return { op: "set", name, value };
}

test("RFC 3325 §5 OT-15: an identity asserted by somebody we do not trust is taken out, one by those we trust stays as it is", () => {
	assert.deepEqual(crossing("far", "near", [ASSERTED]), []);
	assert.deepEqual(
		crossing("far", "elsewhere", ["P-asserted-IDENTITY: <sip:ceo@h>", ASSERTED]),
		[],
	);
	assert.deepEqual(crossing("near", "far", [ASSERTED]), [ASSERTED]);
	assert.deepEqual(crossing("trunk", "near", [ASSERTED]), [ASSERTED]);
	assert.deepEqual(crossing("near", "trunk", [ASSERTED]), [ASSERTED]);
});

test("RFC 3325 §6 OT-15: P-Preferred-Identity is a hint for the first proxy and goes no further", () => {
	const preferred = "P-Preferred-Identity: <sip:6000@h>";
	assert.deepEqual(crossing("far", "near", [preferred]), []);
	assert.deepEqual(crossing("near", "near", [preferred, ASSERTED]), [ASSERTED]);
});

test("RFC 3325 §7 §9.3, RFC 3323 §5 OT-15: Privacy: id keeps an asserted identity among those we trust; none and nothing let it pass", () => {
	for (const privacy of ["Privacy: id", "Privacy: user; ID ;critical"]) {
		assert.deepEqual(crossing("near", "far", [ASSERTED, privacy]), [privacy]);
		assert.deepEqual(crossing("near", "trunk", [ASSERTED, privacy]), [ASSERTED, privacy]);
	}
	const rows = ["Privacy: user", "Privacy: id"];
	assert.deepEqual(crossing("near", "far", [ASSERTED, ...rows]), rows);
	for (const privacy of ["Privacy: none", "Privacy: header"])
		assert.deepEqual(crossing("near", "far", [ASSERTED, privacy]), [ASSERTED, privacy]);
	assert.deepEqual(crossing("far", "near", ["Privacy: none", ASSERTED]), ["Privacy: none"]);
});

test("RFC 3325 §5 §7 OT-15: what a script asserts takes the place of a claim, and is hidden where privacy is asked for", () => {
	const ours = set("P-Asserted-Identity", "<sip:5001@example.com>");
	const line = "P-Asserted-Identity: <sip:5001@example.com>";
	assert.deepEqual(crossing("far", "near", [], [ours]), [line]);
	assert.deepEqual(crossing("far", "near", [ASSERTED], [ours]), [line]);
	assert.deepEqual(crossing("far", "near", [ASSERTED], [{ ...ours, op: "add" }]), [line]);
	assert.deepEqual(crossing("far", "elsewhere", ["Privacy: id"], [ours]), ["Privacy: id"]);
	const hide = [ours, set("Privacy", "id")];
	assert.deepEqual(crossing("far", "elsewhere", [ASSERTED], hide), ["Privacy: id"]);
	assert.deepEqual(crossing("near", "far", [ASSERTED, "Privacy: id"], [set("Privacy", "none")]), [
		ASSERTED,
		"Privacy: none",
	]);
});

test("RFC 3325 §5 OT-15: the same holds for responses and inside the dialog", () => {
	const { near, far } = phones(bed.rig({ routes: () => relay("5001") }));
	near.request("INVITE", "sip:x@172.21.83.50");
	const invite = far.take("INVITE");
	far.answer(invite, "180 Ringing", { headers: [ASSERTED] });
	assert.deepEqual(near.take(180).values("P-Asserted-Identity"), []);
	far.answer(invite, "200 OK", { headers: [ASSERTED] });
	const final = near.take(200);
	assert.deepEqual(final.values("P-Asserted-Identity"), []);
	near.caller(final).send("INVITE", [ASSERTED, "Privacy: id"]);
	const again = far.take("INVITE");
	assert.deepEqual(again.values("P-Asserted-Identity"), []);
	far.callee(invite).send("UPDATE", [ASSERTED]);
	const update = near.take("UPDATE");
	assert.deepEqual(update.values("P-Asserted-Identity"), []);
	near.answer(update, "200 OK", { headers: [ASSERTED] });
	assert.equal(far.take(200, "UPDATE").values("P-Asserted-Identity").length, 1);
});

test("RFC 8224 §4.1 §8.5 §12.1 OT-16: what an Identity signs crosses byte for byte: Date, From, To, SDP, in each direction", () => {
	const { near, far } = phones(bed.rig({ routes: () => relay("5001") }));
	const signed = [
		"Date: Fri, 25 Sep 2026 19:12:25 GMT",
		"Identity: eyJhbGciOiJFUzI1NiJ9.e30.c2ln;info=<https://a.example/c.cer>;alg=ES256;ppt=shaken",
		"y:  eyJ0eXAiOiJwYXNzcG9ydCJ9..c2ln ;info=<https://b.example/c.cer>",
	];
	const body = "v=0\r\na=fingerprint:sha-256 4A:AD:B9\r\nc=IN IP4 192.0.2.1\r\n";
	const from = "sip:+15550100@172.21.83.50;user=phone";
	const sent = near.request("INVITE", "sip:+15550199@172.21.83.50", {
		from,
		headers: signed,
		body,
	});
	const invite = far.take("INVITE");
	assertUntouched(sent, invite);
	const answered = far.answer(invite, "200 OK", { headers: signed, body });
	assertUntouched(answered, near.take(200));
});
