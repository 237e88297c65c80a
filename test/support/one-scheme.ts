/** What a peer may see of a call: one scheme, in all places where the leg's scheme shows. */
import assert from "node:assert/strict";
import { uriOf } from "./dialog.ts";
import type { WireMessage } from "./wire-message.ts";

/** RFC 3261 §8.1.1 and §12.1.1; Route and Record-Route are ours, or lead past us. */
const PLACES = ["From", "To", "Contact", "Record-Route", "Route", "Refer-To"];

/** Where a message has a SIP URI, and its scheme there: `From sips`. */
function schemesOf(message: WireMessage): string[] {
	const uri = message.method === undefined ? [] : [`Request-URI ${schemeOf(message.uri)}`];
	const headers = PLACES.flatMap((name) =>
		message
			.values(name)
			.flatMap((value) => value.split(/,(?=\s*<)/))
			.filter((value) => value !== "*")
			.map((value) => `${name} ${schemeOf(uriOf(value))}`),
	);
	return [...uri, ...headers];
}

/** `elsewhere`: places where the other scheme may stand. */
export function assertOneScheme(
	messages: readonly WireMessage[],
	scheme: "sip" | "sips",
	elsewhere: readonly string[] = [],
): void {
	for (const message of messages)
		for (const place of schemesOf(message)) {
			const [name = "", found] = place.split(" ");
			if (!elsewhere.includes(name)) assert.equal(found, scheme, `${place} in\n${message.text}`);
		}
}

function schemeOf(uri: string): string {
	return uri.slice(0, uri.indexOf(":"));
}
