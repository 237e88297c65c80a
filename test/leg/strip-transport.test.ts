/** The Contact of a sips registration without its transport parameter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { stripTransport } from "../../core/leg/strip-transport.ts";

const ROWS: readonly (readonly [contact: string, stored: string])[] = [
	["<sips:a@h:5061;transport=TCP;line=x>;expires=60", "<sips:a@h:5061;line=x>;expires=60"],
	["<sips:a@h;line=x;transport=tls>", "<sips:a@h;line=x>"],
	["<sip:a@h;transport=tls>", "<sip:a@h;transport=tls>"],
	["sips:a@h;transport=tcp;expires=60", "<sips:a@h>;expires=60"],
	["sips:a@h;expires=60", "sips:a@h;expires=60"],
	["<sips:x.invalid;transport=ws>", "<sips:x.invalid;transport=ws>"],
	["<sips:x.invalid;ob;Transport=WSS>;expires=9", "<sips:x.invalid;ob;Transport=WSS>;expires=9"],
	["<sips:x.invalid;transport=WSS>", "<sips:x.invalid;transport=WSS>"],
	["<sips:a@h;transport>", "<sips:a@h>"],
	["<SIPS:a@h;Transport=Tls;ob?x=1>", "<SIPS:a@h;ob?x=1>"],
	[
		'"transport=tcp" <sips:a;transport=tcp@h>;+sip.instance="<urn:x;transport=tcp>"',
		'"transport=tcp" <sips:a;transport=tcp@h>;+sip.instance="<urn:x;transport=tcp>"',
	],
	["*", "*"],
	["<tel:+1;transport=tcp>", "<tel:+1;transport=tcp>"],
	[
		'"A, B" <sips:7789@172.21.83.24:5061;transport=TCP;line=x7>;expires=600;q=0.5;+sip.instance="<urn:uuid:00000000-0000-1000-8000-00908f567540>"',
		'"A, B" <sips:7789@172.21.83.24:5061;line=x7>;expires=600;q=0.5;+sip.instance="<urn:uuid:00000000-0000-1000-8000-00908f567540>"',
	],
	[
		"sips:7789@172.21.83.24:5061;transport=tcp;expires=600",
		"<sips:7789@172.21.83.24:5061>;expires=600",
	],
];

for (const [contact, stored] of ROWS)
	test(`RFC 3261 §26.2.2, secure-signaling 6.3 G17a: stripTransport ${contact}`, () => {
		assert.deepEqual(stripTransport(contact), { stored, echoed: contact });
		assert.equal(stripTransport(stored).stored, stored, "5.9-7: idempotence");
	});

test("secure-signaling 6.3: sips over UDP is refused with 400, with brackets and without", () => {
	for (const contact of [
		"<sips:a@h;transport=udp>",
		"<sips:a@h;Transport=UDP>",
		"sips:a@h;transport=udp",
	])
		assert.throws(() => stripTransport(contact), { code: "LEG_SIPS_OVER_UDP", status: 400 });
});
