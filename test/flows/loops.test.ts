import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../core/proxy/decision.ts";
import { relay } from "../support/decisions.ts";
import { type Decide, ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";
import type { VirtualPhone } from "../support/virtual-phone.ts";
import type { WireMessage } from "../support/wire-message.ts";

const config = await rigConfig();
const GROUP = "sip:group@example.com";
const SERVER = "10.0.0.9";

/** Ann calls a group; an application server is at 10.0.0.9, bob at 10.0.0.1. */
function calling(routes: Decide) {
	const rig = new ExchangeRig({ config, routes });
	const ann = rig.phone("ann", { host: "172.21.83.70" });
	const server = rig.phone("as", { host: SERVER });
	const bob = rig.phone("bob", { host: "10.0.0.1" });
	return { rig, ann, server, bob };
}

let passes = 0;

/** The server hands a request back as it came, under a Via of its own. */
function handBack(server: VirtualPhone, came: WireMessage, uri = GROUP, header = ""): WireMessage {
	passes += 1;
	const via = `Via: SIP/2.0/UDP ${SERVER}:5060;branch=z9hG4bKas${passes}`;
	return server.send(
		came.text
			.replace(came.startLine, `${came.method} ${uri} SIP/2.0`)
			.replace("Via:", `${via}\r\nVia:`)
			.replace(/Record-Route: .*\r\n/, "")
			.replace("Max-Forwards:", `${header}Max-Forwards:`),
	);
}

const toServer = relay(`sip:group@${SERVER}`);
const toBob = relay("sip:bob@10.0.0.1");
const tags = ({ vias }: WireMessage) => new Set(vias).size;

test("RFC 5393 §4.2.1 PX-78: an application server hands a call back as it was: the script sends it on by its source, and it passes", () => {
	const { rig, ann, server, bob } = calling(({ source }) =>
		source.address === SERVER ? toBob : toServer,
	);
	ann.request("INVITE", GROUP);
	handBack(server, server.take("INVITE"));
	const came = bob.take("INVITE");
	assert.equal(tags(came), 4);
	bob.answer(came, "200 OK");
	assert.equal(server.take(200).vias.length, 3);
	rig.wait(64_000);
	assert.equal(rig.size, 0);
});

test("RFC 5393 §4.2.1 PX-78: so it does by a header of the server, and where the script sends it back with another", () => {
	const stage = (text: string) => (text.includes("\r\nX-Stage: 1\r\n") ? 2 : 1);
	const staged = (_context: unknown, text: string): Decision => {
		if (text.includes("\r\nX-Stage: 2\r\n")) return toBob;
		const edit = { op: "set", name: "X-Stage", value: String(stage(text)) } as const;
		return { ...toServer, edits: [edit] };
	};
	const { ann, server, bob } = calling(staged);
	ann.request("INVITE", GROUP);
	handBack(server, server.take("INVITE"));
	handBack(server, server.take("INVITE"));
	assert.equal(tags(bob.take("INVITE")), 6);
});

test("RFC 5393 §4.2.2 PX-78: what comes back and would go the same way again is a loop: 482, and the server is not asked twice", () => {
	const { rig, ann, server } = calling(() => toServer);
	const invite = ann.request("INVITE", GROUP);
	const came = server.take("INVITE");
	const back = handBack(server, came);
	const looped = server.take(482);
	assert.equal(looped.vias.length, back.vias.length);
	assert.match(looped.value("To"), /;tag=/);
	assert.deepEqual(
		server.unread.filter(({ method }) => method === "INVITE"),
		[],
	);
	server.acknowledge(back, looped);
	server.answer(came, "482 Loop Detected");
	ann.acknowledge(invite, ann.take(482));
	rig.wait(64_000);
	assert.equal(rig.size, 0);
	assert.equal(rig.retained, 0);
});

test("RFC 5393 §4.2.1 PX-78: with another Request-URI or Route it is a spiral, whatever the script makes of it", () => {
	const { ann, server } = calling(() => toServer);
	ann.request("INVITE", GROUP);
	const came = server.take("INVITE");
	handBack(server, came, "sip:other@example.com");
	const second = server.take("INVITE");
	handBack(server, second, "sip:other@example.com", "Route: <sip:172.21.83.50;lr>\r\n");
	assert.equal(tags(server.take("INVITE")), 6);
});

test("RFC 5393 §3 §4.2.2 PX-04: a number that is forked to itself and to another rings once at the other, and the rest is refused", () => {
	const { rig, ann, server, bob } = calling(() => relay(`sip:group@${SERVER}`, "sip:bob@10.0.0.1"));
	ann.request("INVITE", GROUP);
	const came = server.take("INVITE");
	handBack(server, came);
	server.answer(came, `${server.take(482).status} Loop Detected`);
	const rings = bob.received.filter(({ method }) => method === "INVITE");
	assert.equal(rings.length, 1);
	bob.answer(bob.take("INVITE"), "200 OK");
	assert.match(ann.take(200).value("To"), /tag=bob$/);
	assert.ok(rig.transcript.length < 20, "no storm");
});

test("RFC 5393 §4.2.2 PX-04: two numbers that are forked to each other end as soon as one comes back", () => {
	const { rig, ann, server } = calling((_context, text) => {
		const [, other] = text.startsWith("INVITE sip:x@") ? ["x", "y"] : ["y", "x"];
		return relay(`sip:${other}@${SERVER}`, `sip:${other}@${SERVER}:5070`);
	});
	ann.request("INVITE", "sip:x@example.com");
	let sent = 0;
	for (let came = server.unread[0]; came !== undefined && sent < 100; came = server.unread[0]) {
		const invite = came.method === "INVITE" ? server.take("INVITE") : server.unread.shift();
		if (invite?.method !== "INVITE") continue;
		sent += 1;
		handBack(server, invite, invite.uri.replace(SERVER, "example.com"));
	}
	assert.ok(sent <= 4, `${sent} requests`);
	rig.wait(300_000);
	assert.equal(rig.size, 0);
});

test("RFC 5393 §4.2.2 RFC 3261 §16.5 PX-21 PX-78: a 3xx does not send a request where it has been", () => {
	const fork = { order: "q", timeout: undefined, recurse: true } as const;
	const { ann, server, bob } = calling(({ source }) =>
		source.address === SERVER ? { ...toBob, fork } : toServer,
	);
	ann.request("INVITE", GROUP);
	handBack(server, server.take("INVITE"));
	const contact = `<sip:group@${SERVER}>`;
	bob.answer(bob.take("INVITE"), "302 Moved", { headers: [`Contact: ${contact}`] });
	assert.equal(server.take(302).value("Contact"), contact);
	assert.deepEqual(
		server.unread.filter(({ method }) => method === "INVITE"),
		[],
	);
});
