/** The dialog cookie and the flow tokens in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "../../core/base/flow.ts";
import { ByteReader } from "../../core/leg/bytes.ts";
import { type Cookie, type Holder, openCookie, signCookie } from "../../core/leg/cookie.ts";
import { decodeFlow, encodeFlow, sameFlow } from "../../core/leg/flow-token.ts";
import { seal } from "../../core/leg/seal.ts";
import { seeded } from "../support/seeded.ts";
import { flow, key, signing, signingWith } from "./fixtures.ts";

const dialog = { callId: "75b148-185315ac@host", tag: "74cc50-185315ac" };
const phone = flow("udp", "172.21.83.60", 5060);
const cookie: Cookie = {
	...{ caller: "sips", callee: "sip", from0: "sips", to0: "SIPS", nonce: 0xbeef },
	callerFlow: flow("tls", "172.21.83.24", 40_112, 9),
	calleeFlow: phone,
};

const alive = (one: Flow | undefined) => one && { ...one, stale: false };

test("secure-signaling §3.4: a cookie gives back both schemes, both tokens, the nonce, the flows and its holder", () => {
	for (const holder of ["caller", "callee", "both"] as const) {
		const text = signCookie({ cookie, dialog, signing }, holder);
		assert.match(text, /^[A-Za-z0-9_-]+$/);
		assert.deepEqual(openCookie(text, dialog, signing), {
			...cookie,
			holder,
			callerFlow: alive(cookie.callerFlow),
			calleeFlow: alive(cookie.calleeFlow),
		});
	}
});

test("secure-signaling §3.4: a cookie of a plain UDP call takes 43 characters", () => {
	const plain: Cookie = { ...cookie, caller: "sip", callerFlow: phone };
	assert.equal(signCookie({ cookie: plain, dialog, signing }, "both").length, 43);
});

test("secure-signaling 5.9-9 PX-35: any changed bit of a cookie is refused", () => {
	const text = signCookie({ cookie, dialog, signing }, "callee");
	for (let at = 0; at < text.length; at += 1) {
		for (let bit = 0; bit < 8; bit += 1) {
			const changed = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit));
			const forged = text.slice(0, at) + changed + text.slice(at + 1);
			assert.equal(openCookie(forged, dialog, signing), undefined, forged);
		}
	}
	for (const forged of ["", "A", text.slice(1), text.slice(0, -1), `${text}A`, `${text}AAAA`])
		assert.equal(openCookie(forged, dialog, signing), undefined, forged);
});

test("secure-signaling §3.4: a cookie of another call or another caller's tag is refused; tags match without case (MSG-16)", () => {
	const text = signCookie({ cookie, dialog, signing }, "both");
	assert.equal(openCookie(text, { ...dialog, callId: "other" }, signing), undefined);
	assert.equal(
		openCookie(text, { ...dialog, callId: dialog.callId.toUpperCase() }, signing),
		undefined,
	);
	assert.equal(openCookie(text, { ...dialog, tag: "other" }, signing), undefined);
	assert.notEqual(
		openCookie(text, { ...dialog, tag: dialog.tag.toUpperCase() }, signing),
		undefined,
	);
});

test("secure-signaling E14 §3.4: the newest key signs, older ones still verify, a retired one does not", () => {
	const text = signCookie({ cookie, dialog, signing: signingWith([1]) }, "both");
	assert.notEqual(openCookie(text, dialog, signingWith([1, 2])), undefined);
	assert.equal(openCookie(text, dialog, signingWith([2, 3])), undefined);
	const newer = signCookie({ cookie, dialog, signing: signingWith([1, 2]) }, "both");
	assert.equal(openCookie(newer, dialog, signingWith([1])), undefined);
	assert.notEqual(openCookie(newer, dialog, signingWith([2])), undefined);
	assert.notEqual(openCookie(newer, dialog, signingWith([1, 2])), undefined);
});

test("secure-signaling §3.4: what a later version signed is not understood, so it does not fit", () => {
	const body = "\x0c\x01\x01\x00\x01";
	const sealed = (text: string, by = signing) => seal("x5", text, dialog, by);
	assert.notEqual(openCookie(sealed(body), dialog, signing), undefined);
	assert.equal(openCookie(sealed(`${body}more`), dialog, signing), undefined);
	assert.equal(openCookie(sealed(`\x4c${body.slice(1)}`), dialog, signing), undefined);
	assert.equal(openCookie(sealed(`\x00${body.slice(1)}`), dialog, signing), undefined);
	// Key id 3 with the version one higher: only the version tells it from a value of ours.
	const newer = { ...key(3), id: 0x23 };
	const later = { ...signing, keys: { current: newer, all: [newer] } };
	assert.equal(openCookie(sealed(body, later), dialog, signing), undefined);
});

test("OT-24 PX-106: after a restart a UDP flow lives, a connection is known to be gone and its address kept", () => {
	const text = signCookie({ cookie, dialog, signing }, "both");
	const opened = openCookie(text, dialog, signingWith([3], 0x9999_9999));
	assert.deepEqual(opened?.calleeFlow, alive(cookie.calleeFlow));
	assert.deepEqual(opened?.callerFlow, { ...cookie.callerFlow, connection: 0, stale: true });
	assert.equal(opened?.caller, "sips");
});

test("secure-signaling §3.4: a cookie written again from an opened one keeps a stale flow stale", () => {
	const later = signingWith([3], 1);
	const opened = openCookie(signCookie({ cookie, dialog, signing }, "both"), dialog, later);
	assert.ok(opened);
	const again = openCookie(
		signCookie({ cookie: opened, dialog, signing: later }, "both"),
		dialog,
		later,
	);
	assert.deepEqual(again, opened);
});

const FLOWS: readonly Flow[] = [
	flow("udp", "10.0.0.1", 5060),
	flow("tcp", "255.0.10.1", 65_535, 1),
	flow("tls", "2001:db8::1", 1, 300),
	flow("tls", "::1", 5061, 2 ** 40),
	flow("ws", "2001:db8:1:2:3:4:5:6", 8080, 5),
	flow("wss", "1::", 443, 2 ** 49 - 1),
	flow("tcp", "fe80::1%eth0", 5060, 2),
	flow("udp", "::ffff:10.0.0.1", 5060),
	{ ...flow("tls", "10.0.0.1", 5061, 0), serverName: "sip.example.com", listener: 300 },
];

for (const one of FLOWS)
	test(`RFC 5626 §5.2: the flow token of ${one.transport}:${one.host}:${one.port}/${one.connection} gives it back`, () => {
		const reader = new ByteReader(encodeFlow(one, 7));
		assert.deepEqual(decodeFlow(reader, 7), alive(one));
		assert.ok(reader.complete);
	});

test("RFC 5626 §5.2: a token cut short or of an unknown transport is no flow", () => {
	const token = encodeFlow(flow("tls", "2001:db8::1", 1, 300), 7);
	for (let length = 0; length < token.length; length += 1)
		assert.equal(decodeFlow(new ByteReader(token.slice(0, length)), 7), undefined);
	assert.equal(decodeFlow(new ByteReader(`\x07${token.slice(1)}`), 7), undefined);
});

test("secure-signaling §3.4: connection 0 is any connection to that address; another connection or port is another flow", () => {
	const seen = flow("tcp", "10.0.0.1", 40_000, 3);
	assert.ok(sameFlow(seen, { ...seen }));
	assert.ok(sameFlow({ ...seen, connection: 0 }, seen));
	assert.ok(!sameFlow({ ...seen, connection: 4 }, seen));
	assert.ok(!sameFlow({ ...seen, port: 40_001 }, seen));
	assert.ok(!sameFlow({ ...seen, host: "10.0.0.2" }, seen));
	assert.ok(!sameFlow({ ...seen, transport: "tls" }, seen));
	assert.ok(!sameFlow({ ...seen, listener: 5 }, seen));
});

test("secure-signaling 5.9-9: random cookies open to what was signed, random bytes never open", () => {
	for (let seed = 1; seed <= 500; seed += 1) {
		const random = seeded(seed);
		const one: Cookie = {
			caller: random.pick(["sip", "sips"]),
			callee: random.pick(["sip", "sips"]),
			from0: random.pick(["", "sip", "SiP", "sips", "SIPS", "sIpS"]),
			to0: random.pick(["", "sip", "sips", "Sip"]),
			nonce: random.below(65_536),
			callerFlow: random.pick([undefined, ...FLOWS]),
			calleeFlow: random.pick([undefined, ...FLOWS]),
		};
		const holder: Holder = random.pick(["caller", "callee", "both"]);
		const of = { callId: random.hex(20), tag: random.pick(["", random.hex(8)]) };
		const opened = openCookie(
			signCookie({ cookie: one, dialog: of, signing }, holder),
			of,
			signing,
		);
		const flows = { callerFlow: alive(one.callerFlow), calleeFlow: alive(one.calleeFlow) };
		assert.deepEqual(opened, { ...one, holder, ...flows }, `seed ${seed}`);
		const noise = Buffer.from(random.hex(2 * random.below(80)), "hex").toString("base64url");
		assert.equal(openCookie(noise, of, signing), undefined, `seed ${seed}`);
	}
});
