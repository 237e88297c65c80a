import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed(`
listen: [udp:172.21.83.50:5060]
trusted: [172.21.83.0/24, 10.0.0.0/24]
devices:
  gw:   { type: Trunk, prefix: "8", contact: "sip:10.0.0.1" }
  out:  { type: Trunk, prefix: "9", replace-prefix: "", contact: "sip:10.0.0.2" }
  intl: { type: Trunk, prefix: "90", replace-prefix: "+", contact: "sip:10.0.0.3" }
  loud: { type: Trunk, prefix: "7", replace-prefix: "77", contact: "sip:10.0.0.4" }
`);

/** What the trunk at this address is asked for when the number is dialled. */
function dialled(number: string, host: string): string {
	const rig = bed.rig();
	const trunk = rig.phone("trunk", { host });
	rig.phone("6000", { host: "172.21.83.70" }).request("INVITE", `sip:${number}@172.21.83.50`);
	return trunk.take("INVITE").uri;
}

test("secure-signaling G14: a trunk is dialled by its prefix, the longest first, which stays unless it is replaced", () => {
	assert.equal(dialled("8123", "10.0.0.1"), "sip:8123@10.0.0.1");
	assert.equal(dialled("95551234", "10.0.0.2"), "sip:5551234@10.0.0.2");
	assert.equal(dialled("9049123", "10.0.0.3"), "sip:+49123@10.0.0.3");
});

test("secure-signaling G14: a prefix is replaced once, even where what is left begins with it again", () => {
	assert.equal(dialled("9955", "10.0.0.2"), "sip:955@10.0.0.2");
	assert.equal(dialled("71", "10.0.0.4"), "sip:771@10.0.0.4");
});
