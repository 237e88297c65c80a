/** Our URI in a Path, and the flow token in it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFlow } from "../../core/leg/flow-token.ts";
import { LegError } from "../../core/leg/leg-error.ts";
import { pathValue, readPathUri } from "../../core/leg/path-uri.ts";
import { seal } from "../../core/leg/seal.ts";
import { parseUri } from "../../core/message/uri.ts";
import { flow, signing, signingWith } from "./fixtures.ts";

const HERE = "sip:10.0.0.5:5060;transport=tcp";
const phone = flow("tls", "192.0.2.7", 40_112, 9);

/** The URI of a Path value. */
const uriOf = (value: string) => parseUri(value.slice(1, -1));

test("RFC 5626 §5.1 RFC 3327 §5.2: a Path URI is our address with the token as its user, lr and ob", () => {
	const value = pathValue(phone, HERE, signing);
	assert.match(value, /^<sip:[A-Za-z0-9_-]+@10\.0\.0\.5:5060;transport=tcp;lr;ob>$/);
	assert.match(pathValue(phone, "sips:[::1]:5061", signing), /^<sips:[^@]+@\[::1\]:5061;lr;ob>$/);
});

test("RFC 5626 §5.2 PX-106: the flow of every transport is read back from its token, with or without ob", () => {
	const flows = [
		phone,
		flow("udp", "192.0.2.7", 5060),
		flow("tcp", "2001:db8::7", 5060, 70_000),
		flow("wss", "192.0.2.7", 50_000, 3),
	];
	for (const one of flows) {
		const value = pathValue(one, HERE, signing);
		assert.deepEqual(readPathUri(uriOf(value), signing), { ...one, stale: false });
		const without = uriOf(value.replace(";ob", ""));
		assert.deepEqual(readPathUri(without, signing), { ...one, stale: false });
	}
});

test("RFC 5626 §5.2 PX-106: another process with the same keys sees a connection as gone, and a UDP flow as it is", () => {
	const other = signingWith([3], 0x0bad_cafe);
	const udp = flow("udp", "192.0.2.7", 5060);
	const read = (value: string) => readPathUri(uriOf(value), other);
	assert.deepEqual(read(pathValue(phone, HERE, signing)), { ...phone, connection: 0, stale: true });
	assert.deepEqual(read(pathValue(udp, HERE, signing)), { ...udp, stale: false });
});

test("RFC 5626 §5.3.1 PX-108: a token with any bit changed, cut, or made for another purpose is refused", () => {
	const value = pathValue(phone, HERE, signing);
	const token = uriOf(value).user ?? "";
	const forged = [...token].map(
		(letter, at) => token.slice(0, at) + (letter === "A" ? "B" : "A") + token.slice(at + 1),
	);
	const body = encodeFlow(phone, signing.boot);
	const none = { callId: "", tag: "" };
	const wrong = [token.slice(1), token.slice(0, -4), "1001", seal("x5", body, none, signing)];
	for (const user of [...forged, ...wrong, seal("flow", `${body}x`, none, signing)])
		assert.throws(() => readPathUri(parseUri(`sip:${user}@10.0.0.5;lr;ob`), signing), LegError);
	assert.throws(() => readPathUri(uriOf(value), signingWith([4])), LegError);
});

test("RFC 3261 §16.4: the outbound proxy of a phone has no token, whoever it names", () => {
	for (const uri of ["sip:10.0.0.5;lr", "sip:1001@10.0.0.5;lr", "sip:10.0.0.5;lr;ob"])
		assert.equal(readPathUri(parseUri(uri), signing), undefined);
});
