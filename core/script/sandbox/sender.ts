/** Who asks: made of the text that crossed (ask-context.ts), once for all requests of the same sender. */
import { BoundedMap } from "../../base/bounded-map.ts";
import type { Handshake } from "../../base/flow.ts";
import { readContext } from "../ask-context.ts";
import { SENDERS_KEPT } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import { Caller } from "./call.ts";
import { namedDevice } from "./devices.ts";
import { fromWire } from "./text.ts";

/** Frozen as a whole: one request cannot leave anything in it for the next. */
export type Sender = {
	readonly source: Public.Source;
	readonly caller: Caller;
	readonly ours: boolean;
};

/** Kept from before the script runs. */
const { parse } = JSON;
const senders = new BoundedMap<string, Sender>("senders", SENDERS_KEPT);

export function senderOf(text: string): Sender {
	let sender = senders.get(text);
	if (sender === undefined) {
		sender = readSender(text);
		senders.push(text, sender);
	}
	return sender;
}

function readSender(text: string): Sender {
	const { source, callerScheme, ours } = readContext(text, parse);
	const { device, identities = [], credentials, handshake } = source;
	const frozen = {
		device: namedDevice(device),
		identities: Object.freeze([...identities]),
		credentials: credentials && frozenText(credentials),
		handshake: handshake && frozenHandshake(handshake),
	};
	return {
		source: Object.freeze({ ...source, ...frozen }),
		caller: new Caller(callerScheme),
		ours,
	};
}

function frozenText({ user, realm }: Public.Credentials): Public.Credentials {
	return Object.freeze({ user: fromWire(user), realm: fromWire(realm) });
}

function frozenHandshake({ origin, path, cookie }: Handshake): Public.Handshake {
	return Object.freeze({
		origin: origin && fromWire(origin),
		path: fromWire(path),
		cookie: cookie && fromWire(cookie),
	});
}
