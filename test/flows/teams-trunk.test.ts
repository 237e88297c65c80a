/**
 * A trunk that speaks SIP over TLS, knows no `sips`, and wants our name in Contact and Record-Route,
 * as Microsoft Teams Direct Routing does: the configuration of examples/teams-trunk/.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ExchangeRig } from "../support/exchange-rig.ts";
import { testBed } from "../support/test-bed.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/teams-trunk/sipwright.yaml");
/** Without its pings, which would stand among the requests that are looked at. */
const bed = await testBed(readFileSync(EXAMPLE, "utf8").replace(/^ +oos-check:.*\n/m, ""));

const TEAMS = "52.112.0.9";
const CONTACT = "<sip:sip.pstnhub.microsoft.com:5061;transport=tls>";
const FQDN = "sbc.example.com:5061";

/** The trunk, and a phone of ours with each scheme; what the certificate of the trunk proves is said by the flow. */
function place() {
	const rig = bed.rig();
	const proved = { identities: ["sip.pstnhub.microsoft.com"] };
	const teams = rig.phone("teams", {
		transport: "tls",
		host: TEAMS,
		port: 5061,
		contact: CONTACT,
		...proved,
	});
	const secure = rig.phone("1001", {
		transport: "tls",
		host: "127.0.0.24",
		contact: "<sips:1001@127.0.0.24:5061>",
	});
	const plain = rig.phone("1002", { host: "127.0.0.25" });
	for (const [phone, scheme] of [
		[secure, "sips"],
		[plain, "sip"],
	] as const) {
		const aor = `${scheme}:${phone.name}@example.com`;
		phone.request("REGISTER", `${scheme}:example.com`, { from: aor, to: aor });
		assert.equal(phone.unread.pop()?.status, 200);
	}
	return { rig, teams, secure, plain };
}

/** Calls a number by the trunk; its name is looked up. */
function dial(rig: ExchangeRig, caller: VirtualPhone, scheme: "sip" | "sips"): void {
	caller.request("INVITE", `${scheme}:+15551234@example.com`, {
		from: `${scheme}:${caller.name}@example.com`,
	});
	rig.answerDns([], "SRV _sips._tcp.sip.pstnhub.microsoft.com");
	while (rig.questions.length > 0) rig.answerDns([{ type: "A", address: TEAMS }]);
}

/** What stands on the wire to the trunk has our name, and no `sips` but in the caller's own Via and body. */
function assertTeamsWire(messages: readonly WireMessage[]): void {
	assert.ok(messages.length > 0);
	for (const message of messages) {
		const places = [
			message.uri,
			...["From", "To", "Contact", "Record-Route", "Route"].flatMap((name) => message.values(name)),
		];
		assert.doesNotMatch(places.join(), /sips:/i, message.text);
		for (const contact of message.values("Contact"))
			assert.match(contact, /^<sip:[^@]*@?sbc\.example\.com:5061;transport=tls[;>]/, message.text);
		if (message.method !== undefined)
			assert.match(message.vias[0] ?? "", /^SIP\/2\.0\/TLS sbc\.example\.com:5061;/);
	}
}

for (const scheme of ["sips", "sip"] as const)
	test(`secure-signaling G21a T13: a ${scheme} phone calls a Teams trunk: sip over TLS, our name in Via, Contact and Record-Route, marked transport=tls`, () => {
		const { rig, teams, secure, plain } = place();
		const caller = scheme === "sips" ? secure : plain;
		dial(rig, caller, scheme);
		const came = teams.take("INVITE");
		assert.match(came.uri, /^sip:\+15551234@sip\.pstnhub\.microsoft\.com(:5061)?;transport=tls$/);
		assert.match(came.recordRoutes[0] ?? "", new RegExp(`^<sip:${FQDN};transport=tls;`));

		teams.answer(came, "183 Session Progress");
		teams.answer(came, "200 OK");
		const ok = caller.take(200, "INVITE");
		const [a, b] = [caller.caller(ok), teams.callee(came)];
		assert.match(ok.value("Contact"), new RegExp(`^<${scheme}:`));
		a.send("ACK");
		assert.match(teams.take("ACK").uri, /^sip:sip\.pstnhub\.microsoft\.com:5061;transport=tls$/);
		a.send("INVITE");
		teams.answer(teams.take("INVITE"), "200 OK");
		caller.take(200, "INVITE");
		a.send("ACK");
		teams.take("ACK");

		b.send("BYE");
		const bye = caller.take("BYE");
		assert.match(bye.uri, new RegExp(`^${scheme}:${caller.name}@127\\.0\\.0\\.`));
		caller.answer(bye, "200 OK");
		teams.take(200, "BYE");
		assertTeamsWire(teams.received);
	});

test("secure-signaling T13 W5: a call from a Teams trunk to a sips phone: the trunk sees sip, our name, and the marker", () => {
	const { teams, secure } = place();
	// Forwarded by a user of Teams: the caller has a number of ours.
	teams.request("INVITE", `sip:1001@${FQDN};transport=tls`, {
		from: "sip:1002@sip.pstnhub.microsoft.com",
	});
	const came = secure.take("INVITE");
	assert.equal(came.uri, "sips:1001@127.0.0.24:5061");
	secure.answer(came, "180 Ringing");
	secure.answer(came, "200 OK");
	const ok = teams.take(200, "INVITE");
	assert.match(ok.recordRoutes[0] ?? "", new RegExp(`^<sip:${FQDN};transport=tls;`));
	const [a, b] = [teams.caller(ok), secure.callee(came)];
	a.send("ACK");
	assert.equal(secure.take("ACK").uri, "sips:1001@127.0.0.24:5061");
	b.send("INVITE");
	teams.answer(teams.take("INVITE"), "200 OK");
	secure.take(200, "INVITE");
	b.send("ACK");
	teams.take("ACK");
	b.send("BYE");
	teams.answer(teams.take("BYE"), "200 OK");
	secure.take(200, "BYE");
	assertTeamsWire(teams.received);
	for (const message of secure.received)
		if (message.method !== undefined) assert.match(message.uri, /^sips:/, message.text);
});

test("architecture §6: what comes from the Teams trunk goes to no other trunk", () => {
	const { teams } = place();
	teams.request("INVITE", `sip:+15559876@${FQDN}`, {
		from: "sip:+15551234@sip.pstnhub.microsoft.com",
	});
	assert.equal(teams.unread.pop()?.status, 403);
});
