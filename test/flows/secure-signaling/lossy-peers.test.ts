/** Peers that do not give back what they were given: unknown URI parameters, or whole Route entries (RFC 3261 §12.2.1.1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertCrossed, exchange, readable } from "../../support/crossing.ts";
import type { DialogSide } from "../../support/dialog.ts";
import { register, type SecureBed, secureBed, secureYaml } from "../../support/secure-bed.ts";
import type { VirtualPhone } from "../../support/virtual-phone.ts";
import { answered } from "./whole-call.ts";

/** What RFC 3261 §19.1.1 names; a peer that knows no other parameter keeps these. */
const KNOWN = /^(transport|maddr|ttl|user|method|lr)(=|$)/;

/** A Contact as a peer keeps it that drops the URI parameters it does not know; the user part it has to copy. */
function dropping(contact: string): string {
	const uri = /<([^>]*)>/.exec(contact)?.[1] ?? "";
	const at = uri.lastIndexOf("@") + 1;
	const [hostport = "", ...params] = uri.slice(at).split(";");
	const kept = params.filter((param) => KNOWN.test(param));
	return `<${[uri.slice(0, at) + hostport, ...kept].join(";")}>`;
}

const bedWith = (settings: string): Promise<SecureBed> =>
	secureBed(secureYaml(`secure-signaling: { ${settings} }`));
const states = ["parameter", "user"] as const;

/** Contacts of the caller: one that loses only its scheme under sips, and one that loses a parameter. */
const PLAIN = "<sip:6000@172.21.83.70:5060>";
const UDP = "<sip:6000@172.21.83.70:5060;transport=udp>";

const uriIn = (contact: string) => contact.slice(1, -1);

/** The sips callee's request to that caller, after it has dropped what it does not know; what the caller gets of it. */
function calledBack(bed: SecureBed, contact: string) {
	const all = bed.open({}, { ann: { contact } });
	const { ann, d3 } = all;
	const { b, came } = answered(ann, d3, "5001");
	const shown = came.value("Contact");
	return { ...all, shown, back: b.refreshed(dropping(shown)), b };
}

for (const state of states)
	test(`RFC 3261 §19.1.1, secure-signaling E13: contact-state: ${state}: a Contact that lost only its scheme has nothing to drop`, async () => {
		const { ann, d3, shown, back } = calledBack(await bedWith(`contact-state: ${state}`), PLAIN);
		assert.equal(shown, "<sips:6000@172.21.83.70:5060>");
		assert.equal(exchange(back, [d3, ann], "BYE").request.uri, uriIn(PLAIN));
	});

for (const [state, uri] of [
	["parameter", uriIn(PLAIN)],
	["user", uriIn(UDP)],
] as const)
	test(`secure-signaling E13 W3b: contact-state: ${state}: without its entry a Contact is reached all the same, at ${uri}`, async () => {
		const { ann, d3, shown, back } = calledBack(await bedWith(`contact-state: ${state}`), UDP);
		const form = state === "user" ? "6000;x5c=E@172.21.83.70:5060" : "6000@172.21.83.70:5060;x5c=E";
		assert.equal(readable(shown), `<sips:${form}>`);
		assert.equal(exchange(back, [d3, ann], "BYE").request.uri, uri);
	});

for (const state of states)
	test(`secure-signaling E13: contact-state: ${state}, contact: anchor: our own address leads to the device of its user part, by contact or binding`, async () => {
		const bed = await bedWith(`contact: anchor, contact-state: ${state}`);
		const { rig, ann, d1, d2, d3 } = bed.open();
		const toD2 = answered(d3, d2, "5000");
		const shown = toD2.ok.value("Contact");
		const own = state === "user" ? "5000;x5c=E@172.21.83.50:5314" : "5000@172.21.83.50:5314;x5c=E";
		assert.equal(readable(shown), `<sips:${own}>`);
		const bye = exchange(toD2.a.refreshed(dropping(shown)), [d3, d2], "BYE").request;
		assert.equal(bye.uri, "sip:5000@172.21.83.60:5060");

		register(d1);
		d1.take(200);
		const toD1 = answered(ann, d1, "7789");
		const back = toD1.a.refreshed(dropping(toD1.ok.value("Contact")));
		const { uri } = exchange(back, [ann, d1], "BYE").request;
		const bound = "sips:7789@172.21.83.24:5061";
		assert.equal(uri, state === "user" ? `${bound};transport=TCP` : bound);
		assertTold(rig.log, state === "user" ? [] : ["5001", "6000"]);
	});

