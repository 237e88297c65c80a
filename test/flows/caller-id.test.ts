import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed(`
listen: [udp:172.21.83.50:5060]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  "1001": { type: Extension, contact: "*" }
  "1002": { type: Extension, contact: "*", password: "rosebud" }
  "5000": { type: Extension, contact: "sip:172.21.83.60" }
  gw:     { type: Trunk, prefix: "8", contact: "sip:10.0.0.1" }
  out:    { type: Trunk, prefix: "9", contact: "sip:10.0.0.2" }
`);

/** What a caller at this address is answered that says it is `user`; `called` when the call goes on. */
function answered(user: string, uri: string, host: string, headers: readonly string[] = []) {
	const rig = bed.rig();
	const caller = rig.phone(user, { host });
	const others = ["172.21.83.60", "10.0.0.2"].map((at) => rig.phone(at, { host: at }));
	caller.request("INVITE", uri, { from: `sip:${user}@172.21.83.50`, headers });
	const called = others.some(({ received }) => received.length > 0);
	return called ? "called" : caller.unread[0]?.status;
}

test("architecture §6: no toll fraud: a trunk reaches our phones whatever its caller id, and nothing else", () => {
	for (const user of ["1001", "1002", "5000", "6000"]) {
		const route = ["Route: <sip:elsewhere.example.org;lr>"];
		assert.equal(answered(user, "sip:5000@172.21.83.50", "10.0.0.1"), "called", user);
		assert.equal(answered(user, "sip:9555@172.21.83.50", "10.0.0.1"), 403, user);
		assert.equal(answered(user, "sip:x@10.0.0.2", "10.0.0.1"), 403, user);
		assert.equal(answered(user, "sip:5000@172.21.83.50", "10.0.0.1", route), 403, user);
	}
});

test("architecture §6: a trusted caller that is no trunk reaches all of that, but for nobody's password", () => {
	for (const uri of ["sip:9555@172.21.83.50", "sip:x@10.0.0.2"]) {
		assert.equal(answered("6000", uri, "172.21.83.70"), "called", uri);
		assert.equal(answered("1002", uri, "172.21.83.60"), 407, uri);
	}
});
