import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseMessage } from "../../core/message/parse-message.ts";
import { Patch } from "../../core/message/patch.ts";
import { request, response } from "./texts.ts";

const fixture = (name: string) =>
	readFileSync(join(import.meta.dirname, "../fixtures/secure-sip-signaling", name), "latin1");

test("secure-signaling G9a: the page's INVITE is the same text after parsing", () => {
	const text = fixture("invite.sip");
	assert.equal(new Patch(request(text)).text(), text);
	assert.equal(parseMessage(text, "stream").text, text);
});

test("secure-signaling G9a: what the page's INVITE holds", () => {
	const { head, parsedUri, bodyStart, bodyEnd } = request(fixture("invite.sip"));
	assert.deepEqual(
		[parsedUri.scheme, parsedUri.port, parsedUri.params[0]?.text],
		["sips", 5314, "transport=TCP"],
	);
	assert.deepEqual([head.from.display, head.from.uri], ['"7789"', "sips:7789@172.21.83.24"]);
	assert.equal(head.to.uri, "sips:5000@172.21.83.50:5314");
	assert.deepEqual(
		[head.via.transport, head.via.host, head.via.port],
		["TLS", "172.21.83.24", 5061],
	);
	assert.equal(head.contacts[0]?.uri, "sips:7789@172.21.83.24:5061;transport=TCP");
	assert.equal(head.text1("session-expires"), "1800");
	assert.equal(bodyEnd - bodyStart, 299);
});

test("secure-signaling G10: the page's 200 is the same text after parsing", () => {
	const text = fixture("ok.sip");
	const message = response(text);
	assert.equal(new Patch(message).text(), text);
	assert.equal(parseMessage(text, "stream").text, text);
	assert.equal(message.head.via.params.get("received"), "172.21.83.24");
	assert.equal(message.head.toTag, "EBDFD947-8988-4831-9FFF-051C3B626FFA-2");
	assert.equal(message.head.contacts[0]?.uri, "sips:5000@172.21.83.50:5314;transport=TCP");
	assert.equal(message.bodyEnd - message.bodyStart, 193);
});
