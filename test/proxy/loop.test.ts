import assert from "node:assert/strict";
import { test } from "node:test";
import type { Request } from "../../core/message/message.ts";
import {
	earlierWays,
	isLoop,
	statefulBranch,
	statelessBranch,
	type Way,
} from "../../core/proxy/loop.ts";
import { environment, type Parts, request } from "./fixtures.ts";

const WAY: Way = { uri: "sip:5000@172.21.83.60:5060", edits: [] };
const OURS = "SIP/2.0/UDP 172.21.83.50:5060";

/** The request as it comes back: under our Via with the branch it was given, and one from outside. */
function comesBack(sent: Parts, changes: Parts = {}, ours = OURS) {
	const branch = statefulBranch(request(sent), WAY, environment);
	const lines = [
		`Via: ${ours};branch=${branch};rport`,
		"Via: SIP/2.0/UDP 172.21.83.70:5060;branch=x",
	];
	const via = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKback";
	return request({ ...sent, ...changes, via, lines: [...lines, ...(changes.lines ?? [])] });
}

function loops(back: Request, way = WAY): boolean {
	return isLoop(earlierWays(back, environment), back, way);
}

test("RFC 3261 §16.6 step 8 PX-40: a stateful branch is unique, starts with the cookie and ends with what routing saw", () => {
	const [one, two] = [request(), request()].map((sent) => statefulBranch(sent, WAY, environment));
	assert.ok(one && two && one !== two);
	assert.match(one, /^z9hG4bK[0-9a-f]{32}$/);
	assert.equal(one.slice(-16), two.slice(-16));
});

test("RFC 5393 §4.2.2 PX-78: a request that comes back unchanged is a loop", () => {
	const back = comesBack({});
	assert.ok(loops(back));
	assert.ok(!loops(request()));
});

test("RFC 5393 §4.2.1 PX-78: one that comes back changed where routing looks is a spiral, and passes", () => {
	const spirals: readonly Parts[] = [
		{ uri: "sip:5001@172.21.83.50" },
		{ uri: "sip:5000@172.21.83.50;user=phone" },
		{ lines: ["Route: <sip:172.21.83.50;lr>"] },
		{ from: "<sip:6000@172.21.83.70>;tag=other" },
		{ to: "<sip:5000@172.21.83.50>;tag=t" },
		{ callId: "call-2" },
		{ cseq: 2 },
	];
	for (const changes of spirals) assert.ok(!loops(comesBack({}, changes)), JSON.stringify(changes));
});

test("RFC 5393 §4.2.1 PX-78: whatever a script decides on shows in its decision: the same request on another way is a spiral", () => {
	const back = comesBack({});
	assert.ok(!loops(back, { ...WAY, uri: "sip:5001@172.21.83.60:5060" }));
	const edit = { op: "set", name: "X-Stage", value: "2" } as const;
	assert.ok(!loops(back, { ...WAY, edits: [edit] }));
	assert.ok(
		loops(back, { ...WAY, uri: "sips:5000@172.21.83.60:5060" }),
		"sip and sips are one way",
	);
});

test("RFC 5393 §4.2.1 PX-78: the method and Max-Forwards do not count, nor does sip against sips", () => {
	assert.ok(loops(comesBack({}, { method: "ACK", maxForwards: "3" })));
	assert.ok(loops(comesBack({}, { uri: "sips:5000@172.21.83.50" })));
	assert.ok(loops(comesBack({}, { uri: "SIPS:5000@172.21.83.50" })));
});

test("RFC 5393 §4.2.2 PX-79: only a Via of ours is looked into, each of them", () => {
	assert.ok(!loops(comesBack({}, {}, "SIP/2.0/UDP 198.51.100.1:5060")));
	const through = "SIP/2.0/TLS 172.21.83.50:5314";
	assert.ok(loops(comesBack({}, {}, through)), "whatever listener it left from");
	assert.ok(loops(comesBack({}, {}, "SIP/2.0/UDP 172.21.83.50")), "5060 unsaid");
	assert.ok(!loops(comesBack({}, {}, "SIP/2.0/TLS 172.21.83.50")), "5061 is not ours");
	const mixed = comesBack({}, { lines: [`Via: ${OURS};branch=z9hG4bKolder`, "Via: ;odd"] });
	assert.ok(loops(mixed));
});

test("RFC 3261 §16.11 PX-76: a stateless branch is the same for a repeat and another for another request", () => {
	const branch = statelessBranch(request({ method: "ACK" }));
	assert.match(branch, /^z9hG4bK[0-9a-f]{32}$/);
	assert.equal(statelessBranch(request({ method: "ACK" })), branch);
	const others: readonly Parts[] = [
		{ via: "SIP/2.0/UDP 172.21.83.70:5060;branch=z9hG4bKa2" },
		{ to: "<sip:5000@172.21.83.50>;tag=t" },
		{ callId: "call-2" },
		{ cseq: 2 },
		{ from: "<sip:6000@172.21.83.70>" },
	];
	const branches = others.map((parts) => statelessBranch(request({ method: "ACK", ...parts })));
	assert.equal(new Set([branch, ...branches]).size, others.length + 1);
});
