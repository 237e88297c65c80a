/** User agents that end a call when they see the other scheme: one that insists on sips calls one that refuses it, and back. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { answer, message } from "../support/dialog.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { freePort, ownHost } from "../support/ports.ts";
import { udpPeer } from "../support/sip-peer.ts";
import { StrictUserAgent } from "../support/strict-user-agent.ts";

const certificate = loopbackCertificate();
const USERS = { sips: "5001", sip: "5000" };

for (const [scheme, mode] of [
	["sips", "contact: scheme"],
	["sip", "contact: scheme"],
	["sips", "contact: anchor"],
	["sip", "contact: anchor, record-route: no"],
] as const)
	for (const ends of ["caller", "callee"] as const)
		test(`secure-signaling G7a G7b E7 E8: a strict ${scheme} user agent calls a strict one of the other scheme with ${mode}, re-INVITE and UPDATE from both, the ${ends} hangs up`, async (t) => {
			const { agents, host } = await bed(t, mode);
			const caller = agents[scheme];
			const callee = agents[scheme === "sips" ? "sip" : "sips"];
			const called = callee.asked("ACK");
			assert.equal(await caller.call(`${scheme}:${USERS[callee.scheme]}@${host}`), 200);
			await called;
			for (const [one, other] of [
				[caller, callee],
				[callee, caller],
			] as const) {
				const acknowledged = other.asked("ACK");
				assert.equal(await one.request("INVITE"), 200);
				await acknowledged;
				assert.equal(await one.request("UPDATE"), 200);
			}
			const ending = ends === "caller" ? caller : callee;
			assert.equal(await ending.request("BYE"), 200);
			assert.deepEqual([caller.refusals, callee.refusals], [[], []]);
		});

for (const [scheme, other] of [
	["sips", "sip"],
	["sip", "sips"],
] as const)
	test(`RFC 3261 §12.1.1: the strict ${scheme} user agent refuses ${other} in Contact, and ends a call whose top Record-Route has it`, async (t) => {
		const peer = closing(t, await udpPeer(), (one) => one.close());
		const where = { host: ownHost(), port: 5060 };
		const agent = new StrictUserAgent({ scheme, user: "5000", ...where });
		closing(t, agent, (one) => one.stop());
		const at = `127.0.0.1:${peer.port}`;
		const invite = message(`INVITE ${scheme}:5000@${where.host} SIP/2.0`, [
			`Via: SIP/2.0/UDP ${at};branch=z9hG4bKa`,
			`From: <${scheme}:a@${at}>;tag=a`,
			`To: <${scheme}:5000@${where.host}>`,
			"Call-ID: refused",
			"CSeq: 1 INVITE",
			`Contact: <${other}:a@${at}>`,
		]);
		peer.send(invite, where.port, where.host);
		const refusal = await peer.response(480, "INVITE");
		assert.match(refusal.value("Warning"), scheme === "sips" ? /^381 / : /^380 /);

		const called = agent.call(`${scheme}:a@${at}`);
		const call = await peer.request("INVITE");
		const headers = [`Contact: <${scheme}:a@${at}>`, `Record-Route: <${other}:${at};lr>`];
		peer.send(answer(call, "200 OK", { tag: "b", headers }));
		await peer.request("ACK");
		peer.send(answer(await peer.request("BYE"), "200 OK"));
		await called;
		assert.deepEqual(agent.refusals, [
			`INVITE: Contact ${other}:a@${at}`,
			`200 INVITE: Record-Route ${other}:${at};lr`,
		]);
	});

async function bed(t: TestContext, mode: string) {
	const own = await certificate;
	const hosts = { sips: ownHost(), sip: ownHost() };
	const ports = { sips: await freePort(hosts.sips), sip: await freePort(hosts.sip) };
	const { host } = await startOwnProxy(t, {
		devices: (["sips", "sip"] as const).map(
			(scheme) =>
				`"${USERS[scheme]}": { type: Extension, contact: "${scheme}:${hosts[scheme]}:${ports[scheme]}" }`,
		),
		signaling: mode,
		certificate: own,
	});
	const start = (scheme: "sip" | "sips") => {
		const secure = scheme === "sips" ? { certificate: own } : {};
		const where = { host: hosts[scheme], port: ports[scheme] };
		const agent = new StrictUserAgent({ scheme, user: USERS[scheme], ...where, ...secure });
		return closing(t, agent, (one) => one.stop());
	};
	return { host, agents: { sips: start("sips"), sip: start("sip") } };
}