function assertTold(log: readonly { readonly fields: object }[], devices: readonly string[]): void {
	const told = log.map(({ fields }) => fields as Readonly<Record<string, unknown>>);
	const lost = told.filter(({ event }) => event === "contact-state.lost");
	assert.equal(lost.length, devices.length, JSON.stringify(lost));
}

test("secure-signaling E13: contact: anchor: where no device has that user part, the address that the peer was heard from", async () => {
	const bed = await bedWith("contact: anchor");
	const { ann, d3 } = bed.open(
		{},
		{ ann: { port: 5070, contact: "<sip:6000@172.21.83.70:5070>" } },
	);
	const { b, came } = answered(ann, d3, "5001");
	const back = b.refreshed(dropping(came.value("Contact")));
	assert.equal(exchange(back, [d3, ann], "BYE").request.uri, "sip:6000@172.21.83.70:5070");
});

for (const state of states)
	test(`secure-signaling E13: contact-state: ${state}, record-route: no: without Route and entry 481, and an ACK is dropped`, async () => {
		const bed = await bedWith(`contact: anchor, record-route: no, contact-state: ${state}`);
		const { d2, d3 } = bed.open();
		const { a, ok } = answered(d3, d2, "5000");
		const back = a.refreshed(dropping(ok.value("Contact")));
		if (state === "user") {
			assert.equal(exchange(back, [d3, d2], "BYE").request.uri, "sip:5000@172.21.83.60:5060");
			return;
		}
		back.send("ACK");
		back.send("BYE");
		assert.deepEqual(
			d3.unread.map(({ inShort }) => inShort),
			["481 BYE"],
		);
		assert.deepEqual(d2.unread, []);
	});

/** Sends a BYE whose top Route is written anew. */
function withRoute(side: DialogSide, phone: VirtualPhone, route: (entry: string) => string): void {
	phone.send(
		side.write("BYE").replace(/^Route: (.*)\r\n/m, (_, entry: string) => {
			const changed = route(entry);
			return changed === "" ? "" : `Route: ${changed}\r\n`;
		}),
	);
}

for (const [what, route] of [
	["cut down to its address", (entry) => entry.replace(/;lr.*>/, ";lr>")],
	["without its cookie", (entry) => entry.replace(/;x5=[\w-]+/, "")],
	["without its ftag", (entry) => entry.replace(/;ftag=\w+/, "")],
	[
		"with a damaged cookie",
		(entry) => entry.replace(/x5=(.)/, (_, first) => `x5=${first === "A" ? "B" : "A"}`),
	],
] as const satisfies readonly (readonly [string, (entry: string) => string])[])
	test(`RFC 3261 §12.2.1.1, secure-signaling E13: a Route of ours ${what} is 403, from both sides`, async () => {
		const bed = await bedWith("policy: genesys");
		const { rig, d2, d3 } = bed.open();
		const { a, b } = answered(d3, d2, "5000");
		withRoute(a, d3, route);
		withRoute(b, d2, route);
		for (const phone of [d3, d2])
			assert.deepEqual(
				phone.unread.map(({ inShort }) => inShort),
				["403 BYE"],
			);
		assert.deepEqual(rig.nowhere, []);
	});

test("RFC 3261 §12.2.1.1, secure-signaling E13: without any Route a request is a new one: a stranger's goes nowhere", async () => {
	const bed = await bedWith("policy: genesys");
	const { rig, ann, d3 } = bed.open({}, { ann: { host: "198.51.100.7" } });
	const trusted = rig.phone("6000", { host: "172.21.83.70" });
	const { a, ok } = answered(trusted, d3, "5001");
	const text = a.write("BYE").replace(/^Route: .*\r\n/m, "");
	ann.send(text);
	ann.take(407, "BYE");
	assert.deepEqual(d3.unread, []);
	assert.match(ok.recordRoutes[0] ?? "", /^<sip:/);

	const contact = uriIn(ok.value("Contact"));
	assert.equal(contact, "sip:5001@192.168.8.57:5061", "it is no address of ours");
	trusted.send(text);
	const came = assertCrossed(text, d3.take("BYE"));
	assert.equal(came.uri, "sips:5001@192.168.8.57;transport=tcp", "a new request to that device");
	assert.deepEqual(rig.nowhere, []);
});
