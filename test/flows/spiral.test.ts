import assert from "node:assert/strict";
import { test } from "node:test";
import { relay } from "../support/decisions.ts";
import type { DialogSide } from "../support/dialog.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig, YAML } from "../support/rig-config.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";

const CONFIGS = {
	scheme: await rigConfig(),
	anchor: await rigConfig(`${YAML}\nsecure-signaling: { contact: anchor }\n`),
};
const SERVER = "10.0.0.9";
const OURS = "172.21.83.50";
let passes = 0;

/**
 * A sips caller, an application server in clear that hands the call back, a callee in clear: two
 * passes through us, whose legs have the schemes sips and sip, then sip and sip.
 */
function calling(calleeScheme: "sip" | "sips", contact: "scheme" | "anchor") {
	const callee = calleeScheme === "sips" ? "5001" : "5000";
	const rig = new ExchangeRig({
		config: CONFIGS[contact],
		routes: ({ source }) => (source.address === SERVER ? relay(callee) : relay(`sip:x@${SERVER}`)),
	});
	const tls = { transport: "tls", host: "172.21.83.24" } as const;
	const ann = rig.phone("7789", { ...tls, contact: "<sips:7789@172.21.83.24:5061>" });
	const server = rig.phone("as", { host: SERVER });
	const bob =
		calleeScheme === "sips"
			? rig.phone("5001", {
					transport: "tls",
					host: "192.168.8.57",
					contact: "<sips:5001@192.168.8.57:5061>",
				})
			: rig.phone("5000", { host: "172.21.83.60" });
	return { rig, ann, server, bob };
}

/** The server hands on what waits: the call back to us, anything else to where it goes. */
function carry(server: VirtualPhone): void {
	for (let turn = 0; turn < 20; turn += 1) {
		const came = server.unread.shift();
		if (came?.method !== undefined) {
			const via = `Via: ${server.via};branch=z9hG4bKas${passes}`;
			passes += 1;
			const text = came.text.replace("Via:", `${via}\r\nVia:`);
			const uri = came.method === "INVITE" ? `sip:group@${OURS}` : came.uri;
			server.send(text.replace(came.startLine, `${came.method} ${uri} SIP/2.0`));
		} else if (came !== undefined) server.send(came.text.replace(/^Via: .*10\.0\.0\.9.*\r\n/m, ""));
	}
}

for (const [scheme, contact] of [
	["sip", "scheme"],
	["sips", "scheme"],
	["sip", "anchor"],
	["sips", "anchor"],
] as const)
	test(`RFC 3261 §16.7 step 8, secure-signaling E15 PX-34: contact: ${contact}: a spiral between a sips caller and a ${scheme} callee keeps a route set that leads both ways`, () => {
		const { rig, ann, server, bob } = calling(scheme, contact);
		ann.request("INVITE", `sips:group@${OURS}:5314`, { from: "sips:7789@172.21.83.24" });
		carry(server);
		const invite = bob.take("INVITE");
		assert.equal(invite.recordRoutes.length, 2, "one entry for each pass");
		assert.match(invite.value("From"), new RegExp(`<${scheme}:7789@`));
		bob.answer(invite, "200 OK");
		carry(server);
		const final = ann.take(200);
		assert.match(final.value("Contact"), /^<sips:/);
		assert.match(final.recordRoutes.at(-1) ?? "", /^<sips:172\.21\.83\.50:5314;/);
		const sides: readonly [DialogSide, VirtualPhone, string][] = [
			[ann.caller(final), bob, scheme],
			[bob.callee(invite), ann, "sips"],
		];
		sides[0]?.[0].send("ACK");
		carry(server);
		bob.take("ACK");
		for (const [from, to, toScheme] of sides) {
			from.send("INFO");
			carry(server);
			const info = to.take("INFO");
			assert.equal(info.uri, /<(.*)>/.exec(to.contact)?.[1], "its own Contact");
			assert.match(info.uri, new RegExp(`^${toScheme}:`));
			assert.deepEqual(info.values("Route"), []);
			to.answer(info, "200 OK");
			carry(server);
			assert.equal((to === bob ? ann : bob).take(200, "INFO").status, 200);
		}
		rig.wait(64_000);
		assert.equal(rig.size, 0);
	});
