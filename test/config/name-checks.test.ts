/** Which check the TLS server of a host has to pass. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nameChecks } from "../../core/config/name-checks.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig(`
listen: [tls:192.0.2.1:5061]
secure-signaling: { name-check: https }
devices:
  strict: { type: Trunk, prefix: "1", contact: "sips:Fly.example.com;transport=tls", secure-signaling: { name-check: rfc5922 } }
  six:    { type: Trunk, prefix: "2", contact: "sips:[2001:DB8::1];transport=tls", secure-signaling: { name-check: off } }
  four:   { type: Trunk, prefix: "3", contact: "sip:192.0.2.9:5061;transport=tls", secure-signaling: { name-check: off } }
  loose:  { type: Trunk, prefix: "4", contact: "sips:shared.example.com", secure-signaling: { name-check: off } }
  firm:   { type: Trunk, prefix: "5", contact: "sips:shared.example.com:5071", secure-signaling: { name-check: rfc5922 } }
  looser: { type: Trunk, prefix: "6", contact: "sips:shared.example.com:5072", secure-signaling: { name-check: https } }
`);
const check = nameChecks(config.devices.values(), config.secureSignaling);

for (const [title, host, expected] of [
	["a device has its own check, its host in any case", "FLY.example.com", "rfc5922"],
	["with a final dot, as the URI may have it", "fly.example.com.", "rfc5922"],
	["an IPv6 address, as it is connected to", "2001:db8::1", "off"],
	["the same in brackets, in another spelling", "[2001:db8:0::1]", "off"],
	["an IPv4 address", "192.0.2.9", "off"],
	["any other host has the default", "elsewhere.example.com", "https"],
	["the strictest counts where devices share a host", "shared.example.com", "rfc5922"],
] as const)
	test(`RFC 5922 §7.2, secure-signaling T29: ${title}`, () => assert.equal(check(host), expected));
